/** Directories saved and put back by the program: whole, by increments, in part, elsewhere, and from snapshots that lie. */
import { describe, expect, setDefaultTimeout, test } from "bun:test";
import {
  appendFileSync,
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { cleanEnv, run } from "../../support/binary.ts";
import { temporaryDirectory } from "../../support/directory.ts";
import { contentsOf, makeTree, ODD_NAME } from "./trees.ts";

setDefaultTimeout(60_000); // two cores are shared with other test files

const OFF = ["tempo", "mimir", "loki", "grafana"].map((name) => `  ${name}: { enabled: false }\n`).join("");

/** A project that saves its directory `tree`. */
function project(options = ""): { readonly cwd: string; readonly tree: string } {
  const cwd = temporaryDirectory({
    "contextcore.yaml": `name: shop\nbackends:\n${OFF}  etc: { plugin: files, path: tree${options} }\n`,
  });
  const tree = join(cwd, "tree");
  mkdirSync(tree);
  return { cwd, tree };
}

const inside = (cwd: string, ...args: readonly string[]) => run(args, { cwd, env: cleanEnv(cwd) });

async function exported(cwd: string, ...args: readonly string[]) {
  const { exitCode, stdout, stderr } = await inside(cwd, "export", "--json", ...args);
  const result = JSON.parse(stdout);
  return {
    exitCode,
    stderr,
    text: stdout,
    path: String(result.snapshot?.path),
    name: String(result.snapshot?.name),
    etc: result.backends?.[0],
  };
}

const restore = (cwd: string, ...args: readonly string[]) =>
  inside(cwd, "restore", "latest", "--yes", ...args);

/** So long ago that an increment need not look again whether it changed within the same tick. */
const settle = (): Promise<void> => Bun.sleep(2_100);

const drafts = (tree: string): string[] =>
  readdirSync(tree, { recursive: true, encoding: "utf8" }).filter((name) => name.includes("partial"));

test("everything in a directory is saved, proved, and put back equal; once more changes nothing", async () => {
  const { cwd, tree } = project();
  makeTree(tree);
  const before = contentsOf(tree);
  const { exitCode, etc } = await exported(cwd, "--all");
  expect([exitCode, etc.counts]).toEqual([0, { files: 9, directories: 5, links: 2 }]);
  expect((await inside(cwd, "verify", "latest")).exitCode).toBe(0);
  rmSync(tree, { recursive: true });
  const restored = await restore(cwd);
  expect(restored.exitCode, restored.stderr).toBe(0);
  expect(contentsOf(tree)).toEqual(before);
  expect(statSync(join(tree, "holes")).blocks * 512).toBeLessThan(100_000);
  const again = await restore(cwd);
  expect([again.exitCode, again.stdout + again.stderr]).toEqual([
    0,
    expect.stringMatching(/nothing +already there: 9 files/),
  ]);
  expect(drafts(tree)).toEqual([]);
});

test("compressed, in parts of a limited size, another export of what was restored is equal", async () => {
  const { cwd, tree } = project();
  makeTree(tree);
  const first = await exported(cwd, "--all", "--compress", "zstd", "--max-file-size", "1MiB");
  rmSync(tree, { recursive: true });
  expect((await restore(cwd)).exitCode).toBe(0);
  const second = await exported(cwd, "--all");
  const { exitCode, stdout } = await inside(cwd, "snapshots", "diff", first.path, second.path);
  expect([exitCode, stdout]).toEqual([0, expect.stringMatching(/equal|same|no difference/i)]);
});

test("tar reads the archive", async () => {
  const { cwd, tree } = project();
  makeTree(tree);
  const { path } = await exported(cwd, "--all");
  const [archive = ""] = readdirSync(join(path, "files")).filter((name) => name.endsWith(".tar"));
  const elsewhere = temporaryDirectory();
  const tar = Bun.spawnSync(["tar", "-xpf", join(path, "files", archive), "-C", elsewhere]);
  expect([tar.exitCode, tar.stderr.toString()]).toEqual([0, expect.not.stringContaining("rror")]);
  const seconds = (found: Record<string, string>) =>
    Object.fromEntries(Object.entries(found).map(([name, text]) => [name, text.replace(/\d{9}(?= |$)/, "")]));
  const { "./empty": _, ...expected } = seconds(contentsOf(tree));
  expect(seconds(contentsOf(elsewhere))).toMatchObject(expected);
});

describe("an increment", () => {
  test("holds only what has changed, names its parent, and is restored with it", async () => {
    const { cwd, tree } = project();
    makeTree(tree);
    await settle();
    const whole = await exported(cwd, "--all");
    appendFileSync(join(tree, "etc", "app.conf"), "more = 1\n");
    rmSync(join(tree, "empty"));
    renameSync(join(tree, "etc", "deep"), join(tree, "moved"));
    chmodSync(join(tree, "etc", "run"), 0o700);
    writeFileSync(join(tree, "new"), "new");
    const before = contentsOf(tree);
    const next = await exported(cwd, "--since-last");
    expect([next.exitCode, next.etc.parent, next.etc.counts.files]).toEqual([0, whole.name, 9]);
    expect(next.etc.bytes).toBeLessThan(30_000);
    const third = await exported(cwd, "--since-last");
    expect(third.etc.parent).toBe(next.name);
    rmSync(tree, { recursive: true });
    const restored = await restore(cwd);
    expect(restored.exitCode, restored.stderr).toBe(0);
    expect(contentsOf(tree)).toEqual(before);
  });

  test("finds a change that keeps size and time, and by content what only looks changed", async () => {
    const { cwd, tree } = project();
    writeFileSync(join(tree, "a"), "one");
    utimesSync(join(tree, "a"), 1_000, 1_000);
    await settle();
    await exported(cwd, "--all");
    writeFileSync(join(tree, "a"), "two");
    utimesSync(join(tree, "a"), 1_000, 1_000);
    await exported(cwd, "--since-last");
    rmSync(join(tree, "a"));
    await restore(cwd);
    expect(readFileSync(join(tree, "a"), "utf8")).toBe("two");
    writeFileSync(join(tree, "large"), Buffer.alloc(2_000_000, "x"));
    await exported(cwd, "--since-last");
    utimesSync(join(tree, "large"), 5, 5);
    const { etc } = await exported(cwd, "--since-last", "--set", "backends.etc.compare=content");
    expect(etc.bytes).toBeLessThan(10_000);
    rmSync(join(tree, "large"));
    expect((await restore(cwd)).exitCode).toBe(0);
    expect([statSync(join(tree, "large")).size, statSync(join(tree, "large")).mtimeMs]).toEqual([
      2_000_000, 5_000,
    ]);
  });

  test("needs its parent: prune keeps it, and a restore without it says what is missing", async () => {
    const { cwd, tree } = project();
    writeFileSync(join(tree, "old"), "old");
    await settle();
    const whole = await exported(cwd, "--all");
    writeFileSync(join(tree, "new"), "new");
    await exported(cwd, "--since-last");
    const pruned = await inside(cwd, "snapshots", "prune", "--keep-last", "1", "--yes");
    expect([pruned.exitCode, existsSync(whole.path)]).toEqual([0, true]);
    rmSync(whole.path, { recursive: true });
    rmSync(tree, { recursive: true });
    const { exitCode, stdout, stderr } = await restore(cwd);
    expect([exitCode, stdout + stderr]).toEqual([3, expect.stringContaining(whole.name)]);
    expect([existsSync(join(tree, "old")), readFileSync(join(tree, "new"), "utf8")]).toEqual([false, "new"]);
  });
});

test("a part is restored by a pattern, to another directory, with the directories that it names", async () => {
  const { cwd, tree } = project();
  makeTree(tree);
  await exported(cwd, "--all");
  const elsewhere = join(temporaryDirectory(), "new", "place");
  const { exitCode } = await restore(
    cwd,
    "--match",
    "etc=etc/deep/**",
    "--set",
    `backends.etc.path=${elsewhere}`,
  );
  expect([exitCode, readdirSync(elsewhere, { recursive: true }).sort()]).toEqual([
    0,
    ["etc", "etc/deep", "etc/deep/er", "etc/deep/er/private"],
  ]);
  expect(statSync(join(elsewhere, "etc/deep")).mode & 0o7777).toBe(0o1777);
  await restore(cwd, "--match", "etc=*.conf", "--set", `backends.etc.path=${elsewhere}`);
  expect(existsSync(join(elsewhere, "etc/app.conf"))).toBe(true);
});

test("a pattern of directories saves those, and what is excluded is left out with everything in it", async () => {
  const { cwd, tree } = project('/*/config, exclude: ["*.log", "a/config/cache"]');
  for (const name of ["a/config/cache/x", "a/config/app.log", "a/config/keep", "b/config/keep", "b/data/x"]) {
    mkdirSync(join(tree, name, ".."), { recursive: true });
    writeFileSync(join(tree, name), name);
  }
  const { etc } = await exported(cwd, "--all");
  expect(etc.counts.files).toBe(2);
  rmSync(tree, { recursive: true });
  await restore(cwd);
  expect(readdirSync(tree, { recursive: true }).sort()).toEqual([
    "a",
    "a/config",
    "a/config/keep",
    "b",
    "b/config",
    "b/config/keep",
  ]);
});

test("pipes and sockets are named and left out, and keep nobody waiting", async () => {
  const { cwd, tree } = project();
  writeFileSync(join(tree, "file"), "x");
  Bun.spawnSync(["mkfifo", join(tree, "pipe")]);
  const server = Bun.listen({ unix: join(tree, "socket"), socket: { data() {} } });
  const { exitCode, etc } = await exported(cwd, "--all");
  server.stop(true);
  expect([exitCode, etc.counts.files, etc.problems[0].items.sort()]).toEqual([0, 1, ["pipe", "socket"]]);
});

test("files that vanish and change while they are read cost nobody else anything", async () => {
  const { cwd, tree } = project();
  for (let n = 0; n < 3_000; n += 1) writeFileSync(join(tree, `file-${n}`), `content ${n}`);
  writeFileSync(join(tree, "log"), Buffer.alloc(20_000_000, "x"));
  const script = `const fs = require("fs"); let n = 2999; setInterval(() => { for (let k = 0; k < 20 && n > 100; k++) fs.rmSync("file-" + n--); fs.appendFileSync("log", "y"); }, 1)`;
  const child = Bun.spawn([process.execPath, "-e", script], { cwd: tree });
  const { exitCode, etc, text } = await exported(cwd, "--all");
  child.kill();
  await child.exited;
  expect([exitCode, text]).toEqual([3, expect.stringContaining("It changed each time it was read")]);
  expect(etc.problems.flatMap(({ items }: { items: string[] }) => items)).toEqual(["log"]);
  const elsewhere = temporaryDirectory();
  await inside(
    cwd,
    "restore",
    etc.snapshot ?? (await newest(cwd)),
    "--yes",
    "--set",
    `backends.etc.path=${elsewhere}`,
  );
  for (let n = 0; n <= 100; n += 1)
    expect(readFileSync(join(elsewhere, `file-${n}`), "utf8")).toBe(`content ${n}`);
});

const newest = async (cwd: string): Promise<string> =>
  join(
    cwd,
    "backups",
    readdirSync(join(cwd, "backups"))
      .filter((name) => /^\d{8}-/.test(name))
      .sort()
      .at(-1) ?? "",
  );

describe("a snapshot that was made to leave its directory", () => {
  /** Changes the tree of a snapshot, and every checksum with it. */
  async function forged(change: (tree: string) => string) {
    const { cwd, tree } = project();
    writeFileSync(join(tree, "aaaaaaaaa"), "evil");
    mkdirSync(join(tree, "directory"));
    const { path } = await exported(cwd, "--all");
    forge(path, change);
    rmSync(tree, { recursive: true });
    mkdirSync(tree);
    return { cwd, tree, outside: join(cwd, "outside") };
  }

  test.each([
    ["../outside", "a path upwards"],
    ["/tmp/abs", "an absolute path"],
    ["x/../../o", "a path upwards behind a name"],
    ["a//bbbbbb", "an empty name"],
    ["a\\\\x00bbb", "a name with a zero byte"],
  ])("%s: %s is refused and named", async (name) => {
    const { cwd, tree, outside } = await forged((text) =>
      text.replace('"aaaaaaaaa"', JSON.stringify(JSON.parse(`"${name}"`))),
    );
    const { exitCode, stdout } = await restore(cwd, "--json");
    expect(exitCode).toBe(3);
    const { directory } = JSON.parse(stdout);
    expect(readFileSync(join(directory, "rejected.json"), "utf8")).toContain(
      "does not stay below the directory",
    );
    expect([existsSync(outside), existsSync("/tmp/abs"), readdirSync(tree)]).toEqual([
      false,
      false,
      ["directory"],
    ]);
  });

  test("a link that it makes, and one that is there, are not gone through", async () => {
    const { cwd, tree } = await forged((text) => text.replace('"aaaaaaaaa"', '"directory/evil"'));
    const outside = temporaryDirectory();
    symlinkSync(outside, join(tree, "directory"));
    const { exitCode, stdout } = await restore(cwd, "--json");
    expect(exitCode).toBe(3);
    const { directory } = JSON.parse(stdout);
    expect(readFileSync(join(directory, "rejected.json"), "utf8")).toContain("nothing is written through it");
    expect(readdirSync(outside)).toEqual([]);
  });

  test("bytes that are not those of its file are not written", async () => {
    const { cwd, tree } = await forged((text) => text.replace(/"offset":\d+/, '"offset":0'));
    expect((await restore(cwd)).exitCode).toBe(3);
    expect([existsSync(join(tree, "aaaaaaaaa")), drafts(tree)]).toEqual([false, []]);
  });
});

/** Writes another tree into a snapshot and makes all its checksums true again. */
function forge(path: string, change: (tree: string) => string): void {
  const file = join(path, "files", "tree.jsonl");
  const [before, after] = [readFileSync(file, "utf8"), change(readFileSync(file, "utf8"))];
  const hash = (text: string): string => new Bun.CryptoHasher("sha256").update(text).digest("hex");
  const index = readFileSync(join(path, "blocks.jsonl"), "utf8");
  const lengths = (text: string): string =>
    text
      .replaceAll(hash(before), hash(after))
      .replaceAll(`"bytes":${before.length},`, `"bytes":${after.length},`)
      .replaceAll(`"bytes": ${before.length},`, `"bytes": ${after.length},`);
  const newIndex = lengths(index);
  writeFileSync(file, after);
  writeFileSync(join(path, "blocks.jsonl"), newIndex);
  const manifest = lengths(readFileSync(join(path, "manifest.json"), "utf8")).replaceAll(
    hash(index),
    hash(newIndex),
  );
  const blank = manifest.replace(/"sha256": "[0-9a-f]{64}"(?=\s*\}\s*$)/, '"sha256": ""');
  writeFileSync(
    join(path, "manifest.json"),
    blank.replace(/"sha256": ""(?=\s*\}\s*$)/, `"sha256": "${hash(blank)}"`),
  );
}

