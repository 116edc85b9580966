/** How much of each piece of a range is held, for comparison with the server's counts of the pieces. */
import type { Counts } from "../../contract/contract.ts";
import type { Block } from "../../snapshot/format/block.ts";
import { addCounts } from "../../snapshot/format/counts.ts";
import { countsOf, isCountedByRecord } from "../../snapshot/format/record-counts.ts";
import { NS_PER_MS, type Range } from "../../units/range.ts";
import type { Committed } from "./committed.ts";

/** A range in up to {@link PIECES} pieces, and what is held in each. A run of pieces is named by its first and by the one after it. */
export interface HeldTally {
  /** The part of the range that a run of pieces covers. */
  range(from: number, to: number): Range;
  /** Where best to divide a run; `undefined` if that is impossible, or it is unknown what each side would hold. */
  middle(from: number, to: number): number | undefined;
  /** What a run holds, by unit. */
  held(from: number, to: number): Counts;
  /** How many records a run holds. */
  records(from: number, to: number): number;
}

/** Halved ten times, a window of a million records has pieces of a thousand. */
export const PIECES = 1024;

/** @param units those that the server counts @throws SnapshotError when a block is not what was written */
export async function tallyOf(
  range: Range,
  units: readonly string[],
  blocks: readonly Block[],
  committed: Pick<Committed, "eachRecord">,
): Promise<HeldTally> {
  const borders = bordersOf(range);
  const pieces = Array.from({ length: PIECES }, () => ({}) as Record<string, number>);
  const records = new Array<number>(PIECES).fill(0);
  // Boundaries inside a block of which only the total count is known.
  const closed = new Set<number>();

  const note = (at: bigint, counts: Counts, count: number): void => {
    if (at < range.from || at >= range.to) return;
    const piece = pieceAt(borders, at);
    addCounts(pieces[piece] ?? {}, counts);
    records[piece] = (records[piece] ?? 0) + count;
  };
  const noteWhole = (block: Block): void => {
    const { from, to } = block.range ?? range;
    const wholly = units.filter((unit) => !isCountedByRecord(block, unit));
    if (wholly.length === 0) return;
    note(from < range.from ? range.from : from, chosen(block.counts, wholly), block.records);
    for (let index = pieceAt(borders, from) + 1; index < PIECES && (borders[index] ?? to) < to; index += 1)
      closed.add(index);
  };

  for (const block of blocks) {
    noteWhole(block);
    const single = units.filter((unit) => isCountedByRecord(block, unit));
    if (single.length === 0) continue;
    await committed.eachRecord(block, (record) => {
      if (record.time !== undefined) note(record.time.from, countsOf(record, single), 1);
    });
  }

  const sumOf = (from: number, to: number): Counts => {
    const sum: Record<string, number> = {};
    for (const piece of pieces.slice(from, to)) addCounts(sum, piece);
    return sum;
  };
  const at = (index: number): bigint => borders[index] ?? range.to;
  return {
    range: (from, to) => ({ from: at(from), to: at(to) }),
    middle(from, to) {
      const middle = (from + to) >> 1;
      return at(from) < at(middle) && at(middle) < at(to) && !closed.has(middle) ? middle : undefined;
    },
    held: sumOf,
    records: (from, to) => records.slice(from, to).reduce((sum, one) => sum + one, 0),
  };
}

/** In whole milliseconds, which every server can count. */
function bordersOf({ from, to }: Range): readonly bigint[] {
  const border = (index: number): bigint => {
    const exact = from + ((to - from) * BigInt(index)) / BigInt(PIECES);
    const whole = exact - (exact % NS_PER_MS);
    return whole < from ? from : whole;
  };
  return Array.from({ length: PIECES }, (_, index) => border(index));
}

/** The last piece that begins at or before a time; the first for a time before all. */
function pieceAt(borders: readonly bigint[], time: bigint): number {
  let [low, high] = [0, borders.length];
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if ((borders[middle] ?? time) <= time) low = middle;
    else high = middle;
  }
  return low;
}

const chosen = (counts: Counts, units: readonly string[]): Counts =>
  Object.fromEntries(units.flatMap((unit) => (counts[unit] === undefined ? [] : [[unit, counts[unit]]])));
