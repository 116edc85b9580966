/** What a directory as a store does on a real disk: links, litter, a full disk, a writer that is killed. */
import { describe, expect, test } from "bun:test";
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join, resolve } from "node:path";
import directory from "../../../plugins/directory/index.ts";
import { lookAt } from "../../../plugins/directory/look.ts";
import { createTestContext } from "../../../src/conformance/testing.ts";
import { type NewObject, PluginError, type Store } from "../../../src/contract/contextcore.ts";
import { temporaryDirectory } from "../../support/directory.ts";

const NEVER = new AbortController().signal;
const UNFINISHED = ".contextcore-unfinished";

function open(path: string): Store {
  const store = directory.store?.(createTestContext(directory, { options: { path } }));
  if (store === undefined) throw new Error("the plugin has no store");
  return store;
}

function objectOf(name: string, text: string): NewObject {
  async function* bytes(): AsyncGenerator<Uint8Array> {
    yield Buffer.from(text);
  }
  return { name, size: Buffer.byteLength(text), sha256: Bun.SHA256.hash(text, "hex"), bytes: bytes() };
}

const write = (store: Store, name: string, text: string, ifAbsent = false) =>
  store.write({ ...objectOf(name, text), ifAbsent }, NEVER);
const textOf = async (store: Store, name: string) =>
  Buffer.concat(await Array.fromAsync(store.read(name, undefined, NEVER))).toString();
const namesIn = async (store: Store, prefix = "") =>
  (await Array.fromAsync(store.list(prefix, NEVER))).map(({ name }) => name).sort();

const failureOf = (work: Promise<unknown>): Promise<PluginError> =>
  work.then(
    () => expect.unreachable("it did not fail"),
    (error) => (error instanceof PluginError ? error : expect.unreachable(String(error))),
  );

/** A place with an object in it, a directory outside of it, and nothing of that may change. */
function besideSecrets() {
  const both = temporaryDirectory({ "outside/secret": "untouched", "place/a/x": "an object" });
  return { place: join(both, "place"), outside: join(both, "outside"), store: open(join(both, "place")) };
}

test("an object is a plain file under its own name", async () => {
  const place = join(temporaryDirectory(), "new/place");
  const store = open(place);
  expect(await namesIn(store)).toEqual([]);
  expect(await store.stat("20260124-143000/logs.json", NEVER)).toBeUndefined();
  const before = BigInt(Date.now() - 2_000) * 1_000_000n;
  await write(store, "20260124-143000/logs.json", "a line\n");
  expect(readFileSync(join(place, "20260124-143000/logs.json"), "utf8")).toBe("a line\n");
  expect((await store.stat("20260124-143000/logs.json", NEVER))?.modified).toBeGreaterThan(before);
  await store.remove("20260124-143000/logs.json", NEVER);
  expect(readdirSync(place)).toEqual([UNFINISHED]);
});

describe("no link below the directory is followed", () => {
  test("to a directory", async () => {
    const { place, outside, store } = besideSecrets();
    symlinkSync(outside, join(place, "b"));
    expect(await namesIn(store)).toEqual(["a/x"]);
    expect(await store.stat("b/secret", NEVER)).toBeUndefined();
    expect((await failureOf(textOf(store, "b/secret"))).kind).toBe("not-found");
    const failure = await failureOf(write(store, "b/new", "x"));
    expect([failure.kind, failure.message]).toEqual([
      "refused",
      `${place}/b is a symbolic link, which is not followed there`,
    ]);
    await store.remove("b/secret", NEVER);
    expect(readdirSync(outside)).toEqual(["secret"]);
  });

  test("to a file", async () => {
    const { place, outside, store } = besideSecrets();
    symlinkSync(join(outside, "secret"), join(place, "a/y"));
    expect(await namesIn(store)).toEqual(["a/x"]);
    expect((await failureOf(textOf(store, "a/y"))).kind).toBe("not-found");
    for (const ifAbsent of [true, false])
      expect((await failureOf(write(store, "a/y", "changed", ifAbsent))).kind).toBe("refused");
    expect(readFileSync(join(outside, "secret"), "utf8")).toBe("untouched");
  });

  test("in place of the folder for unfinished files", async () => {
    const { place, outside, store } = besideSecrets();
    symlinkSync(outside, join(place, UNFINISHED));
    expect((await failureOf(write(store, "a/y", "x"))).kind).toBe("refused");
    expect(readdirSync(outside)).toEqual(["secret"]);
  });

  test("but the directory itself may be one", async () => {
    const { place } = besideSecrets();
    symlinkSync(place, `${place}-link`);
    const store = open(`${place}-link`);
    await write(store, "a/y", "x");
    expect(await namesIn(store)).toEqual(["a/x", "a/y"]);
  });
});

