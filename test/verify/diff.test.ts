import { expect, test } from "bun:test";
import type { Range } from "contextcore";
import { openSnapshot } from "../../src/snapshot/read/reader.ts";
import { diffSnapshots, type FileDifference } from "../../src/verify/diff.ts";
import { FIRST, fakeBackend, SECOND } from "../export/fake-backend.ts";
import { runExport, scratch } from "../export/run.ts";
import { smallSnapshot } from "../snapshot/small.ts";

async function diff(a: string, b: string): Promise<FileDifference[]> {
  const [left, right] = [await openSnapshot(a), await openSnapshot(b)];
  const found = await diffSnapshots(left, right);
  await Promise.all([left.close(), right.close()]);
  return found;
}

const logs = async (directory: string, range: Range, options = {}, more = {}): Promise<string> => {
  const open = fakeBackend({ streams: 2, entries: 20_000, pageEntries: 500, ...options });
  return (await runExport(directory, [], { backends: [{ open, request: { range } }], ...more })).path;
};

const hours = (from: number, to: number): Range => ({
  from: FIRST + BigInt(from) * 3600n * SECOND,
  to: FIRST + BigInt(to) * 3600n * SECOND,
});

test("two exports of the same are equal, however their pages, parts and frames were cut", async () => {
  using dir = scratch();
  const a = await logs(dir.path, hours(0, 3));
  const b = await logs(
    dir.path,
    hours(0, 3),
    { pageEntries: 333 },
    { compression: "zstd", fileBytesMax: 50_000 },
  );
  expect(await diff(a, b)).toEqual([
    { file: "logs.json", unit: "entries", both: 21_600, onlyA: 0, onlyB: 0 },
  ]);
});

test("what each has alone is counted in records", async () => {
  using dir = scratch();
  const a = await logs(dir.path, hours(0, 3));
  const b = await logs(dir.path, hours(1, 5), { streams: 1 });
  expect(await diff(a, b)).toEqual([
    { file: "logs.json", unit: "entries", both: 7200, onlyA: 14_400, onlyB: 7200 },
  ]);
});

test("one record among many is found", async () => {
  using dir = scratch();
  const whole = await logs(dir.path, hours(0, 2));
  const less = await logs(dir.path, { from: FIRST, to: hours(0, 2).to - SECOND });
  const [logsDiff] = await diff(whole, less);
  expect(logsDiff).toEqual({ file: "logs.json", unit: "entries", both: 14_398, onlyA: 2, onlyB: 0 });
});

test("spans, samples, other lines and objects each by their own", async () => {
  using dir = scratch();
  const [a, b] = [await smallSnapshot(dir.path), await smallSnapshot(dir.path)];
  expect(
    (await diff(a, b)).map(({ file, unit, both, onlyA, onlyB }) => [file, unit, both, onlyA + onlyB]),
  ).toEqual([
    ["logs.json", "entries", 40, 0],
    ["logs/objects/object-0.json", "objects", 1, 0],
    ["logs/objects/object-1.json", "objects", 1, 0],
    ["metrics.json", "samples", 4, 0],
    ["metrics/metadata.json", "lines", 1, 0],
    ["traces.json", "spans", 4, 0],
  ]);
});
