/** A ledger: a table to which rows are only ever appended, each with a time, and perhaps with the hash of the row before it. */
import type { Database } from "bun:sqlite";
import { PluginError, type Range, v } from "contextcore";
import { quoted, rowsIn, type Table, tablesIn } from "./database.ts";
import type { Value } from "./row.ts";
import { createTimes, kindsOf, timeless, timeOf, within } from "./times.ts";

/** The option `ledger`: which table it is, and what its columns are. */
export const ledgerOption = v.object({
  table: v.string(),
  /** When the row was appended. */
  time: v.string(),
  /** What names a row to people. */
  id: v.optional(v.string()),
  hash: v.optional(v.string()),
  /** The hash of the row before it. */
  previous: v.optional(v.string()),
});
/** See {@link ledgerOption}. */
export type Ledger = v.InferOutput<typeof ledgerOption>;

/** A row of the ledger. */
export interface LedgerRow {
  /** Its place: rows are read in the order in which they were appended. */
  readonly rowid: bigint;
  /** By column, without the `rowid`. */
  readonly row: Readonly<Record<string, Value>>;
  /** ns since the epoch. Of a row without one that of the next row: by then it was there. */
  readonly time: bigint;
}

/** An opened ledger. */
interface OpenLedger {
  /** Rows behind this place that may be within the range, in order; a few beside it are among them. */
  rows(after: bigint, range: Range, limit: number): LedgerRow[];
  /** The last row before this place. */
  before(rowid: bigint): Pick<LedgerRow, "row"> | undefined;
  /** The same, with its place and time. */
  rowBefore(rowid: bigint): LedgerRow | undefined;
}

/** Opens it. @throws PluginError `invalid` when the table or one of the columns is not there, or has no times */
export function openLedger(database: Database, ledger: Ledger): OpenLedger {
  const table = tableOf(database, ledger);
  const columns = ["rowid", ...table.columns.map(quoted)].join(", ");
  // By the rowid: with another index each step would sort what all steps read.
  const from = `SELECT ${columns} FROM ${quoted(table.name)} NOT INDEXED WHERE rowid`;
  const time = quoted(ledger.time);
  const timeAt = createTimes(database, ledger);
  const rowOf = (cells: readonly Value[]): LedgerRow["row"] =>
    Object.fromEntries(table.columns.map((column, n) => [column, cells[n] ?? null]));
  const ledgerRow = ([rowid, ...cells]: readonly Value[]): LedgerRow => {
    const row = rowOf(cells);
    const place = rowid as bigint;
    return { rowid: place, row, time: timeAt(place, row[ledger.time] ?? null) };
  };
  const valuesBefore = (rowid: bigint): Value[] | undefined => {
    const sql = `${from} < ? ORDER BY rowid DESC LIMIT 1`;
    return (database.query<unknown, [bigint]>(sql).values(rowid) as Value[][])[0];
  };
  return {
    rows(after, range, limit) {
      const sql = `${from} > ? AND (${within(time, range)} OR ${timeless(time)}) ORDER BY rowid LIMIT ?`;
      const found = database.query<unknown, [bigint, number]>(sql).values(after, limit) as Value[][];
      return found.map(ledgerRow);
    },
    before(rowid) {
      const values = valuesBefore(rowid);
      return values && { row: rowOf(values.slice(1)) };
    },
    rowBefore(rowid) {
      const values = valuesBefore(rowid);
      return values && ledgerRow(values);
    },
  };
}

/** @throws PluginError `invalid` */
function tableOf(database: Database, ledger: Ledger): Table {
  const table = tablesIn(database).find(({ name }) => name === ledger.table);
  if (table === undefined)
    throw new PluginError("invalid", `the database has no table ${ledger.table}`, HINT);
  if (!table.hasRowid)
    throw new PluginError(
      "invalid",
      `the table ${ledger.table} is WITHOUT ROWID, so its rows have no order`,
      HINT,
    );
  const wanted = [ledger.time, ledger.id, ledger.hash, ledger.previous].filter((name) => name !== undefined);
  const missing = wanted.find((name) => !table.columns.includes(name));
  if (missing !== undefined)
    throw new PluginError("invalid", `the table ${ledger.table} has no column ${missing}`, HINT);
  return table;
}

