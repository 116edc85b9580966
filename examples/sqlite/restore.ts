import type { Database } from "bun:sqlite";
import type { RestoreAnswer, RestoreBatch, RestoreDiagnostic, Restorer } from "contextcore";
import { quoted, tablesIn, withDatabase } from "./database.ts";
import { fromLine, type Line } from "./row.ts";

/** Tables and indexes, then their rows, then views and triggers, which are not to fire on what is put back. */
const RANKS: Readonly<Record<string, number>> = {
  "example/sqlite/schema.sql": 0,
  "example/sqlite/after.sql": 2,
};

export const createRestorer = (file: string): Restorer => ({
  rank: (path) => RANKS[path] ?? 1,

  async preflight(): Promise<readonly RestoreDiagnostic[]> {
    const tables = withDatabase(file, "write", tablesIn);
    if (tables.length === 0) return [];
    return [
      {
        severity: "note",
        message: `The database already has tables: ${tables.map(({ name }) => name).join(", ")}.`,
      },
    ];
  },

  async apply(batch, signal): Promise<RestoreAnswer> {
    signal.throwIfAborted();
    return batch.file in RANKS ? applySchema(file, batch) : applyRows(file, batch);
  },
});

/** What is there already is left as it is. */
function applySchema(file: string, { lines }: RestoreBatch): RestoreAnswer {
  const made = /^CREATE (TABLE|UNIQUE INDEX|INDEX|VIEW|TRIGGER) (?!IF NOT EXISTS)/gim;
  const text = lines.join("\n").replace(made, "CREATE $1 IF NOT EXISTS ");
  withDatabase(file, "write", (database) => database.run(text));
  return { written: { schemas: 1 } };
}

/** All in one transaction. A row that is there already is left: a batch may be applied again after a crash. */
function applyRows(file: string, { lines }: RestoreBatch): RestoreAnswer {
  return withDatabase(file, "write", (database) => {
    const outcomes = database
      .transaction(() => lines.map((line) => insert(database, fromLine(line))))
      .immediate();
    const count = (outcome: Outcome): number => outcomes.filter((one) => one === outcome).length;
    const reason = "Another row has its key.";
    return {
      written: { rows: count("written") },
      existing: { rows: count("existing") },
      rejected: lines.filter((_, index) => outcomes[index] === "refused").map((line) => ({ line, reason })),
    };
  });
}

type Outcome = "written" | "existing" | "refused";

function insert(database: Database, { table, rowid, row }: Line): Outcome {
  const columns = { ...(rowid === undefined ? {} : { rowid }), ...row };
  const names = Object.keys(columns).map((name) => (name === "rowid" ? name : quoted(name)));
  const values = Object.values(columns);
  const marks = names.map(() => "?").join(", ");
  const sql = `INSERT OR IGNORE INTO ${quoted(table)} (${names.join(", ")}) VALUES (${marks})`;
  if (database.query(sql).run(...values).changes > 0) return "written";
  const same = names.map((name) => `${name} IS ?`).join(" AND ");
  const found = database.query(`SELECT 1 FROM ${quoted(table)} WHERE ${same}`).get(...values);
  return found === null ? "refused" : "existing";
}
