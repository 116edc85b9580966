/** Databases saved and put back by the program: while others write to them, damaged, locked, in use; and ledgers row by row. */
import { Database } from "bun:sqlite";
import { describe, expect, setDefaultTimeout, test } from "bun:test";
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { temporaryDirectory } from "../../support/directory.ts";
import { append, BEGIN_MS, makeDatabase, makeLedger } from "./databases.ts";
import { exported, inside, ledger, project, restore, restoreFrom } from "./project.ts";

setDefaultTimeout(60_000); // two cores are shared with other test files

/** Everything that a database holds, as SQL reads it. */
function contentsOf(path: string): unknown[] {
  using database = new Database(path, { readonly: true, safeIntegers: true });
  const tables = database
    .query<{ name: string }, []>("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY 1")
    .all();
  return tables.map(({ name }) => [name, database.query(`SELECT * FROM "${name}"`).values().map(String)]);
}

test("a database is saved, proved, and put back equal; once more changes nothing", async () => {
  const cwd = project("path: app.db");
  const path = join(cwd, "app.db");
  makeDatabase(path).close();
  const before = contentsOf(path);
  const { exitCode, worm } = await exported(cwd, "--all");
  expect([exitCode, worm.counts]).toEqual([0, { databases: 1 }]);
  expect((await inside(cwd, "verify", "latest")).exitCode).toBe(0);
  rmSync(path);
  expect((await restore(cwd)).exitCode).toBe(0);
  expect(contentsOf(path)).toEqual(before);
  const again = await restore(cwd);
  expect([again.exitCode, again.stdout + again.stderr]).toEqual([
    0,
    expect.stringContaining("already there"),
  ]);
  expect(readdirSync(cwd).filter((name) => /partial|-wal|-shm/.test(name))).toEqual([]);
});

test("what is still in the log is saved, too, and every committed row while others go on writing", async () => {
  const cwd = project("path: worm.db");
  using database = makeLedger(join(cwd, "worm.db"), 10);
  database.run("PRAGMA wal_autocheckpoint = 0");
  append(database, 3_000);
  const writing = setInterval(() => append(database, 10), 1);
  try {
    expect((await exported(cwd, "--all")).exitCode).toBe(0);
  } finally {
    clearInterval(writing);
  }
  const elsewhere = temporaryDirectory();
  const target = join(elsewhere, "worm.db");
  expect((await restore(cwd, "--set", `backends.worm.path=${target}`)).exitCode).toBe(0);
  using found = new Database(target, { readonly: true });
  const rows = found
    .query<{ previous: string; hash: string }, []>("SELECT previous, hash FROM entries ORDER BY rowid")
    .all();
  expect(rows.length).toBeGreaterThanOrEqual(3_010);
  expect(rows.slice(1).every(({ previous }, n) => previous === rows[n]?.hash)).toBe(true);
});

test("a damaged database is saved as it is, called damaged, and does not take a sound one's place", async () => {
  const cwd = project("path: app.db");
  const path = join(cwd, "app.db");
  makeDatabase(path).close();
  copyFileSync(path, join(cwd, "sound.db"));
  const bytes = readFileSync(path);
  bytes.fill(0x5a, 4096 * 3, 4096 * 3 + 200);
  writeFileSync(path, bytes);
  const { exitCode, text, path: snapshot } = await exported(cwd, "--all");
  expect([exitCode, text]).toEqual([3, expect.stringContaining("SQLite finds the database damaged")]);
  copyFileSync(join(cwd, "sound.db"), path);
  const refused = await restoreFrom(cwd, snapshot);
  expect(refused.exitCode).toBe(1);
  expect(refused.stdout + refused.stderr).toContain("the saved database is damaged");
  expect(readFileSync(path).equals(readFileSync(join(cwd, "sound.db")))).toBe(true);
  rmSync(path);
  await restoreFrom(cwd, snapshot);
  // The backup counts its writes in the header, anew.
  expect(readFileSync(path).subarray(100).equals(bytes.subarray(100))).toBe(true);
});