test("what other programs leave is no object, and disturbs nobody", async () => {
  const { place, store } = besideSecrets();
  for (const path of [".DS_Store", "a/._x", "a/x~", "@eaDir/x/SYNOINDEX", ".Trash-1000/info/x"])
    writeDeep(join(place, path));
  expect(await namesIn(store)).toEqual(["a/x"]);
  expect((await failureOf(write(store, "a/.DS_Store", "x"))).kind).toBe("invalid");
});

function writeDeep(path: string): void {
  mkdirSync(join(path, ".."), { recursive: true });
  writeFileSync(path, "litter");
}

test("a name whose place something else has is refused, and nothing is lost", async () => {
  const { place, store } = besideSecrets();
  for (const ifAbsent of [true, false]) {
    expect((await failureOf(write(store, "a", "x", ifAbsent))).kind).toBe("invalid");
    expect((await failureOf(write(store, "a/x/y", "x", ifAbsent))).kind).toBe("invalid");
    expect((await failureOf(write(store, "y".repeat(300), "x", ifAbsent))).kind).toBe("invalid");
  }
  expect(await textOf(store, "a/x")).toBe("an object");
  expect(readdirSync(join(place, UNFINISHED))).toEqual([]);
});

test.each([`${UNFINISHED}/x`, UNFINISHED, UNFINISHED.toUpperCase()])(
  "no object is called %s",
  async (name) => {
    const { store } = besideSecrets();
    expect((await failureOf(write(store, name, "x"))).kind).toBe("invalid");
    expect((await failureOf(store.remove(name, NEVER))).kind).toBe("invalid");
  },
);

describe("a file system that does not tell upper from lower case", () => {
  const isFile = { isFile: () => true, isDirectory: () => false, isSymbolicLink: () => false };
  const isFolder = { isFile: () => false, isDirectory: () => true, isSymbolicLink: () => false };
  /** It holds `/place/Folder/Object`. */
  const folding = {
    lstat: async (path: string) => {
      const at = ["/place/folder", "/place/folder/object"].indexOf(path.toLowerCase());
      if (at < 0) return undefined;
      return { ino: BigInt(at), dev: 1n, ...(at === 0 ? isFolder : isFile) };
    },
    readdir: async (path: string) => (path.toLowerCase() === "/place" ? ["Folder"] : ["Object"]),
  };

  test("finds an object under its own name only", async () => {
    expect((await lookAt("/place", "Folder/Object", folding)).state).toBe("file");
    expect((await lookAt("/place", "Folder/other", folding)).state).toBe("free");
  });

  test.each(["folder/Object", "Folder/object", "Folder/OBJECT"])("takes %s for another one", async (name) => {
    const place = await lookAt("/place", name, folding);
    expect(place.state === "other" && place.error.kind).toBe("invalid");
    expect(place.state === "other" && place.error.message).toContain("is there in another spelling");
  });
});

