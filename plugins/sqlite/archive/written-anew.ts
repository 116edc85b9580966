/** Writes a database anew in its place: pages that SQLite rearranged earlier keep bytes of rows that are gone, whatever `secure_delete` says. */
import type { Database } from "bun:sqlite";
import { quoted, type Table, tablesIn } from "../database.ts";

/**
 * Every row keeps its content and its place: `VACUUM` would number those of a table anew that has neither an `INTEGER PRIMARY KEY` nor an
 * index, so such a table gets one for as long as that takes. https://www.sqlite.org/lang_vacuum.html
 */
export function writtenAnewInPlace(database: Database): void {
  const bare = tablesIn(database).filter((one) => isBare(database, one));
  const indexed = bare.map(({ name, columns }) => ({ name, column: columns[0], index: `${INDEX}${name}` }));
  for (const { name, column, index } of indexed)
    if (column !== undefined)
      database.run(`CREATE INDEX IF NOT EXISTS ${quoted(index)} ON ${quoted(name)} (${quoted(column)})`);
  try {
    database.run("VACUUM");
  } finally {
    for (const { index } of indexed) database.run(`DROP INDEX IF EXISTS ${quoted(index)}`);
  }
}

const INDEX = "contextcore keeps the places of ";

/** An index of ours that a crash has left is none. */
function isBare(database: Database, { name, hasRowid }: Table): boolean {
  if (!hasRowid) return false;
  const indexes = database
    .query<{ name: string }, [string]>("SELECT name FROM pragma_index_list(?)")
    .all(name);
  if (indexes.some((one) => !one.name.startsWith(INDEX))) return false;
  const key = database
    .query<{ type: string }, [string]>("SELECT type FROM pragma_table_info(?) WHERE pk > 0")
    .all(name);
  return !(key.length === 1 && key[0]?.type.toUpperCase() === "INTEGER");
}
