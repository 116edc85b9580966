/**
 * Finds records of a file that several snapshots of a chain hold: the newest keeps each record, and the others skip it. Memory
 * is bounded: only times that two snapshots share are examined, a few at once.
 */
import type { Json } from "../../contract/contract.ts";
import { createKeySet, type KeySet } from "../../units/key-set.ts";
import { fromMs, NS_PER_MS, type Range, toMs } from "../../units/range.ts";
import type { Block } from "../format/block.ts";
import { SnapshotError } from "../format/errors.ts";
import { unitOf } from "../format/formats.ts";
import { byFrom, coalesce } from "../format/ranges.ts";
import { recordsOf } from "../format/record-keys.ts";
import { createMarks, type Marks } from "./marks.ts";

/** A block of one of the snapshots. */
export interface PlacedBlock {
  /** Which snapshot, the oldest is 0. */
  readonly link: number;
  readonly block: Block;
}

/** One data file of a chain, and how much of it to compare at once. */
export interface RepeatsOptions {
  /** The data file as plugins know it. */
  readonly file: string;
  /** Its blocks with a time, from all snapshots. */
  readonly blocks: readonly PlacedBlock[];
  /** The records of a block, each without its newline. @throws SnapshotError when they are not what was written */
  readonly lines: (placed: PlacedBlock) => AsyncIterable<string>;
  readonly signal: AbortSignal;
  /** About how many records to compare at once; default {@link AT_ONCE}. */
  readonly atOnce?: number;
}

/** Record hashes held at once: some 50 bytes each. */
const AT_ONCE = 500_000;

/** By block, the indexes of records that a newer snapshot also holds; no entry if none. @throws the signal's reason */
export async function findRepeats(options: RepeatsOptions): Promise<ReadonlyMap<PlacedBlock, Marks>> {
  const found = new Map<PlacedBlock, Marks>();
  const waiting = options.blocks.toSorted((a, b) => byFrom(rangeOf(a), rangeOf(b)));
  let next = 0;
  let open: PlacedBlock[] = [];
  for (const shared of sharedTimes(options.blocks)) {
    for (let one = waiting[next]; one !== undefined && rangeOf(one).from < shared.to; one = waiting[next]) {
      open.push(one);
      next += 1;
    }
    for (const one of open) if (rangeOf(one).to <= shared.from) found.get(one)?.settle();
    open = open.filter((one) => rangeOf(one).to > shared.from);
    await compare(options, open, shared, found);
  }
  for (const one of open) found.get(one)?.settle();
  return found;
}

const rangeOf = ({ block: { range } }: PlacedBlock): Range => range ?? { from: 0n, to: 0n };

/** The times covered by blocks of at least two snapshots, in whole milliseconds, in order. */
function sharedTimes(blocks: readonly PlacedBlock[]): Range[] {
  const borders = bordersOf(blocks);
  const shared: Range[] = [];
  let [snapshots, from] = [0, 0n];
  for (const { at, step } of borders) {
    if (snapshots >= 2) shared.push({ from, to: at });
    [snapshots, from] = [snapshots + step, at];
  }
  return coalesce(shared);
}

/** Where the times of each snapshot begin (1) and end (-1), all in order. */
function bordersOf(blocks: readonly PlacedBlock[]): { readonly at: bigint; readonly step: 1 | -1 }[] {
  const links = Map.groupBy(blocks, ({ link }) => link);
  const own = [...links.values()].flatMap((some) =>
    coalesce(some.map((one) => inMilliseconds(rangeOf(one)))),
  );
  const borders = own.flatMap(({ from, to }) => [
    { at: from, step: 1 as const },
    { at: to, step: -1 as const },
  ]);
  return borders.sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0));
}

/** Times are compared in milliseconds, because a finer boundary would divide what belongs together. */
const inMilliseconds = ({ from, to }: Range): Range => ({
  from: fromMs(toMs(from)),
  to: fromMs(toMs(to + NS_PER_MS - 1n)),
});

/** Compares what the blocks hold of a time, in halves if that is too much at once. */
async function compare(
  options: RepeatsOptions,
  blocks: readonly PlacedBlock[],
  time: Range,
  found: Map<PlacedBlock, Marks>,
): Promise<void> {
  const there = blocks.filter((one) => rangeOf(one).to > time.from && rangeOf(one).from < time.to);
  const middle = fromMs(toMs((time.from + time.to) / 2n));
  const canHalve = unitOf(options.file) !== undefined && middle > time.from;
  if (canHalve && expected(there, time) > (options.atOnce ?? AT_ONCE)) {
    await compare(options, there, { from: time.from, to: middle }, found);
    await compare(options, there, { from: middle, to: time.to }, found);
    return;
  }
  const newer: KeySet[] = [];
  const links = Map.groupBy(there, ({ link }) => link);
  for (const link of [...links.keys()].sort((a, b) => b - a)) {
    const own = createKeySet();
    for (const placed of links.get(link) ?? []) await mark(options, placed, { time, newer, own }, found);
    newer.push(own);
  }
}

/** Estimated number of records that the blocks hold of a time, assuming an even spread. */
function expected(blocks: readonly PlacedBlock[], { from, to }: Range): number {
  return blocks.reduce((sum, { block }) => {
    const range = block.range ?? { from, to };
    const records = Math.max(block.records, ...Object.values(block.counts));
    const [first, last] = [range.from > from ? range.from : from, range.to < to ? range.to : to];
    const share = Number(last - first) / Math.max(1, Number(range.to - range.from));
    return sum + records * Math.min(1, share);
  }, 0);
}

interface Comparison {
  readonly time: Range;
  /** What the newer snapshots hold of that time. */
  readonly newer: readonly KeySet[];
  readonly own: KeySet;
}

/** An unreadable block repeats nothing; the restore that reads it reports the damage. */
async function mark(
  { file, lines, signal }: RepeatsOptions,
  placed: PlacedBlock,
  { time, newer, own }: Comparison,
  found: Map<PlacedBlock, Marks>,
): Promise<void> {
  signal.throwIfAborted();
  const [first, end] = [toMs(time.from), toMs(time.to)];
  const isTimed = unitOf(file) !== undefined;
  const marks = found.get(placed) ?? createMarks();
  let number = 0;
  try {
    for await (const text of lines(placed)) {
      const line: Json = JSON.parse(text);
      for (const { content, timeMs } of recordsOf(file, line)) {
        const isInside = !isTimed || (timeMs >= first && timeMs < end);
        if (isInside && newer.some((keys) => keys.has(content))) marks.add(number);
        if (isInside) own.add(content);
        number += 1;
      }
    }
  } catch (error) {
    if (error instanceof SnapshotError || error instanceof SyntaxError) return;
    throw error;
  }
  if (marks.size > 0) found.set(placed, marks);
  marks.of = number;
}
