/** The times of a ledger's rows. SQLite has no type for them: they are numbers since the epoch, or text, and one column may have both. */
import type { Database } from "bun:sqlite";
import { fromRfc3339, NS_PER_MS, NS_PER_SECOND, PluginError, type Range, toRfc3339 } from "contextcore";
import { quoted } from "./database.ts";
import type { Value } from "./row.ts";

const DAY = 86_400_000_000_000n;
/** Numbers from 1990 to 2200 are times, in the one unit in which they lie between the two. ns */
const NUMBERS: Range = { from: 631_152_000n * NS_PER_SECOND, to: 7_258_118_400n * NS_PER_SECOND };
/** Seconds, milliseconds, microseconds, nanoseconds; ns each. */
const UNITS = [NS_PER_SECOND, NS_PER_MS, 1_000n, 1n];
/** Texts that are as long as a day or longer, and lie between these, are times. */
const TEXTS = ["1970-01-01", "2200-01-01"] as const;
const DAYS_OF_TEXTS = Number(fromRfc3339(TEXTS[1]) / DAY);

/** ISO 8601 as SQLite's own functions write it, and as programs do: `2026-01-07 12:30:00`, `2026-01-07T12:30:00.5Z`. */
const TEXT = /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d)(?::(\d\d)(?:\.(\d{1,9})\d*)?)?\s*(Z|[+-]\d\d:?\d\d)?)?$/i;

/** A row's time, told from the value alone, ns since the epoch; `undefined` when it is none. */
export function timeOf(value: Value): bigint | undefined {
  if (typeof value === "bigint") return timeOfNumber(value, (each) => value * each);
  // A number of 64 bits keeps about a tenth of a microsecond of seconds.
  if (typeof value === "number")
    return timeOfNumber(value, (each) => BigInt(Math.round((value * Number(each)) / 1e3)) * 1_000n);
  if (typeof value !== "string" || value < TEXTS[0] || value >= TEXTS[1]) return undefined;
  return exactly(value) ?? fromRfc3339(dayBefore(value));
}

function timeOfNumber(value: bigint | number, inNs: (each: bigint) => bigint): bigint | undefined {
  const each = UNITS.find((one) => {
    const [least, most] = numbersIn(NUMBERS, one);
    return value >= least && value < most;
  });
  return each === undefined ? undefined : inNs(each);
}

/** A text's time, if all of it is understood. */
function exactly(text: string): bigint | undefined {
  const [, day, minute = "00:00", second = "00", fraction = "0", zone = "Z"] = TEXT.exec(text) ?? [];
  if (day === undefined) return undefined;
  const offset = zone.toUpperCase().replace(/^(...)(\d\d)$/, "$1:$2");
  try {
    return fromRfc3339(`${day}T${minute}:${second}.${fraction}${offset}`);
  } catch {
    return undefined;
  }
}

/** The last day that does not come after a text: a text that is no time is found among the rows of that day. */
function dayBefore(text: string): string {
  let [low, high] = [0, DAYS_OF_TEXTS];
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (dayOf(BigInt(middle) * DAY) <= text) low = middle;
    else high = middle;
  }
  return dayOf(BigInt(low) * DAY);
}

const dayOf = (ns: bigint): string => toRfc3339(ns < 0n ? 0n : ns).slice(0, 10);

/** Whether all of a value is understood as a time, and not only the day that it begins with. */
const isTime = (value: Value): boolean =>
  (typeof value === "string" ? exactly(value) : timeOf(value)) !== undefined;

type Bounds = readonly [least: bigint, most: bigint];

/** Which numbers of a unit lie within a range. */
const numbersIn = ({ from, to }: Range, each: bigint): Bounds => [ceil(from, each), ceil(to, each)];
const ceil = (ns: bigint, each: bigint): bigint => (ns > 0n ? (ns + each - 1n) / each : ns / each);