describe("a database that is there is not replaced", () => {
  async function replaced(use: (path: string) => Disposable | AsyncDisposable): Promise<string> {
    const cwd = project("path: app.db");
    const path = join(cwd, "app.db");
    makeDatabase(path).close();
    expect((await exported(cwd, "--all")).exitCode).toBe(0);
    using database = new Database(path);
    database.run("DELETE FROM tasks");
    database.close();
    await using _ = toAsync(use(path));
    const changed = readFileSync(path);
    const { exitCode, stdout, stderr } = await restore(cwd);
    expect(exitCode).toBe(1);
    expect(readFileSync(path).equals(changed)).toBe(true);
    expect(readdirSync(cwd).filter((name) => name.includes("partial"))).toEqual([]);
    return stdout + stderr;
  }

  const toAsync = (one: Disposable | AsyncDisposable): AsyncDisposable =>
    Symbol.asyncDispose in one ? one : { [Symbol.asyncDispose]: async () => one[Symbol.dispose]() };

  test("while a program has it open", async () => {
    const said = await replaced((path) => {
      const child = Bun.spawn(["tail", "-f", path], { stdout: "ignore" });
      return {
        [Symbol.asyncDispose]: async () => {
          child.kill();
          await child.exited;
        },
      };
    });
    expect(said).toMatch(/app\.db is open in tail \(process \d+\)/);
  });

  test("while it is locked", async () => {
    const script = (path: string) =>
      `const { Database } = require("bun:sqlite"); const d = new Database(${JSON.stringify(path)}); d.run("BEGIN EXCLUSIVE"); console.log("locked"); setTimeout(() => {}, 60_000);`;
    const said = await replaced((path) => {
      const child = Bun.spawn([process.execPath, "-e", script(path)], {
        stdout: "pipe",
        env: { ...process.env, HOME: "/nonexistent" },
      });
      return {
        [Symbol.asyncDispose]: async () => {
          child.kill();
          await child.exited;
        },
      };
    });
    expect(said).toMatch(/app\.db is (open in bun|locked)/);
  });

  test("and one that nobody uses is: with its permissions, and without its old log", async () => {
    const cwd = project("path: worm.db");
    const path = join(cwd, "worm.db");
    makeLedger(path, 50).close();
    expect((await exported(cwd, "--all")).exitCode).toBe(0);
    const before = contentsOf(path);
    {
      using database = new Database(path);
      database.run("PRAGMA wal_autocheckpoint = 0");
      database.run("DELETE FROM entries");
      // A program that crashed leaves its log.
      copyFileSync(`${path}-wal`, join(cwd, "log"));
      copyFileSync(path, join(cwd, "file"));
    }
    copyFileSync(join(cwd, "file"), path);
    copyFileSync(join(cwd, "log"), `${path}-wal`);
    chmodSync(path, 0o640);
    expect((await restore(cwd)).exitCode).toBe(0);
    expect(contentsOf(path)).toEqual(before);
    expect(statSync(path).mode & 0o777).toBe(0o640);
  });
});

test("what is no database, or is not there, is named as such", async () => {
  const cwd = project("path: app.db");
  const absent = await exported(cwd, "--all");
  expect([absent.exitCode, absent.text]).toEqual([1, expect.stringContaining("app.db")]);
  writeFileSync(join(cwd, "app.db"), "this is no database, only text. ".repeat(90));
  const { exitCode, text } = await exported(cwd, "--all");
  expect([exitCode, text]).toEqual([
    1,
    expect.stringContaining("is not a SQLite database, or it is encrypted"),
  ]);
});

test("a pattern saves every database that it matches, each under its own name, and nothing else", async () => {
  const cwd = project('path: "data/**/*.db"');
  const names = ["a.db", "deep/er/b.db", "deep/a.db", "~odd?.db", "con.db"];
  for (const name of names) {
    mkdirSync(join(cwd, "data", name, ".."), { recursive: true });
    makeDatabase(join(cwd, "data", name)).close();
  }
  writeFileSync(join(cwd, "data", "text.db"), "no database");
  const before = names.map((name) => contentsOf(join(cwd, "data", name)));
  const { exitCode, worm } = await exported(cwd, "--all");
  expect([exitCode, worm.counts]).toEqual([0, { databases: names.length }]);
  rmSync(join(cwd, "data"), { recursive: true });
  const one = await restore(cwd, "--match", "worm=deep/*.db");
  expect([
    one.exitCode,
    existsSync(join(cwd, "data", "a.db")),
    existsSync(join(cwd, "data", "deep", "a.db")),
  ]).toEqual([0, false, true]);
  expect((await restore(cwd)).exitCode).toBe(0);
  expect(names.map((name) => contentsOf(join(cwd, "data", name)))).toEqual(before);
  expect(existsSync(join(cwd, "data", "text.db"))).toBe(false);
});

