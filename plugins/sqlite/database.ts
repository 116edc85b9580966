/** How a database is opened, and what SQLite's errors mean to the engine. https://www.sqlite.org/rescode.html */
import { Database, SQLiteError } from "bun:sqlite";
import { existsSync } from "node:fs";
import { type ErrorKind, PluginError } from "contextcore";

/** By the first part of SQLite's result code. */
const KINDS: Readonly<Record<string, ErrorKind>> = {
  SQLITE_BUSY: "temporary",
  SQLITE_LOCKED: "temporary",
  SQLITE_IOERR: "temporary",
  SQLITE_FULL: "refused",
  SQLITE_CANTOPEN: "not-found",
  SQLITE_PERM: "refused",
  SQLITE_AUTH: "refused",
  SQLITE_READONLY: "refused",
};

/** What is wrong with the file, where SQLite's own words help nobody. */
const WORDS: Readonly<Record<string, string>> = {
  SQLITE_NOTADB: "is not a SQLite database, or it is encrypted",
  SQLITE_CORRUPT: "is damaged",
  SQLITE_BUSY: "is locked by another program",
  SQLITE_CANTOPEN: "cannot be opened",
};

const HINTS: Readonly<Record<string, string>> = {
  SQLITE_NOTADB: "Only a program that has its key can save an encrypted database.",
  SQLITE_CORRUPT: "`sqlite3 FILE .recover` may save what is left of it.",
  SQLITE_CANTOPEN:
    "SQLite creates files beside a database that is in WAL mode: this user needs the right to do so.",
  SQLITE_FULL: "Free some space.",
};

/** How long to wait for another program's write to end. ms */
const BUSY_MS = 2_000;

/** Runs the work on the open database. Integers come as bigint, because SQLite's have 64 bits. @throws PluginError */
export function withDatabase<Result>(
  path: string,
  mode: "read" | "write",
  work: (database: Database) => Result,
): Result {
  let database: Database | undefined;
  try {
    const options = mode === "read" ? { readonly: true } : { readwrite: true, create: false };
    database = new Database(path, { ...options, safeIntegers: true, strict: true });
    database.run(`PRAGMA busy_timeout = ${BUSY_MS}`);
    return work(database);
  } catch (error) {
    throw classified(error, path);
  } finally {
    // Statements that still live would keep the files of a write-ahead log open.
    database?.close();
  }
}

/** What an error of SQLite means. Other errors stay as they are. */
export function classified(error: unknown, path: string): unknown {
  const code = codeOf(error);
  if (code === undefined || !(error instanceof Error)) return error;
  const family = code.split("_").slice(0, 2).join("_");
  // A database with a write-ahead log is opened only where files may be created beside it.
  const isThere = family === "SQLITE_CANTOPEN" && existsSync(path);
  const kind = isThere ? "refused" : (KINDS[family] ?? "invalid");
  const words = WORDS[family] ?? "cannot be used";
  return new PluginError(kind, `the database ${path} ${words}: ${error.message} (${code})`, {
    hint: HINTS[family],
    cause: error,
  });
}

/** `bun:sqlite` names the code; `node:sqlite` numbers it. */
function codeOf(error: unknown): string | undefined {
  if (error instanceof SQLiteError) return error.code ?? "SQLITE_ERROR";
  if (!(error instanceof Error) || !("errcode" in error) || typeof error.errcode !== "number")
    return undefined;
  return NUMBERS[error.errcode & 0xff] ?? "SQLITE_ERROR";
}

const NUMBERS: Readonly<Record<number, string>> = {
  3: "SQLITE_PERM",
  5: "SQLITE_BUSY",
  6: "SQLITE_LOCKED",
  8: "SQLITE_READONLY",
  10: "SQLITE_IOERR",
  11: "SQLITE_CORRUPT",
  13: "SQLITE_FULL",
  14: "SQLITE_CANTOPEN",
  23: "SQLITE_AUTH",
  26: "SQLITE_NOTADB",
};

/** An identifier as SQL writes it. */
export const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`;

/** A table that people made, and the columns that hold values of their own: not the generated ones. */
export interface Table {
  readonly name: string;
  readonly columns: readonly string[];
  /** False for a table WITHOUT ROWID, which has a primary key instead. */
  readonly hasRowid: boolean;
}

/** Every table, by name. Virtual tables have no rows of their own. */
export function tablesIn(database: Database): Table[] {
  const columns = database.query<{ name: string }, [string]>(
    "SELECT name FROM pragma_table_xinfo(?) WHERE hidden = 0 ORDER BY cid",
  );
  const tables = database.query<{ name: string; wr: bigint }, []>(
    "SELECT name, wr FROM pragma_table_list WHERE schema = 'main' AND type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY name",
  );
  return tables.all().map(({ name, wr }) => ({
    name,
    columns: columns.all(name).map((column) => column.name),
    hasRowid: wr === 0n,
  }));
}

/** How many rows a table has. */
export const rowsIn = (database: Database, table: string): number =>
  Number(database.query<{ n: bigint }, []>(`SELECT count(*) AS n FROM ${quoted(table)}`).get()?.n ?? 0n);
