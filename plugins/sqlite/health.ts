/** What SQLite itself finds in a database. It takes as long as reading all of it, and nothing else runs on its thread meanwhile. */
import { SQLiteError } from "bun:sqlite";
import { isKind } from "contextcore";
import { rowsIn, tablesIn, withDatabase } from "./database.ts";

/** What SQLite itself says of a copy. */
export interface Health {
  /** What is wrong with its pages and indexes, in SQLite's words; empty when it is sound. */
  readonly flaws: readonly string[];
  /** The tables with rows whose foreign keys refer to none. SQLite accepts such rows unless a program asks it not to. */
  readonly dangling: readonly string[];
  /** Why some of that could not be checked: the database needs a collation or a function that only its own program has. */
  readonly unchecked: readonly string[];
  readonly tables: number;
  readonly rows: number;
}

const FLAWS_MAX = 5;

/** Checks pages, indexes and foreign keys, and counts all rows. @throws PluginError when it cannot be opened */
export function healthOf(path: string): Health {
  try {
    return checked(path);
  } catch (error) {
    // Some damage keeps SQLite from reading the schema, and so from the check itself.
    const cause = isKind(error, "invalid") ? error.cause : undefined;
    if (!(cause instanceof Error)) throw error;
    return { flaws: [cause.message], dangling: [], unchecked: [], tables: 0, rows: 0 };
  }
}

const checked = (path: string): Health =>
  withDatabase(path, "read", (database) => {
    const unchecked = new Set<string>();
    const all = (sql: string): string[] | undefined =>
      unlessUnknown(unchecked, () =>
        (database.query(sql).values() as string[][]).map(([text = ""]) => text.trim()),
      );
    const said = all(`PRAGMA integrity_check(${FLAWS_MAX})`) ?? all(`PRAGMA quick_check(${FLAWS_MAX})`) ?? [];
    const flaws = said.filter((text) => text !== "ok");
    const tables = tablesIn(database);
    if (flaws.length > 0)
      return { flaws, dangling: [], unchecked: [...unchecked], tables: tables.length, rows: 0 };
    const dangling = all("PRAGMA foreign_key_check") ?? [];
    const rows = tables.map(({ name }) => rowsIn(database, name));
    return {
      flaws,
      dangling: [...new Set(dangling)],
      unchecked: [...unchecked],
      tables: tables.length,
      rows: rows.reduce((sum, count) => sum + count, 0),
    };
  });

/** A check that needs what only the database's own program has is no flaw: it cannot be made here. */
function unlessUnknown<Result>(unchecked: Set<string>, check: () => Result): Result | undefined {
  try {
    return check();
  } catch (error) {
    if (!(error instanceof SQLiteError) || !/^SQLITE_ERROR/.test(error.code ?? "SQLITE_ERROR")) throw error;
    unchecked.add(error.message);
    return undefined;
  }
}
