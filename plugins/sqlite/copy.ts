/**
 * A copy of a database as it is at one moment, while others go on writing. SQLite's backup makes it in one step: in several, it
 * would begin anew whenever another connection writes. A plain copy of the file would lack what is still in its log.
 * https://www.sqlite.org/backup.html
 */
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isKind, PluginError } from "contextcore";
import { classified, rowsIn, tablesIn, withDatabase } from "./database.ts";

/** A copy that lies in a temporary directory until it is disposed of. */
interface Copy extends Disposable {
  readonly path: string;
}

/** More pages than a database can have, so that it is copied in one step. */
const ALL_PAGES = 2 ** 31 - 1;

/** Takes a copy. @throws PluginError */
export async function takeCopy(path: string): Promise<Copy> {
  const directory = mkdtempSync(join(tmpdir(), "contextcore-sqlite-"));
  const remove = (): void => rmSync(directory, { recursive: true, force: true });
  const target = join(directory, "copy.db");
  try {
    await backUp(path, target);
    return { path: target, [Symbol.dispose]: remove };
  } catch (error) {
    remove();
    throw classified(error, path);
  }
}

async function backUp(path: string, target: string): Promise<void> {
  const { DatabaseSync, backup } = await import("node:sqlite");
  // An own message: SQLite would create an empty database, or say "unable to open database file".
  if (!statSync(path, { throwIfNoEntry: false })?.isFile())
    throw new PluginError("not-found", `${path} is not there`);
  const source = new DatabaseSync(path, { readOnly: true, timeout: 2_000 });
  try {
    await backup(source, target, { rate: ALL_PAGES });
  } finally {
    source.close();
  }
}

/** How many bytes a copy takes: the pages that the database has, those in its log included. @throws PluginError */
export const copyBytes = (path: string): number =>
  withDatabase(path, "read", (database) => {
    const number = (pragma: string): number =>
      Number(Object.values(database.query(`PRAGMA ${pragma}`).get() ?? {})[0]);
    return number("page_count") * number("page_size");
  });

/** What SQLite itself says of a copy. */
export interface Health {
  /** What is wrong with its pages and indexes, in SQLite's words; empty when it is sound. */
  readonly flaws: readonly string[];
  /** The tables with rows whose foreign keys refer to none. SQLite accepts such rows unless a program asks it not to. */
  readonly dangling: readonly string[];
  readonly tables: number;
  readonly rows: number;
}

const FLAWS_MAX = 5;

/** Checks pages, indexes and foreign keys, and counts all rows. @throws PluginError when it cannot be opened */
export function examine(path: string): Health {
  try {
    return healthOf(path);
  } catch (error) {
    // Some damage keeps SQLite from reading the schema, and so from the check itself.
    const cause = isKind(error, "invalid") ? error.cause : undefined;
    if (!(cause instanceof Error)) throw error;
    return { flaws: [cause.message], dangling: [], tables: 0, rows: 0 };
  }
}

const healthOf = (path: string): Health =>
  withDatabase(path, "read", (database) => {
    const flaws = database
      .query<{ integrity_check: string }, []>(`PRAGMA integrity_check(${FLAWS_MAX})`)
      .all()
      .map((row) => row.integrity_check.trim())
      .filter((text) => text !== "ok");
    const tables = tablesIn(database);
    if (flaws.length > 0) return { flaws, dangling: [], tables: tables.length, rows: 0 };
    const orphans = database.query<{ table: string }, []>("PRAGMA foreign_key_check").all();
    const rows = tables.map(({ name }) => rowsIn(database, name));
    return {
      flaws,
      dangling: [...new Set(orphans.map(({ table }) => table))],
      tables: tables.length,
      rows: rows.reduce((sum, count) => sum + count, 0),
    };
  });
