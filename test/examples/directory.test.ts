import { describe, expect, test } from "bun:test";
import { mkdirSync, symlinkSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { openSubject } from "../../src/conformance/subject.ts";
import { type Backend, lineRecords } from "../../src/contract/contract.ts";
import { MATCH_RULES, SERVER_RULES, testBackend } from "../support/conformance.ts";
import { temporaryDirectory } from "../support/directory.ts";
import { loadExample } from "./load.ts";

const example = await loadExample("directory");
const never = new AbortController().signal;
const UNCOUNTED = ["limits", "split-is-whole", "count-split-is-whole", "counts-agree", "count-within-range"];

/** Empty, large, hidden and oddly named files, a link, an empty folder. */
function makeTree(): string {
  const root = temporaryDirectory({
    "a.txt": "",
    ".hidden": "dot",
    "deep/er/é 日本 🧨.txt": "names",
    [`${"long-".repeat(19)}name/${"x".repeat(120)}.txt`]: "long names",
  });
  mkdirSync(join(root, "empty"));
  const large = new Uint8Array(5_000_003).map((_, index) => (index * 7919) >> 3);
  writeFileSync(join(root, "deep/large.bin"), large);
  symlinkSync("deep/large.bin", join(root, "link"));
  for (const name of ["a.txt", ".hidden", "deep/large.bin"])
    utimesSync(join(root, name), 1_700_000_000, 1_700_000_000);
  return root;
}

const tree = makeTree();
const range = { from: 0n, to: 4_000_000_000_000_000_000n };

describe("a directory", () => {
  const empty = { path: temporaryDirectory() };
  testBackend({
    ...example,
    options: { path: tree },
    empty,
    range,
    waived: [...UNCOUNTED, ...MATCH_RULES, ...SERVER_RULES, "find-then-erase"],
  });
});

/** Debian's tar, in the formats that differ in how they write long names. */
describe.each(["gnu", "pax", "ustar"])("a tar file, %s", (format) => {
  const path = join(temporaryDirectory(), "files.tar");
  const left = format === "ustar" ? ["--exclude", "long-*"] : [];
  const made = Bun.spawnSync(["tar", "-C", tree, `--format=${format}`, ...left, "-cf", path, "."]);

  test("holds what the directory holds", async () => {
    expect(made.exitCode).toBe(0);
    const names = async (from: string) =>
      (await allLines(await open(from))).map(({ name }) => name).toSorted();
    const fromTree = (await names(tree)).filter((name) => left.length === 0 || !name.startsWith("long-"));
    // A tar file also names the directory itself.
    expect((await names(path)).filter((name) => name !== "")).toEqual(fromTree);
    const content = async (from: string) =>
      (await allLines(await open(from))).filter(({ name }) => name === "deep/large.bin");
    expect(await content(path)).toMatchObject(
      (await content(tree)).map(({ content, offset }) => ({ content, offset })),
    );
  });

  testBackend({
    ...example,
    options: { path },
    range,
    waived: [
      ...UNCOUNTED,
      "restore-within-range",
      ...MATCH_RULES,
      ...SERVER_RULES,
      "restore-then-export",
      "find-then-erase",
    ],
  });
});

test("what is no tar file, or a damaged one, is an error and not an empty one", async () => {
  const home = temporaryDirectory({ "none.tar": "x".repeat(2_000) });
  await expect((await open(join(home, "none.tar"))).inventory(never)).rejects.toMatchObject({
    kind: "invalid",
  });
  await expect((await open(join(home, "absent.tar"))).inventory(never)).rejects.toMatchObject({
    kind: "not-found",
  });
  await expect((await open(join(home, "absent"))).inventory(never)).rejects.toMatchObject({
    kind: "not-found",
  });
});

test.each(["../out.txt", "/etc/contextcore-out", "a/../../out.txt"])(
  "%s in a snapshot is not written",
  async (name) => {
    const home = temporaryDirectory();
    const line = JSON.stringify({ name, kind: "file", mode: 0o644, mtimeMs: 0, content: "" });
    const batch = { file: "example/directory/files.jsonl", lines: [line], range, labels: {} };
    await expect((await open(home)).restore?.apply(batch, never)).rejects.toMatchObject({ kind: "refused" });
  },
);

const open = (path: string): Promise<Backend> =>
  openSubject({ ...example, face: "backend", options: { path } }).backend();

async function allLines(backend: Backend): Promise<{ name: string; content?: string; offset?: number }[]> {
  const lines: string[] = [];
  const waiting = [...(await backend.export.start({ range }, never)).cursors];
  for (let cursor = waiting.pop(); cursor !== undefined; cursor = waiting.pop()) {
    const { next = [], ...step } = await backend.export.step(cursor, never);
    for (const { text } of lineRecords(step))
      lines.push(...Buffer.from(text).toString().trimEnd().split("\n"));
    waiting.push(...next);
  }
  return lines.map((line) => JSON.parse(line));
}
