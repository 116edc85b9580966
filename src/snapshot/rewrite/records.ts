/** A block of records without some of them. */
import type { Counts, Json } from "../../contract/contract.ts";
import { canonicalJson } from "../../units/canonical-json.ts";
import { isObject } from "../../units/json.ts";
import type { Range } from "../../units/range.ts";
import type { Block } from "../format/block.ts";
import { addCounts } from "../format/counts.ts";
import { formatOf } from "../format/formats.ts";
import { keepRecords } from "../format/keep-records.ts";
import type { LineRecord } from "../format/line-format.ts";
import { linesOf } from "../format/lines.ts";
import { members } from "../format/members.ts";
import { recordsOf } from "../format/record-keys.ts";

/** Part of a file of bytes that a line names as its content. */
export interface ContentPart {
  readonly file: string;
  readonly offset: number;
  readonly bytes: number;
}

/** What is left of a block's lines, and what went. */
interface LeftLines {
  /** The lines that are left. */
  readonly text: string;
  /** How many. */
  readonly lines: number;
  /** What went, in the units that records and lines name themselves. */
  readonly gone: Gone;
}

interface Gone {
  readonly lines: number;
  readonly records: Counts;
  /** Those of them that lie in the range that was asked for. */
  readonly inRange: Counts;
  /** What whole lines counted as besides. */
  readonly more: Counts;
}

interface Asked {
  /** The data file as plugins name it. */
  readonly file: string;
  /** What was asked for. */
  readonly range: Range | undefined;
  readonly isGone: (record: LineRecord) => boolean;
}

/**
 * The lines without the records that go.
 * @returns `undefined` when all stay @throws Error when a line does not belong in that file
 */
export function leftLines(bytes: Uint8Array, asked: Asked): LeftLines | undefined {
  const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  const kept: string[] = [];
  const gone = { lines: 0, records: {}, inRange: {}, more: {} };
  let isChanged = false;
  for (const line of linesOf(bytes)) {
    const text = decoder.decode(line);
    const left = leftOf(text, asked, gone);
    isChanged ||= left !== text;
    if (left !== undefined) kept.push(`${left}\n`);
  }
  return isChanged ? { text: kept.join(""), lines: kept.length, gone } : undefined;
}

interface Tally {
  lines: number;
  readonly records: Record<string, number>;
  readonly inRange: Record<string, number>;
  readonly more: Record<string, number>;
}

function leftOf(text: string, { file, range, isGone }: Asked, gone: Tally): string | undefined {
  const value: Json = JSON.parse(text);
  const goes = lineRecordsOf(file, value).map((record) => {
    const is = isGone(record);
    if (is) note(record, range, gone);
    return is;
  });
  if (!goes.includes(true)) return text;
  let at = 0;
  // A line that cannot be divided goes as a whole.
  const canDivide = formatOf(file)?.keep !== undefined;
  const left = canDivide ? keepRecords(file, text, () => goes[at++] !== true) : undefined;
  if (left !== undefined) return left;
  gone.lines += 1;
  addCounts(gone.more, formatOf(file)?.lineCounts?.(members(value)) ?? {});
  return undefined;
}

/** A line whose records nobody tells apart is one. */
export function lineRecordsOf(file: string, value: Json): readonly LineRecord[] {
  const found = [...recordsOf(file, value)];
  if (found.length > 0 || formatOf(file)?.keep !== undefined) return found;
  const content = canonicalJson(value);
  return [{ identity: content, content, timeMs: 0, units: ["lines"] }];
}

function note({ units, time }: LineRecord, range: Range | undefined, { records, inRange }: Tally): void {
  const isInside =
    range === undefined || time === undefined || (time.from >= range.from && time.from < range.to);
  for (const unit of units) {
    records[unit] = (records[unit] ?? 0) + 1;
    if (isInside) inRange[unit] = (inRange[unit] ?? 0) + 1;
  }
}

const IN_RANGE = /InRange$/;

/** By how much a block's counts are less without what went: in its own units. */
export function lessCounts(block: Block, file: string, gone: Gone): Counts {
  const { unit, counted = unit === undefined ? [] : [unit], lineUnit } = formatOf(file) ?? {};
  const less = Object.entries(block.counts).map(([own, number]): [string, number] => {
    const base = own.replace(IN_RANGE, "");
    const amount = counted.includes(base)
      ? (own === base ? gone.records : gone.inRange)[base]
      : own === lineUnit || (gone.more[own] === undefined && number === block.records)
        ? gone.lines
        : gone.more[own];
    return [own, Math.min(number, amount ?? 0)];
  });
  return Object.fromEntries(less.filter(([, amount]) => amount > 0));
}

/** Counts without others, unit by unit. */
export const withoutCounts = (counts: Counts, less: Counts): Counts =>
  Object.fromEntries(
    Object.entries(counts).map(([unit, number]) => [unit, Math.max(0, number - (less[unit] ?? 0))]),
  );

/** The part of a file of bytes that a line names. */
export function namedPart(text: string): ContentPart | undefined {
  const value: unknown = JSON.parse(text);
  const content = isObject(value) ? members(value.content) : {};
  const { file, offset, bytes } = content;
  const isPart = typeof file === "string" && typeof offset === "number" && typeof bytes === "number";
  return isPart ? { file, offset, bytes } : undefined;
}
