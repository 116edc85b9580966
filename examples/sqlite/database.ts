/** How a database is opened, and what SQLite's errors mean to the engine. */
import { Database, SQLiteError } from "bun:sqlite";
import { type Counts, type ErrorKind, PluginError } from "contextcore";

/** By the first part of SQLite's result code. */
const KINDS: Readonly<Record<string, ErrorKind>> = {
  SQLITE_BUSY: "temporary",
  SQLITE_LOCKED: "temporary",
  SQLITE_IOERR: "temporary",
  SQLITE_FULL: "temporary",
  SQLITE_CANTOPEN: "not-found",
  SQLITE_PERM: "refused",
  SQLITE_AUTH: "refused",
  SQLITE_READONLY: "refused",
};

/** Runs the work on the open database. Integers come as bigint: SQLite's have 64 bits. @throws PluginError */
export function withDatabase<Result>(
  file: string,
  mode: "read" | "write",
  work: (database: Database) => Result,
): Result {
  try {
    const options = mode === "read" ? { readonly: true } : { create: true, readwrite: true };
    using database = new Database(file, { ...options, safeIntegers: true, strict: true });
    database.run("PRAGMA busy_timeout = 2000");
    return work(database);
  } catch (error) {
    throw classified(error, file);
  }
}

function classified(error: unknown, file: string): unknown {
  if (!(error instanceof SQLiteError)) return error;
  const code = error.code ?? "SQLITE_ERROR";
  const kind = KINDS[code.split("_").slice(0, 2).join("_")] ?? "invalid";
  const hint = kind === "not-found" ? "Set the option `file`." : undefined;
  return new PluginError(kind, `the database ${file}: ${error.message} (${code})`, { hint, cause: error });
}

export interface Table {
  readonly name: string;
  /** Columns that hold values of their own: not the generated ones. */
  readonly columns: readonly string[];
  /** False for a table WITHOUT ROWID, which has a primary key instead. */
  readonly hasRowid: boolean;
}

/** The tables that people made, by name. Virtual tables have no rows of their own. */
export function tablesIn(database: Database): Table[] {
  const columns = database.query<{ name: string }, [string]>(
    "SELECT name FROM pragma_table_xinfo(?) WHERE hidden = 0 ORDER BY cid",
  );
  return listed(database, "table").map(({ name, wr }) => ({
    name,
    columns: columns.all(name).map((column) => column.name),
    hasRowid: wr === 0n,
  }));
}

/** Full-text indexes and their kin. */
export const virtualTablesIn = (database: Database): string[] =>
  listed(database, "virtual").map(({ name }) => name);

function listed(database: Database, type: "table" | "virtual"): { name: string; wr: bigint }[] {
  return database
    .query<{ name: string; wr: bigint }, [string]>(
      "SELECT name, wr FROM pragma_table_list WHERE schema = 'main' AND type = ? AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY name",
    )
    .all(type);
}

/** The live database's own count, which the exported rows are compared with. */
export function countRows(file: string, signal: AbortSignal): Counts {
  signal.throwIfAborted();
  return withDatabase(file, "read", (database) => ({
    rows: tablesIn(database).reduce((sum, table) => sum + rowsIn(database, table.name), 0),
  }));
}

const rowsIn = (database: Database, table: string): number =>
  Number(database.query<{ n: bigint }, []>(`SELECT count(*) AS n FROM ${quoted(table)}`).get()?.n ?? 0n);

/** An identifier as SQL writes it. */
export const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`;