test("a damaged block of the contents costs the files in it, and no other", async () => {
  const { cwd, tree } = project();
  writeFileSync(join(tree, "a"), Buffer.alloc(9_000_000, "a"));
  writeFileSync(join(tree, "z"), "z");
  const { path } = await exported(cwd, "--all");
  const [archive = ""] = readdirSync(join(path, "files")).filter((name) => name.endsWith(".tar"));
  const bytes = readFileSync(join(path, "files", archive));
  bytes[1_000_000] = 0;
  writeFileSync(join(path, "files", archive), bytes);
  rmSync(tree, { recursive: true });
  const { exitCode, stdout } = await restore(cwd, "--json");
  const { directory } = JSON.parse(stdout);
  expect([exitCode, readdirSync(tree)]).toEqual([3, ["z"]]);
  expect(readFileSync(join(directory, "rejected.json"), "utf8")).toContain("its content is damaged");
});

test("a directory that is not there, or is a file, is named as such", async () => {
  const { cwd, tree } = project();
  rmSync(tree, { recursive: true });
  expect((await exported(cwd, "--all")).text).toContain("tree cannot be read");
  writeFileSync(tree, "a file");
  expect((await exported(cwd, "--all")).text).toContain("it is not a directory");
});

test("what is in the way of a file or a directory is left, and named", async () => {
  const { cwd, tree } = project();
  mkdirSync(join(tree, "d"));
  writeFileSync(join(tree, "d", "x"), "x");
  writeFileSync(join(tree, "f"), "f");
  await exported(cwd, "--all");
  rmSync(tree, { recursive: true });
  mkdirSync(join(tree, "f"), { recursive: true });
  writeFileSync(join(tree, "d"), "mine");
  expect((await restore(cwd)).exitCode).toBe(3);
  expect([
    readFileSync(join(tree, "d"), "utf8"),
    statSync(join(tree, "f")).isDirectory(),
    drafts(tree),
  ]).toEqual(["mine", true, []]);
});

test("names that are no UTF-8 are shown so that they can be chosen", async () => {
  const { cwd, tree } = project();
  makeTree(tree);
  await exported(cwd, "--all");
  rmSync(tree, { recursive: true });
  expect((await restore(cwd, "--match", "etc=odd*")).exitCode).toBe(0);
  expect(readdirSync(tree, { encoding: "buffer" }).map((name) => name.equals(ODD_NAME))).toEqual([true]);
});

test("a file that is larger on paper than the disk is saved and restored as its holes", async () => {
  const { cwd, tree } = project();
  writeFileSync(join(tree, "huge"), "begin");
  truncateSync(join(tree, "huge"), 2 ** 42);
  expect((await exported(cwd, "--all")).etc.bytes).toBeLessThan(100_000);
  rmSync(tree, { recursive: true });
  expect((await restore(cwd)).exitCode).toBe(0);
  expect([statSync(join(tree, "huge")).size, statSync(join(tree, "huge")).blocks]).toEqual([2 ** 42, 8]);
});
