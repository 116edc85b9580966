/** One holder at a time, across processes, and none that is dead. */
import { expect, test } from "bun:test";
import { symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { tryLock, waitForLock } from "../../src/storage/lock.ts";
import { UnsafeFileError } from "../../src/storage/unsafe-file.ts";
import { temporaryDirectory } from "../support/directory.ts";

const LOCK = join(import.meta.dir, "../../src/storage/lock.ts");

/** Resolves when another process holds the lock. */
async function holder(path: string) {
  const script = `
    const { tryLock } = await import(${JSON.stringify(LOCK)});
    const lock = tryLock(${JSON.stringify(path)});
    console.log(lock === undefined ? "no" : "held");
    setInterval(() => lock?.release, 1000);
  `;
  writeFileSync(`${path}.ts`, script);
  const child = Bun.spawn([process.execPath, `${path}.ts`], { stdout: "pipe" });
  const said = await child.stdout.getReader().read();
  return {
    said: Buffer.from(said.value ?? [])
      .toString()
      .trim(),
    kill: () => child.kill("SIGKILL"),
    [Symbol.dispose]: () => child.kill("SIGKILL"),
  };
}

test("a lock that another process holds is free once that is killed", async () => {
  const path = join(temporaryDirectory(), "lock");
  using other = await holder(path);
  expect(other.said).toBe("held");
  expect(tryLock(path)).toBeUndefined();
  expect(await waitForLock(path, 20)).toBeUndefined();
  const waiting = waitForLock(path);
  other.kill();
  const lock = await waiting;
  expect(lock).toBeDefined();
  expect(tryLock(path)).toBeUndefined();
  lock?.release();
  tryLock(path)?.release();
});

test("to ask for a lock that this process holds does not let another one have it", async () => {
  const path = join(temporaryDirectory(), "lock");
  const lock = tryLock(path);
  expect(tryLock(path)).toBeUndefined();
  expect(await waitForLock(path, 5)).toBeUndefined();
  using other = await holder(path);
  expect(other.said).toBe("no");
  lock?.release();
});

test("what is no lock file of ours is told, and is not the same as a lock that is held", () => {
  const directory = temporaryDirectory({
    other: "something else, and longer than a header of SQLite".repeat(9),
  });
  symlinkSync(join(directory, "other"), join(directory, "link"));
  expect(() => tryLock(join(directory, "link"))).toThrow(UnsafeFileError);
  expect(() => tryLock(join(directory, "other"))).toThrow("not a database");
  expect(() => tryLock(join(directory, "none/lock"))).toThrow("ENOENT");
});
