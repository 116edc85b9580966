/**
 * What the service remembers, in `.contextcore/service.db`: tokens, runs of tasks, the state of schedules. The trail says what
 * was done; this says what the service knows of it, and can be lost.
 */
import { constants, Database, SQLiteError } from "bun:sqlite";
import { join } from "node:path";
import { isThere } from "../storage/entries.ts";
import { makeOwnDirectory, namedPath, requireOwnFile } from "../storage/own-file.ts";
import { MIGRATIONS } from "./migrations.ts";

/** The service's database cannot be used. Exit code 1. */
export class DatabaseError extends Error {
  override readonly name = "DatabaseError";
  readonly hint: string;

  constructor(message: string, hint: string, cause?: unknown) {
    super(message, { cause });
    this.hint = hint;
  }
}

/** How long another process's write is waited for, such as that of `serve token add`. ms */
const BUSY_MS = 5_000;

/** Of one's own, since tokens are in it. */
const MODE = 0o600;

/**
 * Opens the project's database, and makes it, or brings it up to date, if necessary.
 * @param project the directory of its configuration
 * @returns what the caller closes, with `close(true)` @throws DatabaseError; UnsafeFileError
 */
export function openDatabase(project: string): Database {
  const path = databasePath(project);
  makeOwnDirectory(join(path, ".."), undefined, 0o700);
  requireOwnFile(path, MODE);
  return opened(path, constants.SQLITE_OPEN_READWRITE, (database) => {
    // What is deleted leaves no text behind; that and the vacuum count only before the first table.
    for (const pragma of ["auto_vacuum = incremental", "journal_mode = wal", "secure_delete = on"])
      database.run(`PRAGMA ${pragma}`);
    bringUpToDate(database, path);
  });
}

/** The same, but makes none. @returns `undefined` where no service has ever run @throws DatabaseError; UnsafeFileError */
export const openDatabaseIfThere = (project: string): Database | undefined =>
  isThere(databasePath(project)) ? openDatabase(project) : undefined;

/** Opens it to look at. @returns `undefined` where no service has ever run @throws DatabaseError; UnsafeFileError */
export function openDatabaseToRead(project: string): Database | undefined {
  const path = databasePath(project);
  if (!isThere(path)) return undefined;
  requireOwnFile(path, MODE);
  return opened(path, constants.SQLITE_OPEN_READONLY, (database) => {
    if (versionOf(database) !== MIGRATIONS.length) throw otherVersion(path);
  });
}

const databasePath = (project: string): string => join(namedPath(project), ".contextcore", "service.db");

function opened(path: string, mode: number, prepare: (database: Database) => void): Database {
  let database: Database | undefined;
  try {
    database = new Database(path, mode | constants.SQLITE_OPEN_NOFOLLOW);
    // The file may come from elsewhere: nothing of its schema may call a function that does something.
    for (const pragma of [`busy_timeout = ${BUSY_MS}`, "trusted_schema = off", "foreign_keys = on"])
      database.run(`PRAGMA ${pragma}`);
    prepare(database);
    return database;
  } catch (error) {
    database?.close();
    throw explained(error, path);
  }
}

/** Several processes may begin at once: each step is looked at again where nobody else writes. */
function bringUpToDate(database: Database, path: string): void {
  if (versionOf(database) > MIGRATIONS.length) throw otherVersion(path);
  const step = database.transaction(() => {
    const done = versionOf(database);
    const sql = MIGRATIONS[done];
    if (sql === undefined) return false;
    database.run(sql);
    database.run(`PRAGMA user_version = ${done + 1}`);
    return true;
  });
  while (step.immediate());
}

const versionOf = (database: Database): number =>
  database.query<{ user_version: number }, []>("PRAGMA user_version").get()?.user_version ?? 0;

const otherVersion = (path: string): DatabaseError =>
  new DatabaseError(
    `${path} belongs to another version of contextcore`,
    "use that version, or let the service of this one start once",
  );

function explained(error: unknown, path: string): unknown {
  if (!(error instanceof SQLiteError)) return error;
  const what = `the service's database ${path} cannot be used: ${error.message}`;
  const isDamaged = /^SQLITE_(CORRUPT|NOTADB)/.test(error.code ?? "");
  return new DatabaseError(
    what,
    isDamaged ? DAMAGED : "see whether this user may write there, and whether the disk is full",
    error,
  );
}

const DAMAGED =
  "move it away, and the service makes a new one: tokens and the list of runs are lost then, snapshots and the trail are not";
