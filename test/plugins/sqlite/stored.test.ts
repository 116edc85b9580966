/** One person's rows in the databases of snapshots: taken out of the unpacked file, of which everything else stays as it was. */
import { Database } from "bun:sqlite";
import { expect, setDefaultTimeout, test } from "bun:test";
import { copyFileSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import fc from "fast-check";
import type { StoredData } from "../../../src/contract/contract.ts";
import { NEVER } from "../../../src/units/time-limit.ts";
import { temporaryDirectory } from "../../support/directory.ts";
import { ANN, ANNE, backendFor, isInFiles, makeShop, places, rowsOf, WHERE } from "./people.ts";

setDefaultTimeout(60_000); // two cores are shared with other test files

/** The database as an export saves it, and as a snapshot is unpacked. */
async function unpacked(path: string) {
  const copy = join(temporaryDirectory(), "unpacked");
  using database = new Database(path);
  database.run("PRAGMA wal_checkpoint(TRUNCATE)");
  copyFileSync(path, copy);
  const stored = backendFor(path).stored as StoredData;
  const file = { file: "sqlite/shop.db", path: copy };
  return {
    path: copy,
    find: (id = ANN, where = WHERE) => Array.fromAsync(stored.find(file, { id, where }, NEVER)),
    records: () => Array.fromAsync(stored.records(file, NEVER)),
    erase: (found: readonly { readonly reference: unknown }[]) =>
      stored.erase(
        file,
        found.map(({ reference }) => JSON.parse(JSON.stringify(reference))),
        NEVER,
      ),
  };
}

test("rows are found as in the database itself, say what they are, and go without a trace", async () => {
  const { path, find, records, erase } = await unpacked(makeShop());
  const found = await find();
  expect(places(found)).toEqual({
    "the table customers": 1,
    "the table notes": 1,
    "the table orders (they go with rows of customers)": 2,
  });
  expect(found[0]?.content).toBe(
    `{"row":{"city":"Ulm","email":"${ANN}","id":{"$integer":"12"}},"table":"customers"}`,
  );
  const before = await records();
  expect(before).toHaveLength(11);
  const rows = rowsOf(path);
  expect(await erase(found)).toEqual({ counts: { rows: 4 } });
  const gone = new Set(found.map(({ content }) => content));
  expect((await records()).map(({ content }) => content)).toEqual(
    before.map(({ content }) => content).filter((one) => !gone.has(one)),
  );
  expect(readdirSync(dirname(path))).toEqual(["unpacked"]);
  // Every other row keeps its place, of which the rows of a ledger are told.
  expect(rowsOf(path)).toEqual(rows.filter((row) => !row.includes(ANN) || row.includes(ANNE)));
  expect(await find()).toEqual([]);
  expect(await erase(found)).toEqual({ counts: {} });
});

test("what a copy holds of one who is nobody else's beginning is nowhere in its bytes", async () => {
  const { path, find, erase } = await unpacked(
    makeShop(
      "INSERT INTO notes VALUES ('on quux-99123'), ('also quux-99123.'); UPDATE notes SET body = 'x' WHERE body LIKE 'also%'",
    ),
  );
  expect(isInFiles(path, "quux-99123")).toBe(true);
  await erase(await find("quux-99123", "notes.body~{id}"));
  expect(isInFiles(path, "quux-99123")).toBe(false);
});

test("triggers neither forbid it nor note it, and stay; so do settings of the file", async () => {
  const TRIGGERS = `PRAGMA user_version = 7; CREATE TABLE journal (what TEXT);
    CREATE TRIGGER append_only BEFORE DELETE ON notes BEGIN SELECT RAISE(ABORT, 'rows stay'); END;
    CREATE TRIGGER noted AFTER DELETE ON customers BEGIN INSERT INTO journal VALUES (old.email); END;
    CREATE TABLE bills (customer REFERENCES customers (id), sum); INSERT INTO bills VALUES (12, 5);`;
  const { path, find, erase } = await unpacked(makeShop(TRIGGERS));
  const schema = () => {
    using database = new Database(path);
    const all = database.query("SELECT type, name, sql FROM sqlite_schema ORDER BY name").values();
    return [
      all,
      database.query("PRAGMA user_version").values(),
      database.query("PRAGMA journal_mode").values(),
    ];
  };
  const before = schema();
  expect(await erase(await find())).toEqual({ counts: { rows: 4 } });
  expect(schema()).toEqual(before);
  expect(rowsOf(path)).not.toContainEqual(expect.stringContaining("journal"));
  expect(rowsOf(path)).toContain("bills: 1|12|5");
});

test("a damaged database is refused, and stays as it is", async () => {
  const { path, find, erase } = await unpacked(makeShop());
  const found = await find();
  const bytes = readFileSync(path);
  bytes.fill(0xff, 4096, 3 * 4096);
  writeFileSync(path, bytes);
  expect(erase(found)).rejects.toMatchObject({ kind: "invalid" });
  expect(readFileSync(path).equals(bytes)).toBe(true);
});

test("for any rows and any person, what is found goes, and the rest is untouched", async () => {
  const value = fc.oneof(
    fc.constantFrom("12", "123", "a12", "12 and 123", "x,12", "", null, 12, 123, 1.5),
    fc.string({ maxLength: 6 }),
    fc.uint8Array({ maxLength: 4 }),
  );
  const row = fc.tuple(value, value);
  await fc.assert(
    fc.asyncProperty(
      fc.array(row, { maxLength: 30 }),
      fc.constantFrom("12", "123", "é1"),
      async (rows, id) => {
        const path = join(temporaryDirectory(), "any.db");
        {
          using database = new Database(path, { create: true });
          database.run("CREATE TABLE t (a, b TEXT)");
          for (const [a, b] of rows) database.query("INSERT INTO t VALUES (?, ?)").run(a, b);
        }
        const { path: copy, find, records, erase } = await unpacked(path);
        const before = await records();
        const lines = rowsOf(copy);
        const found = await find(id, "t.a={id}, t.b~{id}");
        const gone = new Set(found.map(({ reference }) => JSON.stringify(reference)));
        expect(await erase(found)).toEqual({ counts: found.length === 0 ? {} : { rows: found.length } });
        expect(await find(id, "t.a={id}, t.b~{id}")).toEqual([]);
        expect(await records()).toEqual(
          before.filter(({ reference }) => !gone.has(JSON.stringify(reference))),
        );
        expect(rowsOf(copy).filter((line) => !lines.includes(line))).toEqual([]);
      },
    ),
    { numRuns: 40 },
  );
});
