import { NS_PER_SECOND, type Range } from "../units/range.ts";
import type { Reached } from "./survey.ts";

const HOUR = 3_600n * NS_PER_SECOND;
const DAY = 24n * HOUR;

/** How far back is read when a server says neither what its oldest data is nor how long it keeps it. */
const UNKNOWN_AGE = 365n * DAY;

/**
 * All of it, up to now, and from whichever is earlier: the oldest data that the server names, or the beginning of what it
 * keeps. What it names as its oldest may leave out data that came late, and data that is not lost must not be left behind
 * for it. The beginning is rounded down to the hour, since servers name it roughly; the end lies after the newest data even
 * when the server's clock is ahead.
 * @param now ns
 */
export function wholeRange({ inventory }: Pick<Reached, "inventory">, now: bigint): Range {
  const { oldest, newest, retention } = inventory;
  const to = newest !== undefined && newest >= now ? newest + 1n : now;
  const kept = typeof retention === "bigint" ? to - (retention + DAY) : undefined;
  const named = oldest === undefined ? undefined : (oldest / HOUR) * HOUR;
  return { from: earliest(named, kept) ?? to - UNKNOWN_AGE, to };
}

function earliest(...times: readonly (bigint | undefined)[]): bigint | undefined {
  const known = times.filter((time) => time !== undefined);
  return known.length === 0 ? undefined : known.reduce((first, time) => (time < first ? time : first));
}

/**
 * The part of a range that can hold data: windows long before all that a server keeps are only asked for in vain. A range
 * that ends before that stays as it is.
 */
export function withinData(range: Range, finding: Pick<Reached, "inventory">): Range {
  if (finding.inventory.oldest === undefined) return range;
  const { from } = wholeRange(finding, range.to);
  return from <= range.from || from >= range.to ? range : { from, to: range.to };
}
