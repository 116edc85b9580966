import { Database } from "bun:sqlite";
import { expect, test } from "bun:test";
import { appendFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openSubject } from "../../src/conformance/subject.ts";
import { type Backend, lineRecords } from "../../src/contract/contract.ts";
import { MATCH_RULES, SERVER_RULES, testBackend } from "../support/conformance.ts";
import { temporaryDirectory } from "../support/directory.ts";
import { loadExample } from "./load.ts";

const example = await loadExample("sqlite");
const never = new AbortController().signal;

/** Everything that SQLite can hold and a careless export loses. */
function makeDatabase(path: string): Database {
  const database = new Database(path, { create: true, safeIntegers: true });
  database.run("PRAGMA synchronous = OFF");
  database.run(`
    BEGIN;
    CREATE TABLE tasks (id INTEGER PRIMARY KEY, title TEXT, "weird ""name""" TEXT, half INTEGER AS (id / 2));
    CREATE TABLE log (line);
    CREATE TABLE settings (name TEXT PRIMARY KEY, value) WITHOUT ROWID;
    CREATE TABLE removed (n INTEGER);
    CREATE INDEX by_title ON tasks (title);
    CREATE VIEW titles AS SELECT title FROM tasks;
    CREATE TRIGGER note AFTER INSERT ON tasks BEGIN INSERT INTO removed VALUES (1); END;
  `);
  const task = database.query('INSERT INTO tasks (id, title, "weird ""name""") VALUES (?, ?, ?)');
  for (let id = 1n; id <= 1_200n; id += 1n) task.run(id, `Task ${id} é 🧨 \u0000`, null);
  task.run(9_007_199_254_740_993n, "beyond 2^53", "");
  const line = database.query("INSERT INTO log VALUES (?)");
  for (const value of [
    null,
    "",
    "same",
    "same",
    1n,
    1.5,
    2,
    -0.1,
    Number.POSITIVE_INFINITY,
    5e-324,
    new Uint8Array([0, 255]),
  ])
    line.run(value);
  database.query("INSERT INTO settings VALUES ('a', 1), ('b', x'00')").run();
  database.run("COMMIT");
  return database;
}

const directory = temporaryDirectory();
makeDatabase(join(directory, "full.db")).close();

testBackend({
  ...example,
  options: { file: join(directory, "full.db") },
  empty: { file: join(directory, "empty.db") },
  range: { from: 0n, to: 1_000n },
  waived: [
    "limits",
    "split-is-whole",
    "count-split-is-whole",
    ...MATCH_RULES,
    ...SERVER_RULES,
    "find-then-erase",
  ],
});

const open = (file: string): Promise<Backend> =>
  openSubject({ ...example, face: "backend", options: { file } }).backend();

test("the rows are those of one moment, whatever is written while they are read", async () => {
  const file = join(temporaryDirectory(), "live.db");
  using database = makeDatabase(file);
  const backend = await open(file);
  const { cursors } = await backend.export.start({ range: { from: 0n, to: 1n } }, never);
  database.run("DELETE FROM log");
  const cursor = cursors.find(({ table }) => table === "log") ?? {};
  const records = lineRecords(await backend.export.step(cursor, never));
  expect(records[0]?.lines).toBe(11);
});

test("an export that is resumed without its copy goes on if nothing has changed, and refuses if something has", async () => {
  const file = join(temporaryDirectory(), "live.db");
  using database = makeDatabase(file);
  const backend = await open(file);
  const { cursors } = await backend.export.start({ range: { from: 0n, to: 1n } }, never);
  const [cursor = {}] = cursors.filter(({ table }) => table === "log");
  forgetCopies();
  expect(lineRecords(await backend.export.step(cursor, never))[0]?.lines).toBe(11);
  forgetCopies();
  database.run("INSERT INTO log VALUES ('new')");
  await expect(backend.export.step(cursor, never)).rejects.toMatchObject({
    kind: "invalid",
    hint: "Begin a new export.",
  });
});

function forgetCopies(): void {
  const folder = join(tmpdir(), "contextcore-sqlite");
  for (const name of readdirSync(folder)) rmSync(join(folder, name));
}

test("a damaged database is warned of, what is none is refused, one that is locked is tried again", async () => {
  const home = temporaryDirectory();
  const file = join(home, "full.db");
  using database = makeDatabase(file);
  expect((await (await open(file)).inventory(never)).warnings).toBeUndefined();
  writeFileSync(join(home, "none.db"), "this is not a database, only text ".repeat(50));
  await expect((await open(join(home, "none.db"))).inventory(never)).rejects.toMatchObject({
    kind: "invalid",
  });
  await expect((await open(join(home, "absent.db"))).inventory(never)).rejects.toMatchObject({
    kind: "not-found",
  });
  database.run("BEGIN EXCLUSIVE");
  await expect((await open(file)).export.start({ range: { from: 0n, to: 1n } }, never)).rejects.toMatchObject(
    {
      kind: "temporary",
    },
  );
  database.run("ROLLBACK");
  database.close();
  const bytes = new Uint8Array(await Bun.file(file).arrayBuffer());
  bytes.fill(0x5a, 4096 * 3, 4096 * 3 + 200);
  const damaged = join(home, "damaged.db");
  await Bun.write(damaged, bytes);
  appendFileSync(damaged, "");
  const look = await (await open(damaged))
    .inventory(never)
    .then(({ warnings }) => warnings?.[0] ?? "", String);
  expect(look).toMatch(/damaged|malformed|corrupt/i);
});

test("a row whose key another row has is reported, not dropped", async () => {
  const file = join(temporaryDirectory(), "full.db");
  using database = makeDatabase(file);
  database.run("UPDATE tasks SET title = 'changed' WHERE id = 1");
  const line = JSON.stringify({
    table: "tasks",
    rowid: "1",
    row: { id: { $integer: "1" }, title: "Task 1" },
  });
  const batch = {
    file: "example/sqlite/tasks.jsonl",
    lines: [line],
    range: { from: 0n, to: 1n },
    labels: {},
  };
  expect(await (await open(file)).restore?.apply(batch, never)).toMatchObject({
    written: { rows: 0 },
    rejected: [{ line, reason: "Another row has its key." }],
  });
});
