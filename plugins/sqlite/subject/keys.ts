/** What tells a row from every other of its table, and how rows are read with it. */
import type { Database } from "bun:sqlite";
import { PluginError } from "contextcore";
import { quoted, type Table, tablesIn } from "../database.ts";
import { type Cell, fromCell, type Row, toCell, type Value } from "../row.ts";

/** A table whose rows can be told apart. */
export interface KeyedTable extends Table {
  /** The columns of its key, as SQL writes them: its primary key if it is WITHOUT ROWID, otherwise its rowid. */
  readonly key: readonly string[];
}

/** A row that was found. */
export interface KeyedRow {
  readonly table: KeyedTable;
  readonly key: readonly Cell[];
  readonly row: Row;
}

/** Every table of the database, by name. */
export function keyedTables(database: Database): ReadonlyMap<string, KeyedTable> {
  const primary = database.query<{ name: string }, [string]>(
    "SELECT name FROM pragma_table_info(?) WHERE pk > 0 ORDER BY pk",
  );
  return new Map(
    tablesIn(database).map((table) => {
      const key = table.hasRowid ? [rowidOf(table)] : primary.all(table.name).map(({ name }) => quoted(name));
      return [table.name, { ...table, key }];
    }),
  );
}

const ROWIDS = ["rowid", "_rowid_", "oid"];

/** A column may have the name that the rowid goes by. */
function rowidOf({ name, columns }: Table): string {
  const taken = new Set(columns.map((column) => column.toLowerCase()));
  const free = ROWIDS.find((one) => !taken.has(one));
  if (free !== undefined) return free;
  throw new PluginError("invalid", `sqlite: the rows of the table ${name} cannot be told apart by a rowid`);
}

/** @throws PluginError `invalid` when there is no such table */
export function tableNamed(tables: ReadonlyMap<string, KeyedTable>, name: string): KeyedTable {
  const table = tables.get(name);
  if (table === undefined) throw new PluginError("invalid", `sqlite: the database has no table ${name}`);
  return table;
}

/** Reads rows, each with its key. @param rest SQL after the name of the table */
export function* keyedRows(
  database: Database,
  table: KeyedTable,
  { rest = "", bound = [] }: { readonly rest?: string; readonly bound?: readonly Value[] } = {},
): Generator<KeyedRow> {
  const names = [...table.key, ...table.columns.map(quoted)];
  const columns = names.map((name, n) => `${name} AS c${n}`).join(", ");
  const statement = database.prepare<Record<string, Value>, Value[]>(
    `SELECT ${columns} FROM ${quoted(table.name)} ${rest}`,
  );
  try {
    for (const found of statement.iterate(...bound)) {
      const cells = names.map((_, n) => found[`c${n}`] ?? null);
      const own = cells.slice(table.key.length);
      yield {
        table,
        key: cells.slice(0, table.key.length).map(toCell),
        row: Object.fromEntries(table.columns.map((name, n) => [name, own[n] ?? null])),
      };
    }
  } finally {
    statement.finalize();
  }
}

/** The row of a key, if it is there. */
export function rowOf(database: Database, table: KeyedTable, key: readonly Cell[]): KeyedRow | undefined {
  const [row] = keyedRows(database, table, { rest: `WHERE ${isKey(table)}`, bound: key.map(fromCell) });
  return row;
}

/** SQL: the row of a key. */
export const isKey = ({ key }: KeyedTable): string =>
  key.map((name, n) => `${name} IS ?${n + 1}`).join(" AND ");

/** One text for each row of a database. */
export const nameOfRow = ({ table, key }: Pick<KeyedRow, "table" | "key">): string =>
  JSON.stringify([table.name, key]);
