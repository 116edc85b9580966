/**
 * Half-open time ranges `[from, to)` in nanoseconds since the Unix epoch.
 * Nanoseconds are `bigint` inside the program and RFC 3339 (or a decimal string, in cursors) outside.
 */
export interface Range {
  readonly from: bigint;
  readonly to: bigint;
}

/** Nanoseconds of a millisecond. */
export const NS_PER_MS = 1_000_000n;
/** Nanoseconds of a second. */
export const NS_PER_SECOND = 1_000_000_000n;

/** A day, ms. */
export const DAY_MS = 86_400_000;

/** Milliseconds since the epoch; fractions are dropped, so times before 1970 are rounded up. */
export const toMs = (ns: bigint): number => Number(ns / NS_PER_MS);

/** Nanoseconds from milliseconds since the epoch. */
export const fromMs = (ms: number): bigint => BigInt(Math.trunc(ms)) * NS_PER_MS;

/** `2026-01-24T14:30:00.123456789Z`: always UTC, with only as many fraction digits as needed. */
export function toRfc3339(ns: bigint): string {
  const fraction = ((ns % NS_PER_SECOND) + NS_PER_SECOND) % NS_PER_SECOND;
  const seconds = new Date(Number((ns - fraction) / NS_PER_MS)).toISOString().slice(0, 19);
  const digits = fraction.toString().padStart(9, "0").replace(/0+$/, "");
  return digits === "" ? `${seconds}Z` : `${seconds}.${digits}Z`;
}

/** `2026-01-24 14:30`, in UTC as all times are. @param time ns, or RFC 3339 in UTC */
export const minute = (time: bigint | string): string =>
  (typeof time === "bigint" ? toRfc3339(time) : time).slice(0, 16).replace("T", " ");

const RFC3339 =
  /^(\d{4}-\d{2}-\d{2})(?:[Tt ](\d{2}:\d{2})(?::(\d{2})(?:\.(\d{1,9}))?)?([Zz]|[+-]\d{2}:\d{2})?)?$/;

/**
 * Reads a date (`2026-01-24`, midnight UTC) or an RFC 3339 time; without a zone it is UTC.
 * @throws RangeError when the text is neither.
 */
export function fromRfc3339(text: string): bigint {
  const match = RFC3339.exec(text.trim());
  const [, day, minutes = "00:00", seconds = "00", fraction = "", zone = "Z"] = match ?? [];
  const ms = match === null ? Number.NaN : Date.parse(`${day}T${minutes}:${seconds}${zone.toUpperCase()}`);
  if (Number.isNaN(ms) || (zone.toUpperCase() === "Z" && !new Date(ms).toISOString().startsWith(`${day}`))) {
    throw new RangeError(`not a date or an RFC 3339 time: ${JSON.stringify(text)}`);
  }
  return fromMs(ms) + BigInt(fraction.padEnd(9, "0"));
}

/** The range split at its middle, rounded down to `unit` ns; `undefined` when it is no longer than one unit. */
export function halves({ from, to }: Range, unit = 1n): [Range, Range] | undefined {
  const middle = from + ((to - from) / 2n / unit) * unit;
  if (middle <= from || middle >= to) return undefined;
  return [
    { from, to: middle },
    { from: middle, to },
  ];
}

/** Cuts a range into windows whose borders are multiples of `length` ns, so that the same data gives the same windows. */
export function windows({ from, to }: Range, length: bigint): Range[] {
  const cut: Range[] = [];
  for (let start = from; start < to; ) {
    const border = (start / length + 1n) * length;
    const end = border < to ? border : to;
    cut.push({ from: start, to: end });
    start = end;
  }
  return cut;
}

/** At most this many windows are listed at once, because a longer list takes memory and blocks everything else meanwhile. */
const LISTED_MOST = 1_000n;

/**
 * The windows of `windows`, or if there would be too many, spans a thousand times as long, to be divided by this function
 * again when their turn comes.
 */
export function windowsOrSpans(
  range: Range,
  length: bigint,
): { readonly parts: readonly Range[]; readonly areWindows: boolean } {
  let part = length;
  while (range.to - range.from > part * LISTED_MOST) part *= LISTED_MOST;
  return { parts: windows(range, part), areWindows: part === length };
}

/** The smallest range that holds both. */
export const span = (a: Range, b: Range): Range => ({
  from: a.from < b.from ? a.from : b.from,
  to: a.to > b.to ? a.to : b.to,
});

/** The last moment that a snapshot can name, ns: years have four digits in RFC 3339. */
export const LATEST = 253_402_300_799_999_999_999n;
