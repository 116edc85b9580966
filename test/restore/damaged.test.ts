/** A damaged snapshot is restored without its damaged blocks, and each of these is named. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { join } from "node:path";
import * as v from "valibot";
import type { Backend } from "../../src/contract/contract.ts";
import { batchesOf, createBatchSize } from "../../src/restore/batches.ts";
import { openRestoreJournal } from "../../src/restore/journal.ts";
import { planRestore } from "../../src/restore/plan.ts";
import { restoreReport } from "../../src/restore/report.ts";
import { type RestoreProgress, runRestore } from "../../src/restore/run.ts";
import { RESTORE, RESTORE_PLAN } from "../../src/results/restore.ts";
import { openSnapshot } from "../../src/snapshot/read/reader.ts";
import { scratch } from "../export/run.ts";
import { smallSnapshot } from "../snapshot/small.ts";
import { parsedAs } from "../support/printed.ts";
import { allBlocks, blocksOf, flipBit, type IndexBlock, lostJson, lostText } from "./damaged.ts";
import { type Stacks, startStacks } from "./stack.ts";

let stacks: Stacks;
beforeAll(async () => {
  stacks = await startStacks();
});
afterAll(() => stacks.stop());

const LOKI = ["--plugin", "loki"];

test.each(["plain", "zstd"])(
  "of a %s snapshot the whole blocks are restored, the damaged one is named and nothing of it written",
  async (kind) => {
    const more = kind === "zstd" ? ["--compress=zstd"] : [];
    const path = await stacks.exported(stacks.full, kind, [...LOKI, ...more]);
    const blocks = blocksOf(path, "logs.json");
    const damaged = blocks[Math.floor(blocks.length / 2)];
    if (damaged === undefined) throw new Error("there are no logs");
    flipBit(path, damaged);
    const lab = await stacks.another();

    const dry = await stacks.on(lab, "restore", path, ...LOKI, "--dry-run", "--json");
    expect(dry.exitCode, dry.stderr).toBe(3);
    const plan = parsedAs(RESTORE_PLAN, dry.stdout);
    expect(plan.backends[0]?.lost).toEqual([lostJson(damaged)]);
    const shown = await stacks.on(lab, "restore", path, ...LOKI, "--dry-run");
    expect(shown.stdout).toContain("damaged: loki: 1 block of the snapshot, left out:");

    const done = await stacks.on(lab, "restore", path, ...LOKI, "--yes", "--json");
    expect(done.exitCode, done.stderr).toBe(3);
    const report = parsedAs(RESTORE, done.stdout);
    expect(report.status).toBe("partial");
    const all = blocks.reduce((sum, { counts }) => sum + (counts.entries ?? 0), 0);
    const [loki] = report.backends;
    expect(loki).toMatchObject({ lost: [lostJson(damaged)], rejected: 0 });
    expect(loki?.failure).toBeUndefined();
    expect(loki?.written.entries).toBe(all - (damaged.counts.entries ?? 0));
    // What was lost is not also called missing.
    expect(loki?.counted.flatMap(({ short }) => short)).toEqual([]);
    const there = await stacks.on(lab, "export", "-t", "27h", "-o", `${kind}-again`, "--json", ...LOKI);
    expect(JSON.parse(there.stdout).backends[0].counts.entries).toBe(all - (damaged.counts.entries ?? 0));

    const told = await stacks.on(lab, "restore", path, ...LOKI, "--yes");
    expect(told.stderr).toContain(
      `${damaged.file}, block ${damaged.number} of the index, bytes ${damaged.offset} to ${damaged.offset + damaged.bytes}, ${damaged.from} to ${damaged.to}: checksum mismatch`,
    );
    const again = `export --plugin loki --from ${damaged.from} --to ${damaged.to}`;
    expect(told.stderr).toContain(`  contextcore ${again}\n`);
    const had = await stacks.on(stacks.full, ...again.split(" "), "-o", `${kind}-had`, "--json");
    expect(had.exitCode, had.stderr).toBe(0);
    expect(JSON.parse(had.stdout).backends[0].counts.entries).toBeGreaterThanOrEqual(
      damaged.counts.entries ?? 0,
    );
  },
  60_000,
);

test("what --json prints of a plan and of a restore is in the documented schema, and nothing else", async () => {
  const path = await stacks.exported(stacks.full, "whole", []);
  const lab = await stacks.another();
  const dry = await stacks.on(lab, "restore", path, "--dry-run", "--json");
  const { backends } = parsedAs(RESTORE_PLAN, dry.stdout);
  expect(backends.map(({ backend }) => backend)).toEqual(["tempo", "mimir", "loki", "grafana"]);
  const done = await stacks.on(lab, "restore", path, "--yes", "--json");
  expect(parsedAs(RESTORE, done.stdout).snapshot.path).toBe(path);
}, 60_000);

test("a damaged object is lost, and the others are restored", async () => {
  using dir = scratch();
  const path = await smallSnapshot(join(dir.path, "small"), { entries: 20, objects: 3 });
  const objects = allBlocks(path).filter(({ from }) => from === undefined);
  const [damaged, ...others] = objects;
  if (damaged === undefined) throw new Error("there is no object");
  flipBit(path, damaged);
  const seen: string[] = [];
  const report = await restoredSmall(path, join(dir.path, "r"), seen);
  const { range: _, ...lost } = lostText(damaged);
  expect(report).toMatchObject({ status: "partial", plugins: [{ lost: [lost] }] });
  expect(report.plugins[0]?.lost[0]).not.toHaveProperty("range");
  const records = blocksOf(path, "logs.json").reduce((sum, one) => sum + one.records, 0);
  expect(seen.length).toBe(records + others.length);
});

test("when every block is damaged nothing is written, and the restore has failed", async () => {
  const path = await stacks.exported(stacks.full, "all", ["--plugin", "tempo"]);
  for (const block of blocksOf(path, "traces.json")) flipBit(path, block);
  const lab = await stacks.another();
  const done = await stacks.on(lab, "restore", path, "--plugin", "tempo", "--yes", "--json");
  expect([done.exitCode, JSON.parse(done.stdout).status]).toEqual([1, "failed"]);
}, 60_000);

/** Restores the small snapshot's logs into a backend that remembers the lines. */
async function restoredSmall(path: string, directory: string, seen: string[], options: SmallRun = {}) {
  const snapshot = await openSnapshot(path);
  const backend: Backend = {
    inventory: async () => ({ signals: ["logs"], importance: "low" }),
    size: async () => ({ bytes: 0, source: "api" }),
    export: { start: async () => ({ cursors: [] }), step: async () => ({}) },
    restore: {
      preflight: async () => [],
      async apply({ lines }) {
        options.beforeApply?.(seen.length);
        seen.push(...lines);
        return options.isThere
          ? { written: {}, existing: { entries: lines.length } }
          : { written: { entries: lines.length } };
      },
    },
  };
  const plugin = { name: "logs", about: "A test's backend", options: v.object({}) };
  const signal = new AbortController().signal;
  const journal = await openRestoreJournal(directory);
  try {
    const open = { name: "logs", plugin, backend };
    const plan = await planRestore({ snapshot, backends: [open], plugins: ["logs"], labels: {}, signal });
    options.afterPlan?.();
    const { onProgress } = options;
    const outcomes = await runRestore({
      plan,
      journal,
      signal,
      ...(onProgress === undefined ? {} : { onProgress }),
    });
    return restoreReport(plan, directory, outcomes, new Map());
  } finally {
    await journal.close();
    await snapshot.close();
  }
}