const HINT = {
  hint: "The option `ledger` names the table and its columns: `ledger: { table: entries, time: created_at }`.",
};

/** How many rows are within the range. */
export function countLedger(database: Database, ledger: Ledger, range: Range): number {
  tableOf(database, ledger);
  const time = quoted(ledger.time);
  const read = <Row>(sql: string) =>
    database.query<Row, []>(`SELECT ${sql}`) as unknown as { iterate(): Iterable<Row> };
  const from = `FROM ${quoted(ledger.table)} WHERE`;
  let count = 0;
  const note = (at: bigint | undefined): void => {
    if (at !== undefined && at >= range.from && at < range.to) count += 1;
  };
  for (const { value } of read<{ value: Value }>(`${time} AS value ${from} ${within(time, range)}`).iterate())
    note(timeOf(value));
  const timeAt = createTimes(database, ledger);
  for (const { rowid } of read<{ rowid: bigint }>(`rowid ${from} ${timeless(time)} ORDER BY rowid`).iterate())
    note(timeAt(rowid, null));
  return count;
}

/** What a ledger holds. */
export interface LedgerSpan {
  readonly rows: number;
  /** ns. Absent when it has no rows. */
  readonly oldest?: bigint;
  readonly newest?: bigint;
}

/** Counts a ledger's rows, and finds its ends, whatever kinds of times it has. */
export function spanOf(database: Database, ledger: Ledger): LedgerSpan {
  tableOf(database, ledger);
  const time = quoted(ledger.time);
  const from = `FROM ${quoted(ledger.table)} WHERE`;
  const times = kindsOf(time).flatMap((kind) => {
    const ends = database.query<{ least: Value; most: Value }, []>(
      `SELECT min(${time}) AS least, max(${time}) AS most ${from} ${kind}`,
    );
    const { least = null, most = null } = ends.get() ?? {};
    return [least, most].flatMap((end) => besideText(database, { time, from }, end));
  });
  const known = times.map(timeOf).filter((one) => one !== undefined);
  return { rows: rowsIn(database, ledger.table), ...endsOf(known) };
}

/** The first and the last text may be of other zones than the first and the last time: those are among the texts of the same days. */
function besideText(
  database: Database,
  { time, from }: { readonly time: string; readonly from: string },
  end: Value,
): Value[] {
  if (typeof end !== "string") return [end];
  const at = timeOf(end) ?? 0n;
  const sql = `SELECT DISTINCT ${time} ${from} ${within(time, { from: at, to: at })}`;
  return (database.query<unknown, []>(sql).values() as Value[][]).map(([value = null]) => value);
}

/** The first and the last of some times. */
export function endsOf(times: readonly bigint[]): Pick<LedgerSpan, "oldest" | "newest"> {
  const [first] = times;
  if (first === undefined) return {};
  return {
    oldest: times.reduce((least, time) => (time < least ? time : least), first),
    newest: times.reduce((most, time) => (time > most ? time : most), first),
  };
}

/** The names of rows whose `previous` is not the hash of the row before them. @param before what stands, or stood, before a row */
export function breaksIn(
  rows: readonly LedgerRow[],
  before: (row: LedgerRow) => LedgerRow["row"] | undefined,
  ledger: Ledger,
): string[] {
  const { hash, previous, id } = ledger;
  if (hash === undefined || previous === undefined) return [];
  return rows.flatMap((row, n) => {
    const above = rows[n - 1];
    // Rows between the two may have another time.
    const last = above !== undefined && above.rowid + 1n === row.rowid ? above.row : before(row);
    // What the first row of all refers to is the ledger's own business.
    if (last === undefined || same(row.row[previous] ?? null, last[hash] ?? null)) return [];
    return [id === undefined ? `row ${row.rowid}` : String(row.row[id])];
  });
}

const same = (one: Value, other: Value): boolean =>
  one instanceof Uint8Array && other instanceof Uint8Array ? Buffer.compare(one, other) === 0 : one === other;