/** SQL that an index on the column helps with. */
const numbers = (column: string, bounds: string): string =>
  `(typeof(${column}) IN ('integer', 'real') AND ${bounds.replaceAll("c", column)})`;
const texts = (column: string, bounds: string): string =>
  `(typeof(${column}) = 'text' AND ${bounds.replaceAll("c", column)})`;

/** SQL, one for each kind of time: rows that have such a one. */
export const kindsOf = (column: string): string[] => [
  ...UNITS.map((each) => numbersIn(NUMBERS, each)).map(([least, most]) =>
    numbers(column, `c >= ${least} AND c < ${most}`),
  ),
  texts(column, `c >= '${TEXTS[0]}' AND c < '${TEXTS[1]}'`),
];

/** SQL: rows whose time is within a range. A few beside it are among them. */
export function within(column: string, range: Range): string {
  // A number with a fraction may be rounded into the range, and a zone moves a time by less than a day.
  const bounds = UNITS.map((each) => numbersIn(range, each)).map(
    ([least, most]) => `c >= ${least - 1n} AND c < ${most + 1n}`,
  );
  const days = `c >= '${dayOf(range.from - DAY)}' AND c < '${dayOf(range.to + 2n * DAY)}'`;
  return [...bounds.map((one) => numbers(column, one)), texts(column, days)].join(" OR ");
}

/** SQL: rows without a time, which is what lies between and beside the kinds of it. */
export function timeless(column: string): string {
  const edges = UNITS.flatMap((each) => numbersIn(NUMBERS, each));
  const gaps = edges.flatMap((edge, n) => {
    if (n === 0) return [`c < ${edge}`];
    const next = edges[n + 1];
    if (n % 2 === 0) return [];
    return [`c >= ${edge} AND c < ${next ?? "''"}`];
  });
  return [
    `${column} IS NULL`,
    `${column} >= x''`,
    ...gaps.map((one) => numbers(column, one)),
    texts(column, `c >= '' AND c < '${TEXTS[0]}'`),
    texts(column, `c >= '${TEXTS[1]}' AND c < x''`),
  ].join(" OR ");
}

/** How many of the newest times are looked at. */
const LOOKED_AT = 100;
const END = 2n ** 63n;

/**
 * Tells the times of rows that come in order: a row's own, or that of the next row that has one, by which it was there; of the
 * rows at the end that of the last one. So a row that is appended later is never in a range that is saved already.
 * @throws PluginError `invalid` when no row has a time
 */
export function createTimes(
  database: Database,
  { table, time }: { readonly table: string; readonly time: string },
): (rowid: bigint, value: Value) => bigint {
  const timed = `SELECT rowid, ${quoted(time)} AS value FROM ${quoted(table)} NOT INDEXED WHERE (${kindsOf(quoted(time)).join(" OR ")})`;
  const newest = database.query<Timed, []>(`${timed} ORDER BY rowid DESC LIMIT ${LOOKED_AT}`).all();
  const next = database.query<Timed, [bigint]>(`${timed} AND rowid > ? ORDER BY rowid LIMIT 1`);
  const any = database.query(`SELECT 1 FROM ${quoted(table)} LIMIT 1`);
  if (!newest.some(({ value }) => isTime(value)) && any.get() !== null)
    throw new PluginError("invalid", `the column ${time} of ${table} has no times that sqlite understands`, {
      hint: "It takes seconds, milliseconds, microseconds or nanoseconds since 1970, and texts such as 2026-01-07T12:30:00Z.",
    });
  const last = { rowid: END, value: newest[0]?.value ?? null };
  let following: Timed | undefined;
  return (rowid, value) => {
    const own = timeOf(value);
    if (own !== undefined) return own;
    if (following === undefined || following.rowid <= rowid) following = next.get(rowid) ?? last;
    return timeOf(following.value) ?? 0n;
  };
}

interface Timed {
  readonly rowid: bigint;
  readonly value: Value;
}