test("what an interrupted write has left goes with its object, or after a day", async () => {
  const { place, store } = besideSecrets();
  const child = await interrupted(place, "a/y");
  expect(await store.stat("a/y", NEVER)).toBeUndefined();
  expect(await namesIn(store)).toEqual(["a/x"]);
  expect(readdirSync(join(place, UNFINISHED))).toHaveLength(1);
  await store.remove("a/x", NEVER);
  expect(readdirSync(join(place, UNFINISHED))).toHaveLength(1);
  await store.remove("a/y", NEVER);
  expect(readdirSync(join(place, UNFINISHED))).toEqual([]);
  expect(child).toBe("SIGKILL");

  await interrupted(place, "a/y");
  await interrupted(place, "a/z");
  const [old = "", ...others] = readdirSync(join(place, UNFINISHED));
  const yesterday = new Date(Date.now() - 25 * 3_600_000);
  utimesSync(join(place, UNFINISHED, old), yesterday, yesterday);
  await write(open(place), "a/y", "x");
  expect(readdirSync(join(place, UNFINISHED))).toEqual(others);
  expect(await write(store, "a/y", "z", true)).toBe("there already");
  for (const one of others) utimesSync(join(place, UNFINISHED, one), yesterday, yesterday);
  await open(place).remove("b", NEVER);
  expect(readdirSync(join(place, UNFINISHED)), "also when something is removed").toEqual([]);
});

/** A process that is killed in the middle of its write. @returns by what it ended */
async function interrupted(place: string, name: string) {
  const script = resolve(import.meta.dir, "writer-child.ts");
  const child = Bun.spawn([process.execPath, script, place, name], { stdout: "pipe", stderr: "inherit" });
  const [said] = await Array.fromAsync(child.stdout);
  expect(Buffer.from(said ?? []).toString()).toBe("half of it is written\n");
  await child.exited;
  return child.signalCode;
}

test("directories that others remove meanwhile are made again", async () => {
  const { store } = besideSecrets();
  const names = Array.from({ length: 40 }, (_, at) => `b/c/${at}`);
  await Promise.all(
    names.map(async (name, at) => {
      await write(store, name, `${at}`);
      await store.remove(name, NEVER);
    }),
  );
  expect(await namesIn(store)).toEqual(["a/x"]);
});

test("a full disk is refused, and leaves nothing of the object", async () => {
  const place = temporaryDirectory();
  const script = resolve(import.meta.dir, "writer-child.ts");
  const small = `mount -t tmpfs -o size=64k none "$1" && shift && exec "$@"`;
  const own = ["unshare", ...(process.getuid?.() === 0 ? [] : ["--user", "--map-root-user"]), "--mount"];
  const command = [process.execPath, script, place, "x", "full"];
  const child = Bun.spawn([...own, "sh", "-ec", small, "sh", place, ...command], { stdout: "pipe" });
  expect(JSON.parse(await new Response(child.stdout).text())).toEqual({
    kind: "refused",
    message: expect.stringMatching(/^cannot use \S+: the disk is full$/),
    hint: "Free some space there, or name another directory.",
    left: [[UNFINISHED], []],
  });
});

test("a directory that may not be read is refused, not passed over", async () => {
  if (process.getuid?.() === 0) return await asNobody();
  throw new Error("this test is run by root only");
});

/** Root may read everything, so another user has to look. */
async function asNobody(): Promise<void> {
  const place = temporaryDirectory({ "closed/x": "an object" });
  for (const path of [place, join(place, "closed")])
    Bun.spawnSync(["chmod", path === place ? "755" : "700", path]);
  const script = resolve(import.meta.dir, "writer-child.ts");
  const child = Bun.spawn(
    [
      "setpriv",
      "--reuid=65534",
      "--regid=65534",
      "--clear-groups",
      process.execPath,
      script,
      place,
      "x",
      "list",
    ],
    { stdout: "pipe" },
  );
  expect(JSON.parse(await new Response(child.stdout).text())).toMatchObject({
    kind: "refused",
    message: `cannot use ${place}/closed: permission denied`,
  });
  expect(existsSync(join(place, "closed/x"))).toBe(true);
  rmSync(place, { recursive: true });
}
