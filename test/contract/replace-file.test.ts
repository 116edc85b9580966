/** A file that takes another one's place: as a whole, like the one before, or not at all. */
import { expect, test } from "bun:test";
import { chmodSync, readdirSync, readFileSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { replaceFile, syncDirectory } from "contextcore";
import { temporaryDirectory } from "../support/directory.ts";

const { signal } = new AbortController();

async function* pieces(...texts: readonly string[]): AsyncGenerator<Uint8Array> {
  for (const text of texts) yield Buffer.from(text);
}

/** Replaces `old`. @returns what is there afterwards, and what was thrown */
async function replacing(work: (path: string) => Promise<unknown>) {
  const directory = temporaryDirectory({ "data/app.db": "old" });
  const path = join(directory, "data/app.db");
  chmodSync(path, 0o640);
  const thrown = await work(path).catch((error: unknown) => error);
  expect(statSync(path).mode & 0o777).toBe(0o640);
  return { thrown, names: readdirSync(join(directory, "data")), text: readFileSync(path, "utf8") };
}

test("the new file has the name as a whole, and the permissions of the one before", async () => {
  expect(await replacing((path) => replaceFile(path, pieces("n", "ew"), { signal }))).toEqual({
    thrown: true,
    names: ["app.db"],
    text: "new",
  });
});

test("equal bytes are left, unless they are replaced all the same", async () => {
  const inodes: number[] = [];
  await replacing(async (path) => {
    inodes.push(statSync(path).ino);
    expect(await replaceFile(path, pieces("o", "ld"), { signal })).toBe(false);
    inodes.push(statSync(path).ino);
    expect(await replaceFile(path, pieces("old"), { signal, evenIfSame: () => true })).toBe(true);
  });
  expect(inodes[0]).toBe(inodes[1]);
});

test("a file that is not there is created, for its owner alone, with the directories above it", async () => {
  const path = join(temporaryDirectory(), "a/b/dump.rdb");
  expect(await replaceFile(path, pieces("new"), { signal })).toBe(true);
  expect([readFileSync(path, "utf8"), statSync(path).mode & 0o777]).toEqual(["new", 0o600]);
});

test("what fails its check, ends early or is cancelled leaves the old one, and nothing beside it", async () => {
  const wrong = new Error("wrong");
  async function* broken() {
    yield* pieces("half");
    throw wrong;
  }
  const check = (draft: string) => {
    expect(readFileSync(draft, "utf8")).toBe("new");
    throw wrong;
  };
  const left = { names: ["app.db"], text: "old", thrown: wrong };
  expect(await replacing((path) => replaceFile(path, pieces("new"), { signal, check }))).toEqual(left);
  expect(await replacing((path) => replaceFile(path, broken(), { signal }))).toEqual(left);
  const cancelled = { signal: AbortSignal.abort(wrong) };
  expect(await replacing((path) => replaceFile(path, pieces("new"), cancelled))).toEqual(left);
});

test("what the system refuses is said with the place", async () => {
  const directory = temporaryDirectory();
  writeFileSync(join(directory, "file"), "in the way");
  const path = join(directory, "file/dump.rdb");
  const error = await replaceFile(path, pieces("new"), { signal }).catch((caught: unknown) => caught);
  expect(error).toMatchObject({
    kind: "refused",
    message: expect.stringContaining(`${path} cannot be written`),
  });
});

test.skipIf(process.platform !== "linux")(
  "a directory that cannot be synced, as of /proc, is no failure",
  async () => {
    await syncDirectory("/proc");
  },
);

test("what a process left that was killed is removed by the next one, and not what somebody still writes", async () => {
  const directory = temporaryDirectory({ "app.db": "old" });
  const path = join(directory, "app.db");
  const child = Bun.spawn([process.execPath, join(import.meta.dir, "replacing-child.ts"), path], {
    stdout: "pipe",
  });
  for await (const _ of child.stdout) break;
  const [draft = ""] = readdirSync(directory).filter((name) => name.endsWith(".partial"));
  writeFileSync(join(directory, `${draft}-wal`), "");
  const others = [draft, `${draft}-wal`];
  expect(await replaceFile(path, pieces("new"), { signal })).toBe(true);
  expect(readdirSync(directory).sort()).toEqual([...others, "app.db"]);
  child.kill("SIGKILL");
  await child.exited;
  const elsewhere = `${draft.slice(0, 8)}${draft.slice(8, 16).replaceAll(/./g, "0")}${draft.slice(16)}`;
  writeFileSync(join(directory, elsewhere), "of another machine");
  expect(await replaceFile(path, pieces("newer"), { signal })).toBe(true);
  expect(readdirSync(directory).sort()).toEqual([elsewhere, "app.db"]);
  utimesSync(join(directory, elsewhere), 0, 0);
  expect(await replaceFile(path, pieces("newest"), { signal })).toBe(true);
  expect(readdirSync(directory)).toEqual(["app.db"]);
});
