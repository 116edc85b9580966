/** A shop's database, with what belongs to persons, and the plugin opened on it. */
import { Database } from "bun:sqlite";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import sqlite from "../../../plugins/sqlite/index.ts";
import { createTestContext } from "../../../src/conformance/testing.ts";
import type { Backend, Found, StoredRecord } from "../../../src/contract/contract.ts";
import { NEVER } from "../../../src/units/time-limit.ts";
import { temporaryDirectory } from "../../support/directory.ts";

/** Whose data is looked for, and a person whose identifier begins like it. */
export const ANN = "ann-7781@example.com";
export const ANNE = "ann-7781@example.community";

/** Where persons show up in it. */
export const WHERE = "customers.email={id}, notes.body~{id}";

/** Two persons with orders that go with them, and notes that name them. @param more SQL that comes after */
export function makeShop(more = ""): string {
  const path = join(temporaryDirectory(), "shop.db");
  using database = new Database(path, { create: true });
  database.run(`
    PRAGMA journal_mode = WAL;
    CREATE TABLE customers (id INTEGER PRIMARY KEY, email TEXT UNIQUE, city TEXT);
    CREATE TABLE orders (customer INTEGER REFERENCES customers (id) ON DELETE CASCADE, item TEXT, email TEXT);
    CREATE TABLE lines (number INTEGER, position INTEGER, text TEXT, PRIMARY KEY (number, position)) WITHOUT ROWID;
    CREATE TABLE notes (body TEXT);
    INSERT INTO customers VALUES (12, '${ANN}', 'Ulm'), (123, '${ANNE}', 'Bonn'), (5, NULL, 'Ulm');
    INSERT INTO orders VALUES (12, 'tea', '${ANN}'), (123, 'tea', '${ANNE}'), (12, 'cup', '${ANN}');
    INSERT INTO notes VALUES ('Call <${ANN}>, soon'), ('Call ${ANNE}'), ('nothing');
    INSERT INTO lines VALUES (1, 1, 'of 12'), (1, 2, 'of 123');
  `);
  if (more !== "") database.run(more);
  return path;
}

/** The plugin's backend for a database. */
export function backendFor(path: string, options: Readonly<Record<string, unknown>> = {}): Backend {
  const backend = sqlite.backend?.(createTestContext(sqlite, { options: { path, ...options } }));
  if (backend === undefined) throw new Error("no backend");
  return backend;
}

export const find = (backend: Backend, id = ANN, where = WHERE): Promise<Found[]> =>
  Array.fromAsync(backend.find?.({ id, where }, NEVER) ?? []);

export const erase = async (backend: Backend, found: readonly Found[], id = ANN) =>
  (await backend.erase?.({ id, found }, NEVER))?.outcomes ?? [];

/** Finds and erases. */
export const findAndErase = async (backend: Backend, id = ANN, where = WHERE) =>
  erase(backend, await find(backend, id, where), id);

/** How many were found where. */
export const places = (found: readonly (Found | StoredRecord)[]): Readonly<Record<string, number>> => {
  const all: Record<string, number> = {};
  for (const { where, count } of found) all[where] = (all[where] ?? 0) + count;
  return all;
};

/** Every row with its rowid, as SQL reads it. */
export function rowsOf(path: string): string[] {
  using database = new Database(path, { readonly: true });
  const tables = database.query<{ name: string; wr: number }, []>(
    "SELECT name, wr FROM pragma_table_list WHERE schema = 'main' AND type = 'table' AND name NOT LIKE 'sqlite%' ORDER BY name",
  );
  return tables
    .all()
    .flatMap(({ name, wr }) =>
      database
        .query(`SELECT ${wr === 0 ? "rowid, " : ""}* FROM "${name}"`)
        .values()
        .map((row) => `${name}: ${row.join("|")}`),
    )
    .sort();
}

/** Whether a file, or its log, has a text in it. */
export const isInFiles = (path: string, text: string): boolean =>
  ["", "-wal", "-journal"].some((ending) => {
    try {
      return readFileSync(`${path}${ending}`).includes(text);
    } catch {
      return false;
    }
  });
