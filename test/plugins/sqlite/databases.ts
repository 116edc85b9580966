/** Databases for tests. */
import { Database } from "bun:sqlite";

/** Everything that SQLite can hold and a careless copy loses. */
export function makeDatabase(path: string): Database {
  const database = new Database(path, { create: true, safeIntegers: true });
  database.run(`
    PRAGMA synchronous = OFF;
    BEGIN;
    CREATE TABLE tasks (id INTEGER PRIMARY KEY, title TEXT, "weird ""name""" TEXT, half INTEGER AS (id / 2));
    CREATE TABLE settings (name TEXT PRIMARY KEY, value) WITHOUT ROWID;
    CREATE INDEX by_title ON tasks (title);
    CREATE VIEW titles AS SELECT title FROM tasks;
    INSERT INTO settings VALUES ('a', 1), ('b', x'00'), ('c', 9e999);
  `);
  const task = database.query('INSERT INTO tasks (id, title, "weird ""name""") VALUES (?, ?, ?)');
  for (let id = 1n; id <= 1_200n; id += 1n) task.run(id, `Task ${id} é 🧨 \u0000`, null);
  task.run(9_007_199_254_740_993n, "beyond 2^53", "");
  database.run("COMMIT");
  return database;
}

/** The option `ledger` of {@link makeLedger}'s table. */
export const LEDGER = { table: "entries", time: "at", id: "id", hash: "hash", previous: "previous" };

/** When the first row of a ledger is appended, ms. */
export const BEGIN_MS = Date.UTC(2026, 0, 7);
const HOUR_MS = 3_600_000;

/** A ledger of so many rows, one an hour, each naming the hash of the row before it. @param time how a time is written */
export function makeLedger(
  path: string,
  rows: number,
  time: (ms: number) => string | bigint | number = (ms) => BigInt(ms),
): Database {
  const database = new Database(path, { create: true, safeIntegers: true });
  database.run("PRAGMA journal_mode = WAL");
  database.run("CREATE TABLE IF NOT EXISTS entries (id TEXT, at, body TEXT, previous TEXT, hash TEXT)");
  append(database, rows, time);
  return database;
}

/** Appends rows to a ledger. */
export function append(
  database: Database,
  rows: number,
  time: (ms: number) => string | bigint | number = (ms) => BigInt(ms),
): void {
  const last = database.query<{ n: bigint; hash: string | null }, []>(
    "SELECT count(*) AS n, (SELECT hash FROM entries ORDER BY rowid DESC LIMIT 1) AS hash FROM entries",
  );
  const insert = database.query("INSERT INTO entries VALUES (?, ?, ?, ?, ?)");
  const { n: held = 0n, hash } = last.get() ?? {};
  let previous = hash ?? "";
  database.transaction(() => {
    for (let n = Number(held); n < Number(held) + rows; n += 1) {
      const next = new Bun.CryptoHasher("sha256").update(`${previous} ${n}`).digest("hex");
      insert.run(`e-${n}`, time(BEGIN_MS + n * HOUR_MS), `entry ${n} é`, previous, next);
      previous = next;
    }
  })();
}
