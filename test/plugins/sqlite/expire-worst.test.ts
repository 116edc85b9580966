/** Databases whose own rules stand against letting go of old rows: all of them go as they were saved, or none. */
import { Database } from "bun:sqlite";
import { expect, setDefaultTimeout, test } from "bun:test";
import { appendFileSync, existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { linesNow } from "../../../plugins/sqlite/archive/same.ts";
import { withDatabase } from "../../../plugins/sqlite/database.ts";
import { NEVER } from "../../../src/units/time-limit.ts";
import { temporaryDirectory } from "../../support/directory.ts";
import { BEGIN_MS, LEDGER, makeLedger } from "./databases.ts";
import { backendFor, isInFiles } from "./people.ts";

setDefaultTimeout(60_000); // two cores are shared with other test files

const HOUR = 3_600_000;
const after = (rows: number): bigint => BigInt(BEGIN_MS + rows * HOUR) * 1_000_000n;
const FILE = "sqlite/~rows/worm.db/entries.jsonl";

function ledgerOf(rows: number, sql = ""): string {
  const path = join(temporaryDirectory(), "worm.db");
  using database = makeLedger(path, rows);
  if (sql !== "") database.run(sql);
  return path;
}

const change = (path: string, sql: string): void => {
  using database = new Database(path);
  database.run(sql);
};

const idsIn = (path: string): string[] => {
  using database = new Database(path);
  return database.query("SELECT id FROM entries ORDER BY rowid").values().flat().map(String);
};

/** What a snapshot of it as it is now holds. */
function savedNow(path: string, before: bigint) {
  const { rows, sha256 } = withDatabase(path, "read", (one) =>
    linesNow(one, LEDGER, { from: 0n, to: before }),
  );
  return {
    counts: { rows },
    lines: new Map([[FILE, sha256]]),
    snapshot: { name: "20260124-143000", sha256: "5f".repeat(32), place: "offsite" },
  };
}

const open = (path: string) => backendFor(path, { save: "rows", ledger: LEDGER });
const expire = (path: string, before: bigint, saved = savedNow(path, before)) =>
  open(path).expire?.({ before, saved, moves: true }, NEVER);

test.each([
  ["changed", "UPDATE entries SET body = 'x' WHERE id = 'e-7'"],
  ["removed, and another one appended with its time", "UPDATE entries SET id = 'e-70' WHERE id = 'e-7'"],
  ["appended with an older time", `INSERT INTO entries VALUES ('late', ${BEGIN_MS}, 'x', '', '')`],
  ["given another time", `UPDATE entries SET at = at + 1 WHERE id = 'e-7'`],
])("a row that was %s since it was saved: nothing goes", async (_, sql) => {
  const path = ledgerOf(50);
  const saved = savedNow(path, after(20));
  change(path, sql);
  const before = idsIn(path);
  const answer = await expire(path, after(20), saved);
  expect([answer?.state, answer?.isOutdated]).toEqual(["owed", true]);
  expect(idsIn(path)).toEqual(before);
  expect(await expire(path, after(20))).toEqual({ state: "expired", counts: { rows: 20 } });
});

test.each(["CASCADE", "SET NULL", "RESTRICT"])(
  "rows of another table refer to them (%s): nothing goes",
  async (action) => {
    const path = ledgerOf(
      50,
      `CREATE UNIQUE INDEX ids ON entries (id);
     CREATE TABLE proofs (entry TEXT REFERENCES entries (id) ON DELETE ${action}, text);
     INSERT INTO proofs VALUES ('e-3', 'mine'), ('e-40', 'theirs');`,
    );
    const found = await open(path).findExpired?.({ before: after(20) }, NEVER);
    expect(found?.impossible).toBe("Rows of proofs that stay refer to them by a foreign key.");
    expect((await expire(path, after(20)))?.state).toBe("impossible");
    using database = new Database(path);
    expect(database.query("SELECT * FROM proofs").values()).toEqual([
      ["e-3", "mine"],
      ["e-40", "theirs"],
    ]);
    expect(idsIn(path)).toHaveLength(50);
    // What refers to rows that stay is in nobody's way.
    change(path, "DELETE FROM proofs WHERE entry = 'e-3'");
    expect((await expire(path, after(20)))?.state).toBe("expired");
  },
);

test.each([
  ["leaves some of them in", "WHEN OLD.id = 'e-3' BEGIN SELECT RAISE(IGNORE); END", "leaves rows in it"],
  ["refuses one of them", "WHEN OLD.id = 'e-3' BEGIN SELECT RAISE(ABORT, 'mine'); END", "mine"],
  ["removes another one with them", "BEGIN DELETE FROM entries WHERE id = 'e-40'; END", "other rows"],
])("a trigger that %s: nothing goes", async (_, trigger, reason) => {
  const path = ledgerOf(50, `CREATE TRIGGER own BEFORE DELETE ON entries ${trigger}`);
  const answer = await expire(path, after(20));
  expect([answer?.state, answer?.reason]).toEqual(["impossible", expect.stringContaining(reason)]);
  expect(idsIn(path)).toHaveLength(50);
});

test.each([
  ["neither a key nor an index", ""],
  ["an index", "CREATE INDEX by_hash ON entries (hash)"],
])("no byte of any row that went is in the files, and all others keep their places: %s", async (_, sql) => {
  const path = ledgerOf(
    1_000,
    `${sql}; CREATE TABLE gaps (x); INSERT INTO gaps VALUES (1), (2), (3); DELETE FROM gaps WHERE x = 2`,
  );
  expect((await expire(path, after(270)))?.state).toBe("expired");
  const files = ["", "-wal", "-shm", "-journal"].filter((ending) => existsSync(path + ending));
  const left = files.flatMap((ending) => {
    const bytes = readFileSync(path + ending);
    return Array.from({ length: 270 }, (_, n) => `entry ${n} `).filter((text) => bytes.includes(text));
  });
  expect(left).toEqual([]);
  using database = new Database(path);
  expect(database.query("SELECT min(rowid), max(rowid), count(*) FROM entries").values()).toEqual([
    [271, 1_000, 730],
  ]);
  expect(database.query("SELECT rowid FROM gaps").values()).toEqual([[1], [3]]);
  const names = database.query("SELECT count(*) AS n FROM sqlite_schema WHERE name LIKE 'contextcore%'");
  expect(names.values()).toEqual([[0]]);
});

test("words of an index beside it go, too, and its triggers are named", async () => {
  const path = ledgerOf(
    50,
    `CREATE VIRTUAL TABLE words USING fts5 (body, content = 'entries');
     INSERT INTO words (words) VALUES ('rebuild');
     CREATE TRIGGER unindex AFTER DELETE ON entries BEGIN
       INSERT INTO words (words, rowid, body) VALUES ('delete', OLD.rowid, OLD.body);
     END;
     UPDATE entries SET body = 'unforgettable ' || id WHERE rowid < 10;
     INSERT INTO words (words) VALUES ('rebuild');`,
  );
  const answer = await expire(path, after(20));
  expect(answer).toEqual({
    state: "expired",
    counts: { rows: 20 },
    reason: "Triggers of the database ran with it: unindex.",
  });
  expect(isInFiles(path, "unforgettable")).toBe(false);
});

test("a database that somebody writes or reads: it is owed, and done when that has ended", async () => {
  const path = ledgerOf(50);
  const other = new Database(path);
  other.run("BEGIN IMMEDIATE");
  expect(await expire(path, after(20))).toMatchObject({ state: "owed", counts: { rows: 0 } });
  other.run("ROLLBACK");
  other.run("BEGIN");
  other.query("SELECT count(*) FROM entries").get();
  const read = await expire(path, after(20));
  expect(read).toMatchObject({
    state: "owed",
    counts: { rows: 20 },
    reason: expect.stringContaining("-wal"),
  });
  other.run("COMMIT");
  other.close();
  expect(await expire(path, after(20))).toEqual({ state: "expired", counts: { rows: 0 } });
  expect(isInFiles(path, "entry 3 ")).toBe(false);
  expect(readFileSync(`${path}.archive.jsonl`, "utf8").trimEnd().split("\n")).toHaveLength(1);
});

test("rows that are numbered anew, and a note that a crash cut short, break no chain", async () => {
  const path = ledgerOf(50);
  expect((await expire(path, after(20)))?.state).toBe("expired");
  change(path, "VACUUM");
  appendFileSync(`${path}.archive.jsonl`, '{"table":"entr');
  expect(await expire(path, after(30))).toEqual({ state: "expired", counts: { rows: 10 } });
  const notes = readFileSync(`${path}.archive.jsonl`, "utf8").trimEnd().split("\n");
  expect(notes.map((line) => JSON.parse(line).last.id)).toEqual(["e-19", "e-29"]);
  change(path, "VACUUM; DELETE FROM entries WHERE id = 'e-30'");
  expect((await expire(path, after(40)))?.state).toBe("impossible");
});

test("a ledger of generated columns goes as any other; one without a rowid is none", async () => {
  const path = ledgerOf(50, "ALTER TABLE entries ADD COLUMN shout AS (upper(body))");
  expect((await expire(path, after(20)))?.counts).toEqual({ rows: 20 });
  const none = join(temporaryDirectory(), "worm.db");
  using database = new Database(none, { create: true });
  database.run("CREATE TABLE entries (id TEXT PRIMARY KEY, at, body, previous, hash) WITHOUT ROWID");
  expect(open(none).findExpired?.({ before: after(5) }, NEVER)).rejects.toThrow("WITHOUT ROWID");
});
