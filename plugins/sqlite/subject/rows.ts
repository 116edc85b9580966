/** A person's rows in a database, and those that go with them. */
import type { Database } from "bun:sqlite";
import { quoted } from "../database.ts";
import { type KeyedRow, type KeyedTable, keyedRows, keyedTables, nameOfRow, tableNamed } from "./keys.ts";
import { columnsOf, conditionFor, matcherOf, type Place } from "./places.ts";
import { type FollowingRow, followersOf, relationsIn } from "./relations.ts";

/** A person's row; `via` names the table of the row that it goes with, if it is found for that alone. */
export type PersonsRow = KeyedRow & Partial<Pick<FollowingRow, "via">>;

/** Finds them, each once. @throws PluginError `invalid` when a table or a column is not there */
export function* personsRows(
  database: Database,
  places: readonly Place[],
  signal: AbortSignal,
): Generator<PersonsRow> {
  const tables = keyedTables(database);
  const found = new Map<string, KeyedRow>();
  for (const place of places) {
    signal.throwIfAborted();
    for (const row of rowsAt(database, tableNamed(tables, place.table), place)) {
      const name = nameOfRow(row);
      if (found.has(name)) continue;
      found.set(name, row);
      yield row;
    }
  }
  yield* followersOf(database, relationsIn(database, tables), [...found.values()]);
}

function* rowsAt(database: Database, table: KeyedTable, place: Place): Generator<KeyedRow> {
  const columns = columnsOf(place, table);
  const { sql, bound } = conditionFor(place, columns.map(quoted));
  const matches = matcherOf(place);
  for (const found of keyedRows(database, table, { rest: `WHERE ${sql}`, bound }))
    if (columns.some((name) => matches(found.row[name] ?? null))) yield found;
}

/** Whether the row still has the person in one of these places. */
export const isPersons = ({ table, row }: KeyedRow, places: readonly Place[]): boolean =>
  places
    .filter((place) => place.table === table.name)
    .some((place) => columnsOf(place, table).some((name) => matcherOf(place)(row[name] ?? null)));

/** The places of those that a database has. A pattern of files may name databases of different kinds. @throws PluginError `invalid` when none has one */
export function placesOf(
  database: Database,
  places: readonly Place[],
  isOneOfMany: boolean,
): readonly Place[] {
  if (!isOneOfMany) return places;
  const tables = keyedTables(database);
  return places.filter(({ table }) => tables.has(table));
}
