import type { Inventory } from "contextcore";
import { countRows, tablesIn, withDatabase } from "./database.ts";

/** What the database holds, and whether SQLite itself finds it sound. */
export function look(file: string, signal: AbortSignal): Inventory {
  const { rows = 0 } = countRows(file, signal);
  return withDatabase(file, "read", (database) => {
    const verdict = database.query<{ quick_check: string }, []>("PRAGMA quick_check(1)").get()?.quick_check;
    const version = database
      .query<{ version: string }, []>("SELECT sqlite_version() AS version")
      .get()?.version;
    return {
      signals: ["logs"],
      retention: "unlimited",
      ...(version === undefined ? {} : { serverVersion: `SQLite ${version}` }),
      counts: { tables: tablesIn(database).length, rows },
      ...(verdict === "ok" ? {} : { warnings: [`The database is damaged: ${verdict}.`] }),
    };
  });
}
