/** Rows that were erased do not come back with the database that they were saved in. */
import { Database } from "bun:sqlite";
import { expect, setDefaultTimeout, test } from "bun:test";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import sqlite from "../../plugins/sqlite/index.ts";
import { createTestContext } from "../../src/conformance/testing.ts";
import { openTombstones } from "../../src/retention/tombstones/tombstones.ts";
import { inside, json, machine, OFF } from "../commands/machine.ts";
import { temporaryDirectory } from "../support/directory.ts";

setDefaultTimeout(120_000);

const SECRET = "ann-7781@example.com";
const SHOP = { backends: `${OFF}  shop: { plugin: sqlite, path: shop.db }\n` };

/** A machine whose database is saved, and of which a person's rows were erased since. */
async function savedAndErased() {
  const one = machine(SHOP);
  const path = join(one.cwd, "shop.db");
  {
    using database = new Database(path, { create: true });
    database.run("CREATE TABLE customers (id INTEGER PRIMARY KEY, email TEXT)");
    database.run("INSERT INTO customers VALUES (1, 'bob@example.com'), (2, ?), (3, 'eve@example.com')", [
      SECRET,
    ]);
  }
  expect((await inside(one.cwd, "export", "--all")).exitCode).toBe(0);
  const [name = ""] = readdirSync(join(one.cwd, "backups"));
  const snapshot = join(one.cwd, "backups", name);
  const blocks = readFileSync(join(snapshot, "blocks.jsonl"), "utf8").trimEnd().split("\n");
  const block = blocks.map((line) => JSON.parse(line)).find(({ kind }) => kind === "bytes");
  const of = { plugin: "shop", file: block.of ?? block.file };
  const copy = join(temporaryDirectory(), "copy.db");
  expect(Bun.spawnSync(["cp", path, copy]).exitCode).toBe(0);
  const { stored } = sqlite.backend?.(createTestContext(sqlite, { options: { path } })) ?? {};
  const all = await Array.fromAsync(
    stored?.records({ file: of.file, path: copy }, AbortSignal.timeout(9_000)) ?? [],
  );
  const contents = all.map(({ content }) => content).filter((content) => content.includes(SECRET));
  expect([all.length, contents.length]).toEqual([3, 1]);
  {
    using tombstones = openTombstones({ directory: one.cwd });
    tombstones.add(of, contents);
  }
  Bun.spawnSync(["rm", path]);
  return { ...one, path, name };
}

const emailsIn = (path: string): unknown[] => {
  using database = new Database(path, { readonly: true });
  return database.query("SELECT email FROM customers ORDER BY id").values().flat();
};

test("a restore takes them out of the database, and no byte of them is in it, or left beside it", async () => {
  const { cwd, path, name } = await savedAndErased();
  const { printed, exitCode, stderr } = await json(cwd, "restore", name, "--yes");
  expect([exitCode, printed?.status], stderr).toEqual([0, "complete"]);
  expect(printed.backends[0].erased).toEqual({ rows: 1 });
  expect(emailsIn(path)).toEqual(["bob@example.com", "eve@example.com"]);
  expect(readFileSync(path).includes(SECRET)).toBe(false);
  expect(existsSync(join(printed.directory, ".unpacked"))).toBe(false);
});

test("a drill of it proves the rest", async () => {
  const { cwd, name } = await savedAndErased();
  const { printed, stderr } = await json(cwd, "drill", "run", "--snapshot", name, "--backend", "shop");
  expect([printed?.verdict, printed?.backends[0].reasons], stderr).toEqual(["proved", []]);
});
