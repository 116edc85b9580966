/** What a restore that was killed leaves behind is read, cut to its last whole line, and goes on. */
import { expect, test } from "bun:test";
import { appendFile } from "node:fs/promises";
import { join } from "node:path";
import {
  type BlockOutcome,
  countRejected,
  mergedRefusals,
  openRestoreJournal,
} from "../../src/restore/journal.ts";
import type { Block } from "../../src/snapshot/format/block.ts";
import { openRestoreDirectory } from "../../src/snapshot/write/disk.ts";
import { temporaryDirectory } from "../support/directory.ts";

const block = (offset: number): Block => ({
  file: "logs.json",
  offset,
  bytes: 10,
  records: 1,
  sha256: "0".repeat(64),
  counts: { entries: 1 },
});
const outcome: BlockOutcome = {
  written: { entries: 1 },
  existing: {},
  differing: [],
  rejected: [
    { line: "{}", reason: "too old" },
    { line: "[]", reason: "no place", unsupported: true },
  ],
  problems: [],
};

test("torn last lines are cut before the next are written, so every line is whole", async () => {
  const directory = temporaryDirectory();
  const first = await openRestoreJournal(directory);
  await first.record("loki", block(0), outcome);
  await first.close();
  for (const name of ["progress.jsonl", "rejected.json"]) await appendFile(join(directory, name), '{"plug');

  const second = await openRestoreJournal(directory);
  await second.record("loki", block(10), outcome);
  await second.close();

  const third = await openRestoreJournal(directory);
  expect([0, 10, 20].map((offset) => third.done("loki", block(offset))?.rejected)).toEqual([1, 1, undefined]);
  expect(third.done("loki", block(0))?.unsupported).toBe(1);
  await third.close();
  const refused = (await Bun.file(join(directory, "rejected.json")).text()).trimEnd().split("\n");
  expect(refused.map((line) => JSON.parse(line).reason)).toEqual([
    "too old",
    "no place",
    "too old",
    "no place",
  ]);
});

test("a refused line counts as the entries or samples it has; one that cannot be taken apart is one", () => {
  const samples = '{"metric":{},"timestamps":[1,2,3],"values":[1,2,3]}';
  const entries = '{"streams":[{"stream":{},"values":[["1","a"],["2","b"]]}]}';
  const refused = (line: string) => ({ line, reason: "too old" });
  expect(countRejected("metrics.json", [refused(samples), refused("torn")]).rejected).toBe(4);
  expect(countRejected("metrics.json", [{ ...refused(samples), unsupported: true }])).toEqual({
    rejected: 0,
    unsupported: 3,
  });
  expect(countRejected("logs.json", [refused(entries)]).rejected).toBe(2);
  expect(countRejected("grafana/dashboards/a.json", [refused(entries)]).rejected).toBe(1);
});

test("what cannot be written is said without the flag of another command", async () => {
  const directory = openRestoreDirectory(temporaryDirectory());
  const error = await directory.write("n".repeat(300), "{}").catch((thrown) => thrown);
  expect(error.message).toContain("the path is too long");
  expect(error.hint).not.toContain("-o");
});

test("the reasons of refusals are kept with their numbers, the most frequent first, and no more than a few", () => {
  const refused = (reason: string) => ({ line: "x", reason });
  const many = ["old", "old", "new", "a", "b", "c", "d", "old"].map(refused);
  const { refusals = [] } = countRejected("files/x", many);
  expect(refusals[0]).toEqual({ reason: "old", records: 3 });
  expect(refusals).toHaveLength(5);
  expect(mergedRefusals([...refusals, { reason: "new", records: 9 }])[0]).toEqual({
    reason: "new",
    records: 10,
  });
  expect(countRejected("files/x", [{ ...refused("old"), unsupported: true }]).refusals).toBeUndefined();
});
