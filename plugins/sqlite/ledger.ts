/** A ledger: a table to which rows are only ever appended, each with a time, and perhaps with the hash of the row before it. */
import type { Database } from "bun:sqlite";
import { PluginError, type Range, v } from "contextcore";
import { quoted, type Table, tablesIn } from "./database.ts";
import type { Value } from "./row.ts";
import { type Clock, clockOf } from "./times.ts";

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
  /** ns since the epoch; `undefined` when its time cannot be read. */
  readonly time: bigint | undefined;
}

/** An opened ledger. */
interface OpenLedger {
  readonly table: Table;
  readonly clock: Clock;
  /** Rows behind this place that may be within the range, in order; a few beside it are among them. */
  rows(after: bigint, range: Range, limit: number): LedgerRow[];
  /** The last row before this place. */
  before(rowid: bigint): LedgerRow | undefined;
}

/** Opens it. @throws PluginError `invalid` when the table or one of the columns is not there */
export function openLedger(database: Database, ledger: Ledger): OpenLedger {
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
  const clock = clockOf(database, ledger);
  const columns = ["rowid", ...table.columns.map(quoted)].join(", ");
  const from = `SELECT ${columns} FROM ${quoted(table.name)} WHERE rowid`;
  const time = quoted(ledger.time);
  const later = database.query<unknown, [bigint, Value, Value, number]>(
    `${from} > ? AND ${time} >= ? AND ${time} < ? ORDER BY rowid LIMIT ?`,
  );
  const earlier = database.query<unknown, [bigint]>(`${from} < ? ORDER BY rowid DESC LIMIT 1`);
  const toRow = (values: readonly Value[]): LedgerRow => {
    const [rowid, ...cells] = values;
    const row = Object.fromEntries(table.columns.map((column, n) => [column, cells[n] ?? null]));
    return { rowid: typeof rowid === "bigint" ? rowid : 0n, row, time: clock.read(row[ledger.time] ?? null) };
  };
  return {
    table,
    clock,
    rows(after, range, limit) {
      const [least, most] = clock.bounds(range);
      return later.values(after, least, most, limit).map((values) => toRow(values as Value[]));
    },
    before(rowid) {
      const [values] = earlier.values(rowid);
      return values === undefined ? undefined : toRow(values as Value[]);
    },
  };
}

const HINT = {
  hint: "The option `ledger` names the table and its columns: `ledger: { table: entries, time: created_at }`.",
};

/** How many rows are within the range. */
export function countLedger(database: Database, ledger: Ledger, { from, to }: Range): number {
  const { clock } = openLedger(database, ledger);
  const [least, most] = clock.bounds({ from, to });
  const time = quoted(ledger.time);
  const where = `FROM ${quoted(ledger.table)} WHERE ${time} >= ? AND ${time} < ?`;
  if (clock.isExact) {
    const counted = database
      .query<{ n: bigint }, [Value, Value]>(`SELECT count(*) AS n ${where}`)
      .get(least, most);
    return Number(counted?.n ?? 0n);
  }
  let count = 0;
  for (const [value] of database
    .query<unknown, [Value, Value]>(`SELECT ${time} ${where}`)
    .values(least, most) as Value[][]) {
    const at = clock.read(value ?? null);
    if (at !== undefined && at >= from && at < to) count += 1;
  }
  return count;
}

/** What a ledger holds. */
export interface LedgerSpan {
  readonly rows: number;
  /** ns. Absent when it has no rows. */
  readonly oldest?: bigint | undefined;
  readonly newest?: bigint | undefined;
}

/** Counts a ledger's rows, and finds its ends. Rows whose time cannot be read are counted, too. */
export function spanOf(database: Database, ledger: Ledger): LedgerSpan {
  const { clock } = openLedger(database, ledger);
  const time = quoted(ledger.time);
  const found = database
    .query<{ n: bigint; least: Value; most: Value }, []>(
      `SELECT count(*) AS n, min(${time}) AS least, max(${time}) AS most FROM ${quoted(ledger.table)}`,
    )
    .get();
  return {
    rows: Number(found?.n ?? 0n),
    oldest: clock.read(found?.least ?? null),
    newest: clock.read(found?.most ?? null),
  };
}

/** The names of rows whose `previous` is not the hash of the row before them. @param before the row before that place */
export function breaksIn(rows: readonly LedgerRow[], before: OpenLedger["before"], ledger: Ledger): string[] {
  const { hash, previous, id } = ledger;
  if (hash === undefined || previous === undefined) return [];
  return rows.flatMap((row, n) => {
    const above = rows[n - 1];
    // Rows between the two may have another time.
    const last = above !== undefined && above.rowid + 1n === row.rowid ? above : before(row.rowid);
    // What the first row of all refers to is the ledger's own business.
    if (last === undefined || same(row.row[previous] ?? null, last.row[hash] ?? null)) return [];
    return [id === undefined ? `row ${row.rowid}` : String(row.row[id])];
  });
}

const same = (one: Value, other: Value): boolean =>
  one instanceof Uint8Array && other instanceof Uint8Array ? Buffer.compare(one, other) === 0 : one === other;
