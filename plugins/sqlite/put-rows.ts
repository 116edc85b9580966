/** Puts a ledger's rows back into a database that has the table. */
import { type Database, SQLiteError } from "bun:sqlite";
import { existsSync } from "node:fs";
import { PluginError, type Range, type RestoreAnswer } from "contextcore";
import { quoted, tablesIn, withDatabase } from "./database.ts";
import { fromLine, type Line } from "./row.ts";
import { timeOf } from "./times.ts";

/** Which rows of a batch to put back. */
interface Wanted {
  readonly range: Range;
  /** The column of their times; absent: all rows are wanted. */
  readonly time: string | undefined;
}

/** Inserts what is not there, all in one transaction: a batch may be applied again after a crash. @throws PluginError */
export function putRows(path: string, lines: readonly string[], wanted: Wanted): RestoreAnswer {
  if (!existsSync(path))
    throw new PluginError("not-found", `${path} is not there, so no rows can be put into it`);
  return withDatabase(path, "write", (database) => {
    const tables = new Set(tablesIn(database).map(({ name }) => name));
    const put = (text: string): Outcome => {
      const line = fromLine(text);
      return isWanted(line, wanted) ? insert(database, tables, line) : "beside";
    };
    const outcomes = database.transaction(() => lines.map(put)).immediate();
    const count = (outcome: Outcome): number => outcomes.filter((one) => one === outcome).length;
    return {
      written: { rows: count("written") },
      existing: { rows: count("existing") },
      rejected: lines.flatMap((line, n) => {
        const outcome = outcomes[n];
        return typeof outcome === "object" ? [{ line, reason: outcome.reason }] : [];
      }),
    };
  });
}

type Outcome = "written" | "existing" | "beside" | { readonly reason: string };

const TAKEN = { reason: "Another row has its key. A ledger's rows are not overwritten." };
const NO_TABLE = { reason: "The database has no such table: restore the file first." };

/** A row whose time cannot be read belongs to no range; it is restored with any. */
function isWanted({ row }: Line, { range, time }: Wanted): boolean {
  const at = time === undefined ? undefined : timeOf(row[time] ?? null);
  return at === undefined || (at >= range.from && at < range.to);
}

function insert(database: Database, tables: ReadonlySet<string>, { table, rowid, row }: Line): Outcome {
  if (!tables.has(table)) return NO_TABLE;
  const columns = Object.entries({ ...(rowid !== undefined && { rowid }), ...row });
  const names = columns.map(([name]) => (name === "rowid" ? name : quoted(name)));
  const values = columns.map(([, value]) => value);
  const marks = names.map(() => "?").join(", ");
  const sql = `INSERT INTO ${quoted(table)} (${names.join(", ")}) VALUES (${marks}) ON CONFLICT DO NOTHING`;
  try {
    if (database.query(sql).run(...values).changes > 0) return "written";
  } catch (error) {
    // What the table requires, or a trigger of its own, refuses this row and no other.
    if (!(error instanceof SQLiteError) || !/^SQLITE_CONSTRAINT/.test(error.code ?? "")) throw error;
    return { reason: `The database refuses it: ${error.message}.` };
  }
  const same = names.map((name) => `${name} IS ?`).join(" AND ");
  const found = database.query(`SELECT 1 FROM ${quoted(table)} WHERE ${same}`).get(...values);
  return found === null ? TAKEN : "existing";
}
