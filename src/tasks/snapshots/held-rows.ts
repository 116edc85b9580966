/**
 * What was read of manifests, and of what is known of copies, in `.contextcore/snapshots.db`, so that it need not be read again. It can be
 * thrown away: whatever is wrong with it is as if it had never been kept.
 */
import { constants, Database } from "bun:sqlite";
import { join } from "node:path";
import { isThere } from "../../storage/entries.ts";
import { makeOwnDirectory, requireOwnFile } from "../../storage/own-file.ts";
import { removeFile } from "../../storage/unsynced.ts";
import { systemCode } from "../../units/system-refusal.ts";
import { VERSION } from "../../version.ts";

/** What was read of one file. */
interface HeldRow {
  readonly path: string;
  /** Of the file when it was read: as long as it has that mark, the value is true. */
  readonly mark: string;
  /** JSON. */
  readonly value: string;
}

/** Rows by their path. Nothing here throws. */
export interface HeldRows extends Disposable {
  all(): Iterable<HeldRow>;
  /** By path. */
  marks(): ReadonlyMap<string, string>;
  change(put: readonly HeldRow[], gone: readonly string[]): void;
}

/** Nothing is remembered. */
const NO_ROWS: HeldRows = {
  all: () => [],
  marks: () => new Map(),
  change: () => undefined,
  [Symbol.dispose]: () => undefined,
};

/** Another process writes for a moment. ms */
const BUSY_MS = 2_000;

const fileIn = (project: string): string => join(project, ".contextcore", "snapshots.db");

/** Those of this project, if a service has ever begun to keep them: a command that only looks leaves nothing behind. */
export const heldRowsOf = (project: string): HeldRows =>
  isThere(fileIn(project)) ? keptHeldRows(project) : NO_ROWS;

/** The same; from now on they are kept. */
export function keptHeldRows(project: string): HeldRows {
  const path = fileIn(project);
  try {
    makeOwnDirectory(join(path, ".."), undefined, 0o700);
    requireOwnFile(path, 0o600);
    return opened(path);
  } catch (error) {
    // Where another process holds it, or the system refuses it, it is sound and stays.
    if (isDamage(error)) for (const end of ["", "-wal", "-shm"]) dropped(`${path}${end}`);
    return NO_ROWS;
  }
}

/** Whether SQLite says that the file is no database, a damaged one, or one of something else. */
const isDamage = (error: unknown): boolean =>
  /^SQLITE_(NOTADB|CORRUPT.*|ERROR)$/.test(systemCode(error) ?? "");

function opened(path: string): HeldRows {
  const database = new Database(path, constants.SQLITE_OPEN_READWRITE | constants.SQLITE_OPEN_NOFOLLOW);
  const pragmas = [
    `busy_timeout = ${BUSY_MS}`,
    "trusted_schema = off",
    "journal_mode = wal",
    "synchronous = off",
  ];
  try {
    for (const pragma of pragmas) database.run(`PRAGMA ${pragma}`);
    database.run(
      "CREATE TABLE IF NOT EXISTS files (path TEXT PRIMARY KEY, mark TEXT, value TEXT, program TEXT) STRICT",
    );
    // What another version has read it has understood in its own way.
    database.run("DELETE FROM files WHERE program <> ?", [VERSION]);
  } catch (error) {
    database.close();
    throw error;
  }
  const atOnce = database.transaction((put: readonly HeldRow[], gone: readonly string[]) => {
    for (const path of gone) database.run("DELETE FROM files WHERE path = ?", [path]);
    for (const { path, mark, value } of put)
      database.run("INSERT OR REPLACE INTO files VALUES (?, ?, ?, ?)", [path, mark, value, VERSION]);
  });
  return {
    *all() {
      try {
        yield* database.query<HeldRow, []>("SELECT path, mark, value FROM files").iterate();
      } catch {
        return; // it is read from where it comes from
      }
    },
    marks: () =>
      orNothing(
        () =>
          new Map(database.query<HeldRow, []>("SELECT path, mark FROM files").values() as [string, string][]),
        new Map(),
      ),
    change: (put, gone) => orNothing(() => atOnce.immediate(put, gone), undefined),
    [Symbol.dispose]: () => database.close(),
  };
}

function orNothing<Value>(work: () => Value, nothing: Value): Value {
  try {
    return work();
  } catch {
    return nothing; // it is read from where it comes from
  }
}

const dropped = (path: string): void => orNothing(() => removeFile(path), undefined);
