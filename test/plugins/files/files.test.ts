/** Directories saved and put back by the program: whole, in part, elsewhere, and while they change. */
import { expect, setDefaultTimeout, test } from "bun:test";
import { randomBytes } from "node:crypto";
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { temporaryDirectory } from "../../support/directory.ts";
import { drafts, exported, inside, project, restore } from "./project.ts";
import { contentsOf, makeTree, ODD_NAME } from "./trees.ts";

setDefaultTimeout(60_000); // two cores are shared with other test files

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

test.each([
  ["as they are", []],
  ["compressed", ["--compress", "zstd"]],
] as const)("files of several pieces are saved %s, each with its own bytes", async (_, flags) => {
  const { cwd, tree } = project();
  for (let n = 0; n < 40; n += 1) writeFileSync(join(tree, `part ${n}`), randomBytes(880_000 + n));
  writeFileSync(join(tree, "large"), Buffer.alloc(21_000_000, "abcdefg"));
  const before = contentsOf(tree);
  await exported(cwd, "--all", ...flags);
  rmSync(tree, { recursive: true });
  const restored = await restore(cwd);
  expect(restored.exitCode, restored.stderr).toBe(0);
  expect(contentsOf(tree)).toEqual(before);
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
  writeFileSync(join(tree, "log"), Buffer.alloc(60_000_000, "x"));
  const script = `const fs = require("fs"); console.log("begun"); for (let n = 2999, k = 0; ; k++) { if (k % 30 === 0 && n > 100) fs.rmSync("file-" + n--); fs.appendFileSync("log", "y"); }`;
  const child = Bun.spawn([process.execPath, "-e", script], { cwd: tree, stdout: "pipe" });
  await child.stdout.getReader().read();
  const { exitCode, etc, text } = await exported(cwd, "--all");
  child.kill();
  await child.exited;
  expect([exitCode, text]).toEqual([3, expect.stringContaining("It changed each time it was read")]);
  expect(etc.problems.flatMap(({ items }: { items: string[] }) => items)).toEqual(["log"]);
  const elsewhere = temporaryDirectory();
  await inside(cwd, "restore", await newest(cwd), "--yes", "--set", `backends.etc.path=${elsewhere}`);
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
