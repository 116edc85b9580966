import { expect, setDefaultTimeout, test } from "bun:test";
import { existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { localStorage } from "../../src/storage/local.ts";
import { UnsafeFileError } from "../../src/storage/unsafe-file.ts";
import { temporaryDirectory } from "../support/directory.ts";
import { testStorage } from "./suite.ts";

setDefaultTimeout(60_000); // four processes at once, and two cores that are shared with other test files

testStorage("a directory of this machine", () => localStorage(temporaryDirectory()));

test("no link is followed, to read or to write", async () => {
  const root = temporaryDirectory({ "elsewhere/precious": "kept", "place/real": "" });
  const place = join(root, "place");
  symlinkSync(join(root, "elsewhere"), join(place, "folder"));
  symlinkSync(join(root, "elsewhere/precious"), join(place, "file"));
  const storage = localStorage(place);
  const attempts = {
    "read over a folder": () => storage.read("folder/precious", 100),
    "open over a folder": () => storage.open("folder/precious"),
    "append over a folder": () => storage.append("folder/precious", 0),
    "read a link": () => storage.read("file", 100),
    "open a link": () => storage.open("file"),
    "grow a link": () => storage.append("file", 4),
    "commit a link": () => storage.commit(["file"]),
  };
  for (const [what, attempt] of Object.entries(attempts)) {
    const error = await attempt().then(
      () => undefined,
      (reason: unknown) => reason,
    );
    expect(error, what).toBeInstanceOf(UnsafeFileError);
  }
  expect(await storage.stat("file")).toMatchObject({ isRegular: false });
  expect((await Array.fromAsync(storage.list())).sort()).toEqual(["file", "folder", "real"]);
  expect(await storage.write("file", "new")).toBe(true); // in the place of the link
  expect(readFileSync(join(root, "elsewhere/precious"), "utf8")).toBe("kept");
});

test("what the system refuses is said in the words of whoever opened the place, with the file's path", async () => {
  const root = temporaryDirectory({ taken: "a file" });
  const storage = localStorage(root, (path) => new Error(`no: ${path}`));
  mkdirSync(join(root, "folder"));
  for (const attempt of [
    () => storage.write("folder", "text"),
    () => storage.append("taken/deep", 0),
    () => storage.commit(["none"]),
    () => storage.remove("folder"),
    async () => storage.lock("folder"),
  ])
    expect(attempt()).rejects.toThrow(`no: ${root}/`);
});

test("releasing a lock leaves alone the file of whoever has taken it since", () => {
  const root = temporaryDirectory();
  const take = () => localStorage(root).lock("lock", { isRemoved: true });
  const first = take();
  first?.release();
  const second = take();
  first?.release();
  expect([second?.isInPlace(), take()]).toEqual([true, undefined]);
  rmSync(join(root, "lock"));
  const third = take();
  second?.release();
  expect([third?.isInPlace(), take()]).toEqual([true, undefined]);
  third?.release();
  expect(existsSync(join(root, "lock"))).toBe(false);
});

test("one holds a lock at a time, though its file goes with each of them", async () => {
  const root = temporaryDirectory();
  const script = `
    const { mkdirSync, rmdirSync } = await import("node:fs");
    const { localStorage } = await import(${JSON.stringify(join(import.meta.dir, "../../src/storage/local.ts"))});
    const storage = localStorage(${JSON.stringify(root)});
    for (let held = 0; held < 300; ) {
      const lock = storage.lock("lock", { isRemoved: true });
      if (lock === undefined) continue;
      held += 1;
      mkdirSync(${JSON.stringify(join(root, "inside"))}); // throws where somebody else is inside
      rmdirSync(${JSON.stringify(join(root, "inside"))});
      lock.release();
    }
  `;
  writeFileSync(join(root, "script.ts"), script);
  const holders = Array.from({ length: 4 }, () =>
    Bun.spawn([process.execPath, join(root, "script.ts")], { stderr: "pipe" }),
  );
  const said = await Promise.all(holders.map(({ stderr }) => new Response(stderr).text()));
  expect(said).toEqual(["", "", "", ""]);
});

test("an append that the system refuses in its middle is taken back", async () => {
  const root = temporaryDirectory();
  const script = `
    const { localStorage } = await import(${JSON.stringify(join(import.meta.dir, "../../src/storage/local.ts"))});
    const file = await localStorage(${JSON.stringify(root)}).append("log", 0);
    await file.append(Buffer.alloc(6000, "a"));
    await file.append(Buffer.alloc(6000, "b")).catch(({ code }) => console.log(code));
    await file.append(Buffer.alloc(100, "c"));
  `;
  writeFileSync(join(root, "script.ts"), script);
  const limited = `ulimit -f 8; trap '' XFSZ; exec "$@"`;
  const child = Bun.spawn(["bash", "-c", limited, "bash", process.execPath, join(root, "script.ts")]);
  expect(await new Response(child.stdout).text()).toBe("EFBIG\n");
  expect(await child.exited).toBe(0);
  expect(readFileSync(join(root, "log"), "utf8")).toBe("a".repeat(6000) + "c".repeat(100));
});