interface SmallRun {
  readonly beforeApply?: (seen: number) => void;
  readonly afterPlan?: () => void;
  readonly onProgress?: (progress: RestoreProgress) => void;
  readonly isThere?: boolean;
}

async function damagedSmall(directory: string, compression: object): Promise<[string, IndexBlock[]]> {
  const path = await smallSnapshot(join(directory, "small"), { ...compression, entries: 60, objects: 0 });
  return [path, blocksOf(path, "logs.json")];
}

const KINDS = [{}, { compression: "zstd" as const }];

test.each(KINDS)("of %o, a block that is damaged while it runs is lost as well", async (kind) => {
  using dir = scratch();
  const [path, blocks] = await damagedSmall(dir.path, kind);
  const last = blocks.at(-1);
  if (last === undefined) throw new Error("there are no blocks");
  const seen: string[] = [];
  const report = await restoredSmall(path, join(dir.path, "r"), seen, {
    afterPlan: () => flipBit(path, last),
  });
  expect(report).toMatchObject({ status: "partial", plugins: [{ lost: [lostText(last)] }] });
  expect(seen.length).toBe(blocks.reduce((sum, { records }) => sum + records, 0) - last.records);
});

test.each(KINDS)("of %o, resuming names the same loss, and writes what was put back since", async (kind) => {
  using dir = scratch();
  const [path, blocks] = await damagedSmall(dir.path, kind);
  const [first, second] = blocks;
  if (first === undefined || second === undefined) throw new Error("there are no two blocks");
  flipBit(path, second);
  const seen: string[] = [];
  const directory = join(dir.path, "r");
  const stopped = await restoredSmall(path, directory, seen, {
    beforeApply: (count) => {
      if (count > 0) throw new Error("the server is gone");
    },
  });
  expect(stopped.plugins[0]?.failure).toBe("the server is gone");
  // What was written before it was damaged is there, and no loss.
  flipBit(path, first);
  const resumed = await restoredSmall(path, directory, seen);
  expect(resumed).toMatchObject({ status: "partial", plugins: [{ lost: [lostText(second)] }] });
  flipBit(path, second);
  const mended = await restoredSmall(path, directory, seen);
  expect(mended).toMatchObject({ status: "complete", plugins: [{ lost: [] }] });
  expect([new Set(seen).size, seen.length]).toEqual(Array(2).fill(mended.plugins[0]?.written.entries));
});

