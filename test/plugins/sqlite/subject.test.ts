/** One person's rows in databases that are in use: found by whole values or words, erased with what goes with them, and nothing else. */
import { Database } from "bun:sqlite";
import { describe, expect, setDefaultTimeout, test } from "bun:test";
import {
  ANN,
  ANNE,
  backendFor,
  erase,
  find,
  findAndErase,
  isInFiles,
  makeShop,
  places,
  rowsOf,
} from "./people.ts";

setDefaultTimeout(60_000); // two cores are shared with other test files

describe("find", () => {
  test("names the rows of that person, and those that go with them, each once", async () => {
    const path = makeShop();
    const backend = backendFor(path);
    const found = await find(backend);
    expect(places(found)).toEqual({
      "the table customers of sqlite/shop.db": 1,
      "the table notes of sqlite/shop.db": 1,
      "the table orders (they go with rows of customers) of sqlite/shop.db": 2,
    });
    expect(JSON.stringify(found)).not.toContain("7781");
    expect(await find(backend, ANN, "customers.*={id}, notes.body~{id}, customers.email={id}")).toHaveLength(
      3,
    );
  });

  test.each([
    ["12", "customers.id", ["customers", "orders"]],
    ["012", "customers.id", []],
    ["12.0", "customers.id", []],
    ["12", "lines.text~{id}", ["lines"]],
    ["12", "lines.*={id}", []],
    ["7781", "customers.email~ann-{id}@example.com", ["customers", "orders"]],
    ["ANN-7781@EXAMPLE.COM", "customers.email={id}", []],
    ["%", "", "an identifier without a letter or a digit"],
    ["12", "customers.id={id}, ", "not understood"],
    ["12", "customers.id=12", "not understood"],
    ["12", "nobody.id={id}", "has no table nobody"],
    ["12", "customers.nothing={id}", "has no column nothing"],
  ])("%p in %p", async (id, where, tables) => {
    const found = find(backendFor(makeShop()), id, where);
    if (typeof tables === "string") return expect(found).rejects.toThrow(tables);
    expect((await found).map((one) => (one.reference as { table: string }).table)).toEqual(tables);
  });

  test("rows of a ledger within a range", async () => {
    const path = makeShop(`CREATE TABLE log (at TEXT, who TEXT);
      INSERT INTO log VALUES ('2026-01-01', '${ANN}'), ('2026-02-01', '${ANN}')`);
    const backend = backendFor(path, { ledger: { table: "log", time: "at" } });
    const range = { from: 0n, to: BigInt(Date.UTC(2026, 0, 15)) * 1_000_000n };
    const found = await Array.fromAsync(
      backend.find?.({ id: ANN, where: "log.who={id}", range }, new AbortController().signal) ?? [],
    );
    expect(found.map(({ count }) => count)).toEqual([1]);
  });
});

test("they are erased while another program has the database open, and nothing of them is left in its files", async () => {
  const path = makeShop();
  using other = new Database(path);
  other.run("UPDATE customers SET city = 'Köln' WHERE id = 12");
  expect(isInFiles(path, ANN)).toBe(true);
  const outcomes = await findAndErase(backendFor(path));
  expect(outcomes.map(({ state, count, reason }) => [state, count, reason])).toEqual([
    ["erased", 1, undefined],
    ["erased", 1, undefined],
    ["erased", 2, undefined],
  ]);
  expect(rowsOf(path)).toEqual([
    "customers: 123|123|ann-7781@example.community|Bonn",
    "customers: 5|5||Ulm",
    "lines: 1|1|of 12",
    "lines: 1|2|of 123",
    "notes: 2|Call ann-7781@example.community",
    "notes: 3|nothing",
    "orders: 2|123|tea|ann-7781@example.community",
  ]);
  // The other one begins with the very same letters.
  other.run("DELETE FROM customers WHERE id = 123; DELETE FROM orders; DELETE FROM notes; VACUUM");
  other.run("PRAGMA wal_checkpoint(TRUNCATE)");
  expect(isInFiles(path, ANN)).toBe(false);
  expect(isInFiles(path, "K\u00f6ln")).toBe(false);
});

test("no byte of a row is left by the erasure itself", async () => {
  const path = makeShop(
    "DELETE FROM customers WHERE id = 123; DELETE FROM orders WHERE customer = 123; DELETE FROM notes WHERE body LIKE '%community'; VACUUM",
  );
  expect((await findAndErase(backendFor(path))).map(({ state }) => state)).toEqual([
    "erased",
    "erased",
    "erased",
  ]);
  expect(isInFiles(path, "7781")).toBe(false);
});

test("again, and of rows that are somebody else's by now, nothing is erased", async () => {
  const path = makeShop();
  const backend = backendFor(path);
  const found = await find(backend);
  {
    using database = new Database(path);
    database.run("UPDATE customers SET email = 'bob@example.com' WHERE id = 12");
  }
  expect((await erase(backend, found)).map(({ state }) => state)).toEqual(["erased", "erased", "erased"]);
  expect(rowsOf(path)).toContain("customers: 12|12|bob@example.com|Ulm");
  expect(rowsOf(path)).toHaveLength(11 - 1);
  expect((await erase(backend, found)).map(({ state }) => state)).toEqual(["erased", "erased", "erased"]);
});

