/** A snapshot is written anew without some of its records, and is otherwise what it was. */
import { expect, test } from "bun:test";
import { cpSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { readKept } from "../../../src/snapshot/catalog/kept.ts";
import { readManifest } from "../../../src/snapshot/read/manifest-file.ts";
import { scratch } from "../../export/run.ts";
import { smallSnapshot } from "../small.ts";
import { differences, ERASED, everything, filesBelow, rewritten } from "./rewriting.ts";

const FIXTURES = resolve(import.meta.dir, "../../fixtures/snapshots");

test("the records that go are gone, and nothing else", async () => {
  using directory = scratch();
  const before = await smallSnapshot(directory.path);
  const { sha256: was } = await readManifest(before);
  const goes = "line 1003000000000 of 1";
  const placed = await rewritten(before, {
    isGone: ({ plugin, file }, { content }) =>
      plugin === "logs" && file === "logs.json" && content.endsWith(` ${goes}`),
  });
  const after = placed?.path ?? "";
  expect(after).toBe(`${before}-2`);
  expect(await differences(before, after)).toEqual({
    "logs.json": [1, 0, 39],
    "logs/objects/object-0.json": [0, 0, 1],
    "logs/objects/object-1.json": [0, 0, 1],
    "metrics.json": [0, 0, 4],
    "metrics/metadata.json": [0, 0, 1],
    "traces.json": [0, 0, 4],
  });
  expect(everything(before)).toContain(goes);
  expect(everything(after)).not.toContain(goes);
  const manifest = await readManifest(after);
  expect(manifest.erased).toEqual([{ ...ERASED, was, counts: { entries: 1 } }]);
  expect(manifest.plugins.find(({ name }) => name === "logs")).toMatchObject({
    counts: { entries: 39, objects: 2 },
    windows: [{ read: { entries: 39 }, server: { entries: 39 }, agrees: true }],
  });
  for (const file of filesBelow(before).filter(
    (name) => !/^(logs.json|blocks.jsonl|manifest.json)$/.test(name),
  ))
    expect(readFileSync(join(after, file))).toEqual(readFileSync(join(before, file)));
});

test("blocks in which nothing goes are as they were, byte for byte", async () => {
  using directory = scratch();
  const before = join(directory.path, "20260124-143000");
  cpSync(join(FIXTURES, "format-1-zstd-parts"), before, { recursive: true });
  const lines = (path: string): string[] => readFileSync(join(path, "blocks.jsonl"), "utf8").split("\n");
  const sums = (path: string): unknown[] =>
    lines(path).flatMap((line) => (line.includes('"file":"logs.') ? [JSON.parse(line).sha256] : []));
  const [first] = sums(before);
  let seen = 0;
  const placed = await rewritten(before, {
    isGone: ({ file }) => file === "logs.json" && seen++ === 0,
  });
  const left = sums(placed?.path ?? "");
  expect(left.length).toBe(sums(before).length);
  expect(left).not.toContain(first);
  expect(left.slice(1)).toEqual(sums(before).slice(1));
});

test("objects go as a whole, a data file stays though nothing is left in it, and a whole trace is counted as one", async () => {
  using directory = scratch();
  const before = await smallSnapshot(directory.path);
  const placed = await rewritten(before, {
    isGone: ({ file, kind }, { trace }) =>
      file === "logs.json" ||
      (kind === "object" && file.endsWith("object-1.json")) ||
      trace?.endsWith("1") === true,
  });
  const { plugins } = await readManifest(placed?.path ?? "");
  expect(placed?.removed.counts).toEqual({ entries: 40, objects: 1, traces: 1, spans: 2 });
  expect(plugins.map(({ name, counts }) => [name, counts])).toEqual([
    ["logs", { entries: 0, objects: 1 }],
    ["traces", { traces: 1, spans: 2 }],
    ["metrics", { samples: 3, stale: 1, histograms: 1, metadata: 1 }],
  ]);
  expect(filesBelow(placed?.path ?? "")).not.toContain("logs/objects/object-1.json");
  expect(readFileSync(join(placed?.path ?? "", "logs.json"), "utf8")).toBe("");
});

test("a backend goes as a whole, and what continued it lacks nothing", async () => {
  using directory = scratch();
  const before = await smallSnapshot(directory.path);
  const placed = await rewritten(before, { without: ["logs"] });
  const { plugins, erased } = await readManifest(placed?.path ?? "");
  expect(plugins.map(({ name }) => name)).toEqual(["traces", "metrics"]);
  expect(erased?.[0]).toMatchObject({ backends: ["logs"], counts: { entries: 40, objects: 2 } });
  expect(everything(placed?.path ?? "")).not.toContain("line 1003000000000");
  await expect(rewritten(before, { without: ["logs", "traces", "metrics"] })).rejects.toThrow(
    "nothing would be left",
  );
});

test("where nothing goes, nothing is written anew", async () => {
  using directory = scratch();
  const before = await smallSnapshot(directory.path);
  expect(await rewritten(before, { isGone: () => false, blot: (text) => text })).toBeUndefined();
  expect((await readKept(directory.path)).snapshots.map(({ path }) => path)).toEqual([before]);
});

test("a snapshot beside its successor counts once, and the successor is known by every hash that it had", async () => {
  using directory = scratch();
  const before = await smallSnapshot(directory.path);
  const once = await rewritten(before, {
    isGone: (_, { content }) => content.includes("line 1003000000000"),
  });
  const twice = await rewritten(once?.path ?? "", { without: ["traces"] });
  const { snapshots, superseded } = await readKept(directory.path);
  expect(snapshots.map(({ path }) => path)).toEqual([`${before}-3`]);
  expect(superseded?.map(({ path }) => path)).toEqual([before, `${before}-2`]);
  expect(twice?.manifest.erased?.map(({ was }) => was)).toEqual(
    superseded?.map(({ manifest }) => manifest.sha256) ?? [],
  );
});

test("a damaged snapshot is not written anew, and stays", async () => {
  using directory = scratch();
  const before = await smallSnapshot(directory.path);
  const path = join(before, "logs.json");
  await Bun.write(path, (await Bun.file(path).text()).replace("of 1", "of 7"));
  await expect(rewritten(before, { isGone: () => true })).rejects.toThrow("checksum mismatch");
  expect((await readKept(directory.path)).snapshots.map((one) => one.path)).toEqual([before]);
});