test("what is there already counts as progress, batch by batch", async () => {
  using dir = scratch();
  const path = await smallSnapshot(join(dir.path, "small"), { streams: 1, entries: 60, objects: 0 });
  const told: RestoreProgress[] = [];
  await restoredSmall(path, join(dir.path, "r"), [], { isThere: true, onProgress: (one) => told.push(one) });
  const blocks = blocksOf(path, "logs.json");
  const entries = blocks.reduce((sum, { records }) => sum + records, 0);
  expect(told.at(-1)).toMatchObject({ done: 1, existing: { entries }, written: {} });
  // Each block is one batch here: told when the batch is done, and when the block is.
  expect(told.length).toBe(2 * blocks.length);
});

test("batches grow, and become smaller where looking through what is there takes long", () => {
  const size = createBatchSize();
  const first = size.next();
  size.learn(5_000, false);
  expect(size.next()).toBe(first / 2);
  for (const ms of [9_000, 9_000, 9_000]) size.learn(ms, true);
  expect(size.next()).toBe(4 * first);
  size.learn(9_000, true);
  expect(size.next()).toBe(4 * first);
});

test("a block's lines come in batches of the size that is asked for at that moment, none twice", async () => {
  const lines = Array.from({ length: 40 }, (_, at) => `line ${at}`.padEnd(9, "."));
  let size = 100;
  const batches: (readonly string[])[] = [];
  for await (const batch of batchesOf(Buffer.from(`${lines.join("\n")}\n`), undefined, () => size)) {
    batches.push(batch);
    size = 20;
  }
  expect(batches.slice(0, 2).map(({ length }) => length)).toEqual([11, 2]);
  expect(batches.flat()).toEqual(lines);
});
