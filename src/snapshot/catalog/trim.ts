/** A block without the records that a newer snapshot of its chain also holds. */
import type { Counts, Json } from "../../contract/contract.ts";
import { fromMs, type Range } from "../../units/range.ts";
import type { Block } from "../format/block.ts";
import { formatOf } from "../format/formats.ts";
import { keepRecords } from "../format/keep-records.ts";
import { recordsOf } from "../format/record-keys.ts";
import type { Marks } from "./marks.ts";

/** The remaining parts of the lines; empty lines are dropped. */
export async function* trimmedLines(
  file: string,
  lines: AsyncIterable<string>,
  marks: Marks,
): AsyncGenerator<string> {
  let number = 0;
  for await (const text of lines) {
    const left = keepRecords(file, text, () => !marks.has(number++));
    if (left !== undefined) yield left;
  }
}

/** The block's metadata for what remains. @param lines what remains @param file as plugins name it */
export async function trimmedBlock(
  block: Block,
  file: string,
  lines: AsyncIterable<string>,
): Promise<Pick<Block, "records" | "counts" | "range">> {
  const found: Record<string, number> = {};
  let records = 0;
  let [first, last] = [Number.POSITIVE_INFINITY, 0];
  for await (const text of lines) {
    records += 1;
    const line: Json = JSON.parse(text);
    for (const { timeMs, units } of recordsOf(file, line)) {
      for (const unit of units) found[unit] = (found[unit] ?? 0) + 1;
      [first, last] = [Math.min(first, timeMs), Math.max(last, timeMs)];
    }
  }
  const { unit, counted = unit === undefined ? [] : [unit], lineUnit } = formatOf(file) ?? {};
  const measured: Counts = { ...found, ...(lineUnit === undefined ? {} : { [lineUnit]: records }) };
  const counts = Object.entries(block.counts).map(([unit, number]): [string, number] => {
    if (counted.includes(unit) || unit === lineUnit) return [unit, measured[unit] ?? 0];
    return [unit, number === block.records ? records : number];
  });
  const { range } = block;
  const times = range === undefined || counted.length === 0 ? {} : { range: within(range, first, last) };
  return { records, counts: Object.fromEntries(counts), ...times };
}

/** The part of a range from one time to another, ms, both included. */
function within({ from, to }: Range, first: number, last: number): Range {
  if (!(last >= first) || !Number.isSafeInteger(first + last)) return { from, to };
  const [start, end] = [fromMs(first), fromMs(last + 1)];
  return { from: start > from ? start : from, to: end < to ? end : to };
}
