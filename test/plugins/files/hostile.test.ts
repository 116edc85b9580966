/** Snapshots of a directory that were made to leave it, or are damaged. */
import { describe, expect, setDefaultTimeout, test } from "bun:test";
import {
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { temporaryDirectory } from "../../support/directory.ts";
import { drafts, exported, project, restore } from "./project.ts";

setDefaultTimeout(60_000); // two cores are shared with other test files

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

  test.each([
    ["a size that is not that of its bytes", (line) => ({ ...line, size: 1 })],
    [
      "parts that overlap",
      (line) => ({
        ...line,
        data: [
          [0, 2],
          [1, 2],
        ],
      }),
    ],
    ["parts behind its end", (line) => ({ ...line, data: [[9e15, 4]] })],
    ["an offset that is none", (line) => ({ ...line, content: { ...line.content, offset: -1 } })],
    ["another name that leads elsewhere", (line) => ({ ...line, same: "../outside" })],
    ["another name that is the directory", (line) => ({ ...line, same: "." })],
    ["an owner that no system has", (line) => ({ ...line, uid: 2 ** 52 })],
    ["a target without a name", ({ path }) => ({ ...LINK, path, target: "" })],
  ] as readonly [string, (line: Line) => object][])(
    "%s costs that line, and leaves no draft",
    async (_, change) => {
      const { cwd, tree } = await forged((text) =>
        text.replace(/^.*"aaaaaaaaa".*$/m, (line) => JSON.stringify(change(JSON.parse(line)))),
      );
      const { exitCode, stdout } = await restore(cwd, "--json");
      const { backends } = JSON.parse(stdout);
      expect([exitCode, backends[0].rejected]).toEqual([3, 1]);
      expect([readdirSync(tree), drafts(tree)]).toEqual([["directory"], []]);
    },
  );

  test("bytes that are not those of its file are not written", async () => {
    const { cwd, tree } = await forged((text) => text.replace(/"offset":\d+/, '"offset":0'));
    expect((await restore(cwd)).exitCode).toBe(3);
    expect([existsSync(join(tree, "aaaaaaaaa")), drafts(tree)]).toEqual([false, []]);
  });
});

/** A line of the tree. */
type Line = { readonly path: string; readonly content: object };
const LINK = { type: "link", mode: "0777", uid: 0, gid: 0, mtime: "0" };

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

test("a file that has another name outside of the directory keeps its mode", async () => {
  const { cwd, tree } = project();
  writeFileSync(join(tree, "empty"), "", { mode: 0o666 });
  await exported(cwd, "--all");
  rmSync(join(tree, "empty"));
  const outside = join(cwd, "outside");
  writeFileSync(outside, "", { mode: 0o600 });
  linkSync(outside, join(tree, "empty"));
  expect((await restore(cwd)).exitCode).toBe(0);
  expect([outside, join(tree, "empty")].map((path) => statSync(path).mode & 0o777)).toEqual([0o600, 0o644]);
});
