/** Removes rows from an open database, by its own rules. */
import { type Database, SQLiteError } from "bun:sqlite";
import { quoted, rowsIn, type Table, tablesIn } from "../database.ts";
import { fromCell } from "../row.ts";
import { isKey, type KeyedRow, keyedTables, rowOf } from "./keys.ts";
import { childrenFirst, keptBy, relationsIn } from "./relations.ts";

/** Why the database does not let rows go, in one sentence. The transaction is then to be rolled back. */
export class NotRemoved extends Error {}

/**
 * Removes these rows and no other within the transaction that is open.
 * @throws NotRemoved when a rule of the database forbids it, or would take more
 */
export function removeRows(database: Database, rows: readonly KeyedRow[]): void {
  const tables = keyedTables(database);
  const relations = relationsIn(database, tables);
  const kept = keptBy(database, relations, rows);
  if (kept.length > 0) throw new NotRemoved(KEPT(kept));
  const byTable = Map.groupBy(rows, ({ table }) => table.name);
  const watched = watchTables(database, [...byTable.keys()]);
  for (const name of childrenFirst(relations, byTable.keys())) removeFrom(database, byTable.get(name) ?? []);
  watched.requireOnly(new Map([...byTable].map(([name, all]) => [name, all.length])));
  // A trigger may pass a row over without an error.
  const left = rows.find(({ table, key }) => rowOf(database, table, key) !== undefined);
  if (left !== undefined) throw new NotRemoved(STAYS(left.table.name));
}

const STAYS = (table: string): string => `A trigger of the table ${table} leaves rows in it.`;

const KEPT = (tables: readonly string[]): string =>
  `Rows of ${tables.join(", ")} refer to them by a foreign key and may not be left without them: name where the person shows up there, too.`;

function removeFrom(database: Database, rows: readonly KeyedRow[]): void {
  const [first] = rows;
  if (first === undefined) return;
  const { table } = first;
  const remove = database.prepare(`DELETE FROM ${quoted(table.name)} WHERE ${isKey(table)}`);
  try {
    heedingRules(database, table.name, () => {
      for (const { key } of rows) remove.run(...key.map(fromCell));
    });
  } finally {
    remove.finalize();
  }
}

/** Removes rows of a table. @throws NotRemoved when a rule of the database forbids it */
export function heedingRules(database: Database, table: string, work: () => void): void {
  try {
    work();
  } catch (error) {
    if (!(error instanceof SQLiteError) || !/^SQLITE_CONSTRAINT/.test(error.code ?? "")) throw error;
    const names = triggersOn(database, table);
    const by = names.length === 0 ? "" : ` (by its trigger ${names.join(", ")})`;
    throw new NotRemoved(`The table ${table} does not let rows go${by}: ${error.message}.`);
  }
}

/** The triggers of a table, by name. */
export const triggersOn = (database: Database, table: string): string[] =>
  database
    .query<{ name: string }, [string]>(
      "SELECT name FROM sqlite_schema WHERE type = 'trigger' AND tbl_name = ? COLLATE NOCASE ORDER BY name",
    )
    .all(table)
    .map(({ name }) => name);

/** Where triggers may do more than is asked for, all tables are counted before and after. */
export function watchTables(database: Database, names: readonly string[]) {
  const triggers = names.flatMap((name) => triggersOn(database, name));
  const tables = triggers.length === 0 ? [] : tablesIn(database);
  const count = (): Map<string, number> => new Map(tables.map(({ name }) => [name, rowsIn(database, name)]));
  const before = count();
  return {
    /** @throws NotRemoved when more or other rows are gone */
    requireOnly(gone: ReadonlyMap<string, number>): void {
      const after = count();
      const others = tables.filter(({ name }: Table) => lacking(before, after, name) > (gone.get(name) ?? 0));
      if (others.length === 0) return;
      const where = others.map(({ name }) => name).join(", ");
      throw new NotRemoved(
        `Triggers (${triggers.join(", ")}) would remove other rows with them, of ${where}: name where the person shows up there, too.`,
      );
    },
  };
}

const lacking = (
  before: ReadonlyMap<string, number>,
  after: ReadonlyMap<string, number>,
  name: string,
): number => (before.get(name) ?? 0) - (after.get(name) ?? 0);
