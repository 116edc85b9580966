/** `.contextcore/activity.db`: one file, into which many processes write. */
import { basename, dirname, join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { renameDurably } from "../../storage/durable.ts";
import { isThere } from "../../storage/entries.ts";
import { makeOwnDirectory, requireOwnFile } from "../../storage/own-file.ts";
import { writeWhole } from "../../storage/whole-file.ts";
import { messageOf } from "../../units/message-of.ts";
import { STEPS } from "./schema.ts";

/** The database cannot be used. */
class ActivityError extends Error {
  override readonly name = "ActivityError";
  readonly hint: string;
  /** It is no database, or no longer one. */
  readonly isDamaged: boolean;

  constructor(
    message: string,
    hint: string,
    { cause, isDamaged = false }: { cause?: unknown; isDamaged?: boolean } = {},
  ) {
    super(message, { cause });
    this.hint = hint;
    this.isDamaged = isDamaged;
  }
}

/** Whether a database cannot be used because it is none, or no longer one. */
export const isDamage = (error: unknown): boolean => error instanceof ActivityError && error.isDamaged;

/** SQLite's primary result codes for that: corrupt, and not a database. */
const DAMAGED: ReadonlySet<number> = new Set([11, 26]);

/** Whether SQLite's own error says so. */
export const saysDamage = (error: unknown): boolean => DAMAGED.has(primaryCode(error));

/** What kind of error of SQLite it is; 0: another one. */
export const primaryCode = (error: unknown): number =>
  typeof error === "object" && error !== null && "errcode" in error ? Number(error.errcode) & 0xff : 0;

/** Looks through all of it. @throws ActivityError when it is damaged */
export function requireSound(database: DatabaseSync, path: string): void {
  const found = Object.values(database.prepare("PRAGMA quick_check(1)").get() ?? {})[0];
  if (found !== "ok") throw explained(new Error(String(found)), path, true);
}

/** Gives a damaged database another name, so that a new one can be made in its place. @returns the name @throws what the system throws */
export function setAside(path: string): string {
  const name = `${path}.damaged-${new Date().toISOString().replace(/[-:]|\.\d+/g, "")}`;
  let aside = name;
  for (let number = 2; isThere(aside); number += 1) aside = `${name}-${number}`;
  for (const end of ["-wal", "-shm", ""])
    if (isThere(`${path}${end}`)) renameDurably(`${path}${end}`, `${aside}${end}`);
  return aside;
}

/** How it is opened. */
interface OpenOptions {
  /** How long another process's write is waited for, ms: this blocks the thread. */
  readonly busyMs?: number;
  /** Nothing is written, and it must be there. */
  readonly isReadOnly?: boolean;
}

/** Of one's own: what people asked is in it. */
const MODE = 0o600;
const BUSY_MS = 5_000;

/** What people asked must not get into a repository by `git add .`. */
function prepareDirectory(directory: string): void {
  makeOwnDirectory(directory, undefined, 0o700);
  const ignored = join(directory, ".gitignore");
  if (basename(directory) === ".contextcore" && !isThere(ignored))
    writeWhole(ignored, "*\n", { ifAbsent: true, isDurable: false });
}

/** Opens the database, and makes it, or brings it up to date, if necessary; the caller closes it. @throws ActivityError; UnsafeFileError */
export function openActivity(
  path: string,
  { busyMs = BUSY_MS, isReadOnly = false }: OpenOptions = {},
): DatabaseSync {
  if (!isReadOnly) prepareDirectory(dirname(path));
  requireOwnFile(path, MODE);
  let database: DatabaseSync | undefined;
  try {
    database = new DatabaseSync(path, { readOnly: isReadOnly });
    for (const pragma of pragmas(busyMs, isReadOnly)) database.exec(`PRAGMA ${pragma}`);
    if (!isReadOnly || versionOf(database) >= STEPS.length) {
      bringUpToDate(database, path);
      return database;
    }
    // One of an earlier version is brought up to date before it is looked at.
    database.close();
    database = undefined;
    openActivity(path, { busyMs }).close();
    return openActivity(path, { busyMs, isReadOnly });
  } catch (error) {
    database?.close();
    throw error instanceof ActivityError ? error : explained(error, path);
  }
}

/**
 * What is deleted leaves no text behind, in the file or beside it; how pages are given back is settled before the first table.
 * The file may come from elsewhere, so nothing of its schema may call a function that does something.
 */
const pragmas = (busyMs: number, isReadOnly: boolean): string[] => [
  `busy_timeout = ${busyMs}`,
  "trusted_schema = off",
  "foreign_keys = on",
  ...(isReadOnly
    ? []
    : ["auto_vacuum = incremental", "journal_mode = wal", "synchronous = normal", "secure_delete = on"]),
];

/** Several processes may begin at once, so each step is looked at again where nobody else writes. */
function bringUpToDate(database: DatabaseSync, path: string): void {
  const version = versionOf(database);
  if (version > STEPS.length) throw otherVersion(path);
  for (let done = version; done < STEPS.length; done = versionOf(database)) {
    inTransaction(database, () => {
      const now = versionOf(database);
      const step = STEPS[now];
      if (step === undefined) return;
      database.exec(step);
      database.exec(`PRAGMA user_version = ${now + 1}`);
    });
  }
}

/** Begins with the right to write, so that it never has to be taken later, which fails at once where another process wrote. */
export function inTransaction<Result>(database: DatabaseSync, work: () => Result): Result {
  database.exec("BEGIN IMMEDIATE");
  try {
    const result = work();
    database.exec("COMMIT");
    return result;
  } catch (error) {
    // A full disk may have ended it already.
    if (database.isTransaction) database.exec("ROLLBACK");
    throw error;
  }
}

const versionOf = (database: DatabaseSync): number =>
  Number(database.prepare("PRAGMA user_version").get()?.user_version ?? 0);

const otherVersion = (path: string): ActivityError =>
  new ActivityError(`${path} belongs to another version of contextcore`, "use that version for it");

function explained(error: unknown, path: string, isDamaged = saysDamage(error)): ActivityError {
  const hint = isDamaged ? damaged(path) : ORDINARY;
  return new ActivityError(`${path} cannot be used: ${messageOf(error)}`, hint, { cause: error, isDamaged });
}

const ORDINARY = "see whether this user may write there, and whether the disk is full";

const damaged = (path: string): string =>
  `it is damaged: what takes the next run in sets it aside as ${basename(path)}.damaged-TIME, and makes a new one`;
