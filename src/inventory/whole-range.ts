import { NS_PER_SECOND, type Range } from "../units/range.ts";
import type { Reached } from "./survey.ts";

const HOUR = 3_600n * NS_PER_SECOND;
const DAY = 24n * HOUR;

/** How far back is read when a server says neither what its oldest data is nor how long it keeps it. */
const UNKNOWN_AGE = 365n * DAY;

/**
 * All of it: from the oldest data to now. The beginning is rounded down to the hour, since servers name it roughly; the
 * end lies after the newest data even when the server's clock is ahead.
 * @param now ns
 */
export function wholeRange({ inventory }: Pick<Reached, "inventory">, now: bigint): Range {
  const { oldest, newest, retention } = inventory;
  const to = newest !== undefined && newest >= now ? newest + 1n : now;
  if (oldest !== undefined) return { from: (oldest / HOUR) * HOUR, to };
  return { from: to - (typeof retention === "bigint" ? retention + DAY : UNKNOWN_AGE), to };
}

/**
 * The part of a range that can hold data: from the backend's oldest on, since windows before it are only asked for in vain.
 * A range that ends before the oldest data keeps its last hour.
 */
export function withinData(range: Range, finding: Pick<Reached, "inventory">): Range {
  if (finding.inventory.oldest === undefined) return range;
  const { from } = wholeRange(finding, range.to);
  if (from <= range.from) return range;
  return { from: from < range.to ? from : max(range.from, range.to - HOUR), to: range.to };
}

const max = (a: bigint, b: bigint): bigint => (a > b ? a : b);
