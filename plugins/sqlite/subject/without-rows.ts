/** Takes rows out of a database that nobody else uses, so that none of their bytes is left in the file. */
import { Database, SQLiteError } from "bun:sqlite";
import { copyFileSync, renameSync, rmSync } from "node:fs";
import { PluginError, sleep, type UnpackedFile } from "contextcore";
import { classified, quoted } from "../database.ts";
import { type Cell, fromCell } from "../row.ts";
import { rebuildFullText } from "./full-text.ts";
import { isKey, type KeyedRow, keyedTables, rowOf } from "./keys.ts";
import { childrenFirst, followersOf, relationsIn } from "./relations.ts";

interface Named {
  readonly table: string;
  readonly key: readonly Cell[];
}

/** Works on a copy beside the file, which takes its place at the end. @returns how many rows are gone @throws PluginError, with the file unchanged */
export async function withoutRows(
  { file, path }: UnpackedFile,
  references: readonly Named[],
  signal: AbortSignal,
): Promise<number> {
  const [draft, anew] = [`${path}~draft`, `${path}~anew`];
  try {
    copyFileSync(path, draft);
    const { gone, mode } = removed(draft, references);
    if (gone === 0) return 0;
    await sleep(0, signal);
    writtenAnew(draft, anew, mode);
    signal.throwIfAborted();
    renameSync(anew, path);
    return gone;
  } catch (error) {
    throw classified(error, file);
  } finally {
    for (const name of [draft, anew])
      for (const ending of ["", "-wal", "-shm", "-journal"]) rmSync(`${name}${ending}`, { force: true });
  }
}

function removed(path: string, references: readonly Named[]): { gone: number; mode: string } {
  using database = new Database(path, { readwrite: true, create: false, safeIntegers: true, strict: true });
  const [mode] = database.query("PRAGMA journal_mode").values()[0] ?? [];
  database.run("PRAGMA journal_mode = MEMORY");
  database.run("PRAGMA synchronous = OFF");
  const tables = keyedTables(database);
  const named = references.flatMap(({ table, key }) => {
    const own = tables.get(table);
    return own === undefined || own.key.length !== key.length ? [] : (rowOf(database, own, key) ?? []);
  });
  const rows = [...named, ...followersOf(database, relationsIn(database, tables), named)];
  if (rows.length > 0) removeAll(database, rows);
  return { gone: rows.length, mode: String(mode) };
}

/**
 * Triggers do not run: they would forbid it, or note elsewhere what goes. Foreign keys are heeded where that is possible: what refers to
 * the rows goes with them or refers to nothing, as they say; where they forbid it, it refers to what is not there.
 */
function removeAll(database: Database, rows: readonly KeyedRow[]): void {
  for (const foreignKeys of ["ON", "OFF"]) {
    database.run(`PRAGMA foreign_keys = ${foreignKeys}`);
    try {
      database.transaction(() => withoutTriggers(database, () => removeRows(database, rows)))();
      return;
    } catch (error) {
      const isForbidden = error instanceof SQLiteError && /FOREIGNKEY|TRIGGER/.test(error.code ?? "");
      if (!isForbidden || foreignKeys === "OFF") throw error;
    }
  }
}

function withoutTriggers(database: Database, work: () => void): void {
  const triggers = database
    .query<{ name: string; sql: string }, []>(
      "SELECT name, sql FROM sqlite_schema WHERE type = 'trigger' ORDER BY rowid",
    )
    .all();
  for (const { name } of triggers) database.run(`DROP TRIGGER ${quoted(name)}`);
  work();
  rebuildFullText(
    database,
    triggers.map(({ sql }) => sql),
  );
  for (const { sql } of triggers) database.run(sql);
}

function removeRows(database: Database, rows: readonly KeyedRow[]): void {
  const byTable = Map.groupBy(rows, ({ table }) => table.name);
  for (const name of childrenFirst(relationsIn(database, keyedTables(database)), byTable.keys()))
    for (const { table, key } of byTable.get(name) ?? [])
      database.query(`DELETE FROM ${quoted(table.name)} WHERE ${isKey(table)}`).run(...key.map(fromCell));
}

/** Unlike `VACUUM`, `VACUUM INTO` leaves every row its rowid. */
function writtenAnew(path: string, into: string, mode: string): void {
  {
    using database = new Database(path, { readwrite: true, create: false, strict: true });
    const flaws = database.query("PRAGMA quick_check(1)").values();
    if (flaws[0]?.[0] !== "ok") throw new PluginError("invalid", "the database is damaged");
    database.query("VACUUM INTO ?").run(into);
  }
  using database = new Database(into, { readwrite: true, create: false, strict: true });
  // The mode stands in the file itself.
  if (mode === "wal") database.run("PRAGMA journal_mode = WAL");
}
