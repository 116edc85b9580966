/** One transaction on a database that others use, after which nothing of what it removed is left in the log. */
import type { Database } from "bun:sqlite";

/** Has deleted bytes overwritten, and foreign keys heeded: both are settings of a connection, and off by default. */
export function heedRules(database: Database): void {
  database.run("PRAGMA secure_delete = ON");
  database.run("PRAGMA foreign_keys = ON");
}

/** Does all of the work, or nothing. */
export function inTransaction<Result>(database: Database, work: () => Result): Result {
  database.run("BEGIN IMMEDIATE");
  try {
    const result = work();
    database.run("COMMIT");
    return result;
  } catch (error) {
    if (database.inTransaction) database.run("ROLLBACK");
    throw error;
  }
}

/** Writes the log into the database and empties it. @returns false while somebody reads from it */
export function foldLog(database: Database): boolean {
  const [busy] = database.query("PRAGMA wal_checkpoint(TRUNCATE)").values()[0] ?? [];
  return Number(busy ?? 0) === 0;
}

/** Why it is owed while {@link foldLog} says no. */
export const STILL_READ =
  "They are removed, and another program is reading the database, so that its log (-wal) still holds them until that has ended.";

/** Why it is owed while another program writes. */
export const LOCKED = "Another program keeps the database locked: nothing was removed.";
