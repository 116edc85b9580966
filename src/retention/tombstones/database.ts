/** `.contextcore/erased.db`: the tombstones, in the batches that they came in. Looking one up reads a few pages, however many there are. */
import { constants, Database, SQLiteError } from "bun:sqlite";
import { randomBytes } from "node:crypto";
import { requireOwnFile } from "../../storage/own-file.ts";
import { TombstoneError } from "./error.ts";

const BUSY_MS = 30_000;
const MODE = 0o600;
/** What SQLite holds of it in memory, KiB. */
const CACHE_KIB = 16 << 10;

/** Opens it, and makes it if there is none; the caller closes it. @throws TombstoneError; UnsafeFileError */
export function openErased(path: string): Database {
  requireOwnFile(path, MODE);
  return explaining(path, () => {
    const { SQLITE_OPEN_READWRITE, SQLITE_OPEN_NOFOLLOW } = constants;
    const database = new Database(path, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOFOLLOW);
    try {
      for (const pragma of PRAGMAS) database.run(`PRAGMA ${pragma}`);
      if (versionOf(database) !== VERSION) database.transaction(() => prepared(database, path)).immediate();
      return database;
    } catch (error) {
      database.close();
      throw error;
    }
  });
}

/** A tombstone that is lost lets a record come back, so each commit waits for the disk. Nothing of the file's schema may call a function. */
const PRAGMAS = [
  `busy_timeout = ${BUSY_MS}`,
  "trusted_schema = off",
  "journal_mode = wal",
  "synchronous = full",
  `cache_size = -${CACHE_KIB}`,
];

const VERSION = 1;

const versionOf = (database: Database): number =>
  database.query<{ user_version: number }, []>("PRAGMA user_version").get()?.user_version ?? 0;

/** Its id names its folder in places: batches are numbered in this database alone. */
function prepared(database: Database, path: string): void {
  const version = versionOf(database);
  if (version === VERSION) return;
  if (version > VERSION)
    throw new TombstoneError(`${path} belongs to another version of contextcore`, "use that version");
  database.run("CREATE TABLE about (id TEXT NOT NULL, batches INTEGER NOT NULL, size INTEGER NOT NULL)");
  database.run("CREATE TABLE erased (tag BLOB PRIMARY KEY, batch INTEGER NOT NULL) WITHOUT ROWID");
  database.run("INSERT INTO about VALUES (?, 0, 0)", [randomBytes(8).toString("hex")]);
  database.run(`PRAGMA user_version = ${VERSION}`);
}

/** Runs work on the database at `path`. @throws TombstoneError for what SQLite says of it */
export function explaining<Result>(path: string, work: () => Result): Result {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof SQLiteError)) throw error;
    const isDamaged = /^SQLITE_(CORRUPT|NOTADB)/.test(error.code ?? "");
    throw new TombstoneError(
      `the list of what was erased, ${path}, cannot be used: ${error.message}`,
      isDamaged
        ? "bring it back from a backup of the project, or from a place: every place has it"
        : "see whether this user may write there, and whether the disk is full",
      error,
    );
  }
}
