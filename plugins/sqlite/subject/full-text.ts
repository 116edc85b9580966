/** Indexes of words (FTS) beside tables: a word that is deleted stays in them until they are written anew. https://www.sqlite.org/fts5.html */
import type { Database } from "bun:sqlite";
import { quoted } from "../database.ts";

/** Writes those anew that triggers of these tables write to. */
export function tidyFullText(database: Database, tables: Iterable<string>): void {
  const triggers = database.query<{ sql: string }, [string]>(
    "SELECT sql FROM sqlite_schema WHERE type = 'trigger' AND tbl_name = ? COLLATE NOCASE",
  );
  const said = [...tables].flatMap((name) => triggers.all(name)).map(({ sql }) => sql.toLowerCase());
  for (const name of fullTextTables(database))
    if (said.some((sql) => sql.includes(name.toLowerCase())))
      database.run(`INSERT INTO ${quoted(name)}(${quoted(name)}) VALUES ('optimize')`);
}

/** Makes those anew from their tables that these triggers would have written to. */
export function rebuildFullText(database: Database, triggers: readonly string[]): void {
  const said = triggers.map((sql) => sql.toLowerCase());
  for (const name of fullTextTables(database))
    if (said.some((sql) => sql.includes(name.toLowerCase())))
      database.run(`INSERT INTO ${quoted(name)}(${quoted(name)}) VALUES ('rebuild')`);
}

/** The virtual tables that are such indexes. */
const fullTextTables = (database: Database): string[] =>
  database
    .query<{ name: string }, []>(
      "SELECT name FROM sqlite_schema WHERE type = 'table' AND sql LIKE 'CREATE VIRTUAL TABLE%' AND lower(sql) LIKE '%using fts%'",
    )
    .all()
    .map(({ name }) => name);