describe("what the database forbids, or would do besides, is not done, and said", () => {
  const OWN_RULES = [
    [
      "a trigger that lets no row go",
      "CREATE TRIGGER append_only BEFORE DELETE ON notes BEGIN SELECT RAISE(ABORT, 'rows stay'); END",
      "impossible",
      "The table notes does not let rows go (by its trigger append_only): rows stay.",
    ],
    [
      "a trigger that passes rows over",
      "CREATE TRIGGER quiet BEFORE DELETE ON notes BEGIN SELECT RAISE(IGNORE); END",
      "impossible",
      "A trigger of the table notes leaves rows in it.",
    ],
    [
      "rows that may not be left alone",
      "CREATE TABLE bills (customer REFERENCES customers (id), sum); INSERT INTO bills VALUES (12, 5)",
      "impossible",
      "Rows of bills refer to them by a foreign key",
    ],
    [
      "a trigger that removes more",
      "CREATE TRIGGER sweep AFTER DELETE ON notes BEGIN DELETE FROM lines; END",
      "impossible",
      "Triggers (sweep) would remove other rows with them, of lines",
    ],
  ] as const;
  test.each(OWN_RULES)("%s", async (_, sql, state, reason) => {
    const path = makeShop(sql);
    const before = rowsOf(path);
    const outcomes = await findAndErase(backendFor(path));
    expect(new Set(outcomes.map((one) => one.state))).toEqual(new Set([state]));
    expect(outcomes[0]?.reason).toContain(reason);
    expect(rowsOf(path)).toEqual(before);
  });

  test("more has come that goes with them", async () => {
    const path = makeShop();
    const backend = backendFor(path);
    const found = await find(backend);
    {
      using database = new Database(path);
      database.run("INSERT INTO orders VALUES (12, 'pot', NULL)");
    }
    const before = rowsOf(path);
    expect(await erase(backend, found)).toMatchObject([{ state: "owed" }, {}, {}]);
    expect(rowsOf(path)).toEqual(before);
  });

  test("what refers to them and may stay refers to nothing afterwards", async () => {
    const path = makeShop(
      "CREATE TABLE visits (customer REFERENCES customers (id) ON DELETE SET NULL, page); INSERT INTO visits VALUES (12, 'home')",
    );
    await findAndErase(backendFor(path));
    expect(rowsOf(path)).toContain("visits: 1||home");
  });

  test("triggers that run with it are named, and what they write of that person is found", async () => {
    const path = makeShop(`CREATE TABLE journal (what TEXT);
      CREATE TRIGGER noted AFTER DELETE ON customers BEGIN INSERT INTO journal VALUES ('gone: ' || old.email); END`);
    const [first] = await findAndErase(backendFor(path));
    expect([first?.state, first?.reason]).toEqual([
      "erased",
      "Triggers of the database ran with it: noted. The identifier still stands in journal, of which `subjects` says nothing.",
    ]);
  });
});

describe("what cannot be done yet is owed, and done when it is asked for again", () => {
  test("the database is locked", async () => {
    const path = makeShop();
    const backend = backendFor(path);
    const found = await find(backend);
    {
      using other = new Database(path);
      other.run("BEGIN IMMEDIATE");
      expect((await erase(backend, found))[0]).toMatchObject({
        state: "owed",
        reason: expect.stringMatching(/locked/),
      });
    }
    expect((await erase(backend, found))[0]?.state).toBe("erased");
  });

  test("another program reads what is in the log", async () => {
    const path = makeShop();
    const backend = backendFor(path);
    const found = await find(backend);
    using other = new Database(path);
    other.run("INSERT INTO notes VALUES ('new')");
    other.run("BEGIN");
    other.query("SELECT count(*) FROM notes").get();
    expect((await erase(backend, found))[0]).toMatchObject({
      state: "owed",
      reason: expect.stringMatching(/reading/),
    });
    other.run("COMMIT");
    expect((await erase(backend, found))[0]?.state).toBe("erased");
  });

  test("the file has remains of what was deleted earlier", async () => {
    const path = makeShop(
      `INSERT INTO notes VALUES ('an older note on ${ANN}.'); DELETE FROM notes WHERE body LIKE 'an older%'`,
    );
    const backend = backendFor(path);
    const found = await find(backend);
    expect((await erase(backend, found))[0]).toMatchObject({
      state: "owed",
      reason: expect.stringMatching(/VACUUM/),
    });
    {
      using database = new Database(path);
      database.run("VACUUM");
      database.run("PRAGMA wal_checkpoint(TRUNCATE)");
    }
    expect((await erase(backend, found))[0]?.state).toBe("erased");
  });
});

test("an index of words forgets them, too", async () => {
  const path =
    makeShop(`CREATE VIRTUAL TABLE words USING fts5(body, content = 'notes', content_rowid = 'rowid');
    INSERT INTO words(words) VALUES ('rebuild');
    CREATE TRIGGER indexed AFTER DELETE ON notes BEGIN INSERT INTO words(words, rowid, body) VALUES ('delete', old.rowid, old.body); END;
    INSERT INTO notes VALUES ('zanzibar7781');
    INSERT INTO words(words) VALUES ('rebuild');`);
  await findAndErase(backendFor(path), "zanzibar7781", "notes.body~{id}");
  expect(isInFiles(path, "zanzibar")).toBe(false);
  expect(isInFiles(path, "anzibar7781")).toBe(false);
});

test("in a pattern of databases, those that have the tables are looked through", async () => {
  const path = makeShop();
  using other = new Database(path.replace("shop.db", "other.db"), { create: true });
  other.run("CREATE TABLE things (x)");
  const backend = backendFor(path.replace("shop.db", "*.db"));
  expect(Object.keys(places(await find(backend)))).toHaveLength(3);
  expect(ANNE.startsWith(ANN)).toBe(true);
});
