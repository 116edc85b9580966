/** What of a database stands against letting go of a ledger's oldest rows. */
import type { Database } from "bun:sqlite";
import { quoted } from "../database.ts";
import type { Ledger } from "../ledger.ts";
import { keyedTables } from "../subject/keys.ts";
import { relationsIn } from "../subject/relations.ts";
import { triggersOn } from "../subject/remove.ts";

/** A rule that stands against it, in one sentence. @param last the last of them, by its rowid */
export const forbiddenBy = (database: Database, ledger: Ledger, last: bigint): string | undefined =>
  triggerAgainst(database, ledger) ?? referencesTo(database, ledger, last);

/** A trigger that lets no row go, as far as its text tells: one with a condition is heard when it comes to that. */
function triggerAgainst(database: Database, { table }: Ledger): string | undefined {
  const sql = database.query<{ sql: string }, [string]>(
    "SELECT sql FROM sqlite_schema WHERE type = 'trigger' AND name = ?",
  );
  const name = triggersOn(database, table).find((one) => {
    const text = sql.get(one)?.sql ?? "";
    const isAgainst =
      /\bDELETE\s+ON\b/i.test(text) && /\bRAISE\s*\(\s*(?:ABORT|FAIL|ROLLBACK|IGNORE)/i.test(text);
    return isAgainst && !/\b(?:WHEN|WHERE|CASE)\b/i.test(text);
  });
  return name === undefined ? undefined : `The table ${table} does not let rows go (by its trigger ${name}).`;
}

/** Rows that stay and refer to some that would go, whatever becomes of such rows by their foreign key: it is in no archive. */
export function referencesTo(database: Database, { table }: Ledger, last: bigint): string | undefined {
  const referring = relationsIn(database, keyedTables(database)).filter(
    ({ child, parent, from, to }) =>
      parent === table &&
      database
        .query<unknown, [bigint]>(
          `SELECT 1 FROM ${quoted(child.name)} WHERE (${from.map(quoted).join(", ")}) IN (SELECT ${to.map(quoted).join(", ")} FROM ${quoted(table)} WHERE rowid <= ?1)${child.name === table ? " AND rowid > ?1" : ""} LIMIT 1`,
        )
        .get(last) !== null,
  );
  if (referring.length === 0) return undefined;
  const names = [...new Set(referring.map(({ child }) => child.name))].join(", ");
  return `Rows of ${names} that stay refer to them by a foreign key.`;
}
