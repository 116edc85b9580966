/** The times of a ledger's rows. SQLite has no type for them: they are numbers since the epoch, or text. */
import type { Database } from "bun:sqlite";
import { fromRfc3339, PluginError, type Range, toRfc3339 } from "contextcore";
import { quoted } from "./database.ts";
import type { Value } from "./row.ts";

/** How a ledger's column of times is read and searched. */
export interface Clock {
  /** ns since the epoch; `undefined` when the value is no time. */
  read(value: Value): bigint | undefined;
  /** Bounds for SQL, `>=` and `<`. Unless {@link isExact}, they take in rows beside the range, too. */
  bounds(range: Range): readonly [Value, Value];
  readonly isExact: boolean;
}

const DAY = 86_400_000_000_000n;

/** ISO 8601 as SQLite's own functions write it, and as programs do: `2026-01-07 12:30:00`, `2026-01-07T12:30:00.5Z`. */
const TEXT = /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d)(:\d\d(?:\.\d+)?)?\s*(Z|[+-]\d\d:\d\d)?)?$/i;

const ofText: Clock = {
  isExact: false,
  read(value) {
    const [, day, minute = "00:00", second = ":00", zone = "Z"] =
      (typeof value === "string" && TEXT.exec(value)) || [];
    if (day === undefined) return undefined;
    try {
      return fromRfc3339(`${day}T${minute}${second}${zone.toUpperCase()}`);
    } catch {
      return undefined;
    }
  },
  // A zone moves a time by less than a day.
  bounds: ({ from, to }) => [dayOf(from - DAY), dayOf(to + 2n * DAY)],
};

const dayOf = (ns: bigint): string => toRfc3339(ns < 0n ? 0n : ns).slice(0, 10);

/** Whole units since the epoch. */
const ofIntegers = (nsEach: bigint): Clock => ({
  isExact: true,
  read: (value) => (typeof value === "bigint" ? value * nsEach : undefined),
  bounds: ({ from, to }) => [ceil(from, nsEach), ceil(to, nsEach)],
});

const ceil = (ns: bigint, each: bigint): bigint =>
  ns % each === 0n ? ns / each : ns / each + (ns > 0n ? 1n : 0n);

/** Seconds with a fraction. A number of 64 bits keeps about a tenth of a microsecond of them. */
const ofReals: Clock = {
  isExact: false,
  read: (value) =>
    typeof value === "number" && Number.isFinite(value)
      ? BigInt(Math.round(value * 1e6)) * 1_000n
      : undefined,
  bounds: ({ from, to }) => [Number(from) / 1e9 - 1, Number(to) / 1e9 + 1],
};

/** The unit of a number that is a time between 1990 and 2200. */
function unitOf(value: bigint): bigint | undefined {
  const units = [1_000_000_000n, 1_000_000n, 1_000n, 1n];
  return units.find(
    (each) => value * each > 631_152_000n * 1_000_000_000n && value * each < 7_258_118_400n * 1_000_000_000n,
  );
}

/** A row's time, told from the value alone, ns since the epoch; `undefined` when it is none. */
export function timeOf(value: Value): bigint | undefined {
  if (typeof value !== "bigint") return ofText.read(value) ?? ofReals.read(value);
  const each = unitOf(value);
  return each === undefined ? undefined : value * each;
}

/** How the newest row says its time. @throws PluginError `invalid` when that is no time */
export function clockOf(
  database: Database,
  { table, time }: { readonly table: string; readonly time: string },
): Clock {
  const column = quoted(time);
  const query = `SELECT ${column} AS value FROM ${quoted(table)} WHERE ${column} IS NOT NULL ORDER BY rowid DESC LIMIT 1`;
  const newest = database.query<{ value: Value }, []>(query).get()?.value ?? null;
  if (newest === null) return ofText;
  if (typeof newest === "number") return ofReals;
  if (typeof newest === "string" && ofText.read(newest) !== undefined) return ofText;
  const each = typeof newest === "bigint" ? unitOf(newest) : undefined;
  if (each !== undefined) return ofIntegers(each);
  throw new PluginError("invalid", `the column ${time} of ${table} has no times that sqlite understands`, {
    hint: "It takes seconds, milliseconds, microseconds or nanoseconds since 1970, and texts such as 2026-01-07T12:30:00Z.",
  });
}