describe("a ledger", () => {
  const HOUR = 3_600_000;
  const at = (hours: number): string => new Date(BEGIN_MS + hours * HOUR).toISOString();

  test.each([
    ["milliseconds", (ms: number) => BigInt(ms)],
    ["nanoseconds", (ms: number) => BigInt(ms) * 1_000_000n],
    ["seconds", (ms: number) => BigInt(ms / 1000)],
    ["seconds with a fraction", (ms: number) => ms / 1000 + 0.25],
    ["text of SQLite", (ms: number) => new Date(ms).toISOString().slice(0, 19).replace("T", " ")],
    [
      "RFC 3339 of another zone",
      (ms: number) => `${new Date(ms + 19_800_000).toISOString().slice(0, 23)}+05:30`,
    ],
  ] as const)("whose times are %s: a range has its own rows, and they are counted", async (_, time) => {
    const cwd = project(`path: worm.db, save: rows, ledger: ${ledger}`);
    makeLedger(join(cwd, "worm.db"), 100, time).close();
    const { exitCode, worm } = await exported(cwd, "--from", at(10), "--to", at(30));
    expect([exitCode, worm.counts]).toEqual([0, { rows: 20 }]);
  });

  test("daily increments and a whole export restore to the same ledger, each row once", async () => {
    const cwd = project(`path: worm.db, save: rows, ledger: ${ledger}`);
    const path = join(cwd, "worm.db");
    using database = makeLedger(path, 60);
    expect((await exported(cwd, "--from", at(0), "--to", at(48))).exitCode).toBe(0);
    append(database, 60);
    expect((await exported(cwd, "--since-last", "--to", at(120))).worm.counts.rows).toBeGreaterThanOrEqual(
      72,
    );
    const whole = contentsOf(path);
    database.run("DELETE FROM entries WHERE rowid > 30");
    const restored = await restore(cwd);
    expect(restored.exitCode, restored.stderr).toBe(0);
    expect(contentsOf(path)).toEqual(whole);
  });

  test("a row that was changed, and one that was removed, break the chain, which is told by their names", async () => {
    const cwd = project(`path: worm.db, ledger: ${ledger}`);
    using database = makeLedger(join(cwd, "worm.db"), 3_000);
    database.run("UPDATE entries SET hash = 'forged' WHERE id = 'e-100'");
    database.run("DELETE FROM entries WHERE id = 'e-2500'");
    const { exitCode, text, worm } = await exported(cwd, "--all");
    expect([exitCode, worm.counts]).toEqual([3, { databases: 1, rows: 2_999 }]);
    expect(text).toContain("The chain of hashes of entries is broken");
    for (const name of ["e-101", "e-2501"]) expect(text).toContain(`"${name}"`);
  });

  test("a row that differs from the saved one is not overwritten, and named", async () => {
    const cwd = project(`path: worm.db, save: rows, ledger: ${ledger}`);
    using database = makeLedger(join(cwd, "worm.db"), 20);
    expect((await exported(cwd, "--all")).exitCode).toBe(0);
    database.run("UPDATE entries SET body = 'mine' WHERE id = 'e-7'");
    const { exitCode, stdout } = await restore(cwd, "--json");
    const { directory } = JSON.parse(stdout);
    expect(exitCode).toBe(3);
    expect(readFileSync(join(directory, "rejected.json"), "utf8")).toContain("Another row has its key");
    expect(database.query("SELECT body FROM entries WHERE id = 'e-7'").get()).toEqual({ body: "mine" });
  });

  test("a wrong table, a wrong column and times that cannot be read are told, and the file is saved all the same", async () => {
    for (const [option, words] of [
      ["table: entires, time: at", "has no table entires"],
      ["table: entries, time: when", "has no column when"],
      ["table: entries, time: body", "no times that sqlite understands"],
    ] as const) {
      const cwd = project(`path: worm.db, ledger: { ${option} }`);
      makeLedger(join(cwd, "worm.db"), 3).close();
      const { exitCode, text, worm } = await exported(cwd, "--all");
      expect([exitCode, worm.counts, text]).toEqual([3, { databases: 1 }, expect.stringContaining(words)]);
    }
  });
});
