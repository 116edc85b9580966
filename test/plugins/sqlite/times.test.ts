/** Ledgers whose times are of several kinds, or none: no row is in no range, and none in two. */
import { Database } from "bun:sqlite";
import { expect, setDefaultTimeout, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { exported, project, restore } from "./project.ts";

setDefaultTimeout(60_000); // two cores are shared with other test files

const DAY_MS = 86_400_000;
const at = (day: string): number => Date.parse(`${day}T12:00:00Z`);

/** In the order in which they are appended: when, and how that is written. */
const ROWS = [
  ["2019-03-01", ""],
  ["2019-03-01", "2019-03-01 12:00:00"],
  ["2021-05-05", at("2021-05-05") / 1000],
  ["2022-06-06", BigInt(at("2022-06-06"))],
  ["2022-06-07", BigInt(at("2022-06-07")) * 1_000n],
  ["2022-06-08", BigInt(at("2022-06-08")) * 1_000_000n],
  ["2023-07-07", at("2023-07-07") + 0.5],
  ["2024-01-01", null],
  ["2024-01-01", "n/a"],
  ["2024-01-01", 0n],
  ["2024-01-01", new Uint8Array([1])],
  ["2024-01-01", "2024-01-01T17:30:00+0530"],
  ["2024-02-03", "2024-02-03 at noon"],
  ["2024-03-03", "2024-03-03"],
  ["2026-01-01", "2026-01-01T12:00:00.123456789123Z"],
  ["2026-01-01", "last"],
] as const;

function ledgerOf(rows: typeof ROWS | readonly (readonly [string, unknown])[], type = ""): string {
  const cwd = project("path: worm.db, save: rows, ledger: { table: entries, time: at, id: id }");
  using database = new Database(join(cwd, "worm.db"), { create: true, safeIntegers: true });
  database.run(`CREATE TABLE entries (id TEXT, at ${type}, day TEXT)`);
  const insert = database.query<unknown, [string, never, string]>("INSERT INTO entries VALUES (?, ?, ?)");
  for (const [n, [day, time]] of rows.entries()) insert.run(`e-${n}`, time as never, day);
  return cwd;
}

const idsIn = (path: string): string[] =>
  readFileSync(join(path, "sqlite/~rows/worm.db/entries.jsonl"), "utf8")
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line).row.id);

const ids = ROWS.map((_, n) => `e-${n}`);

test.each(["", "DATETIME", "BLOB"])("all of them are saved and counted, in a column %s", async (type) => {
  const cwd = ledgerOf(ROWS, type);
  const { exitCode, path } = await exported(cwd, "--all");
  expect([exitCode, idsIn(path)]).toEqual([0, ids]);
});

test("each day has its own rows, and together they have all", async () => {
  const cwd = ledgerOf(ROWS);
  const found: string[] = [];
  for (const day of new Set(ROWS.map(([one]) => one))) {
    const to = new Date(at(day) + DAY_MS).toISOString().slice(0, 10);
    const { exitCode, path } = await exported(cwd, "--from", day, "--to", to);
    const own = ids.filter((_, n) => ROWS[n]?.[0] === day);
    expect([day, exitCode, idsIn(path)]).toEqual([day, 0, own]);
    found.push(...own);
  }
  expect(found).toEqual(ids);
});

test("a first text that is none hides no row of years ago, nor does one of another zone", async () => {
  const cwd = ledgerOf([
    ["2020-01-01", "2020-01-01T00:10:00Z"],
    ["2019-12-31", "2020-01-01T02:00:00+05:30"],
    ["", ""],
    ["2026-01-01", "2026-01-01T00:00:00Z"],
  ]);
  const { exitCode, worm } = await exported(cwd, "--all");
  expect([exitCode, worm.counts]).toEqual([0, { rows: 4 }]);
});

test("what is restored is what was there; a row that the table refuses is named with its reason", async () => {
  const cwd = ledgerOf(ROWS);
  expect((await exported(cwd, "--all")).exitCode).toBe(0);
  using database = new Database(join(cwd, "worm.db"), { safeIntegers: true });
  const before = database.query("SELECT rowid, * FROM entries").values();
  database.run("DELETE FROM entries");
  expect((await restore(cwd)).exitCode).toBe(0);
  expect(database.query("SELECT rowid, * FROM entries").values()).toEqual(before);
  database.run("DROP TABLE entries");
  database.run("CREATE TABLE entries (id TEXT, at NOT NULL, day TEXT CHECK (day <> '2019-03-01'))");
  const { exitCode, stdout } = await restore(cwd, "--json");
  const { directory, backends } = JSON.parse(stdout);
  expect([exitCode, backends[0].written, backends[0].rejected]).toEqual([3, { rows: 13 }, 3]);
  const rejected = readFileSync(join(directory, "rejected.json"), "utf8");
  for (const reason of ["NOT NULL constraint failed", "CHECK constraint failed"])
    expect(rejected).toContain(reason);
});
