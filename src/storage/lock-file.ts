import { Database } from "bun:sqlite";
import { closeSync } from "node:fs";
import { openOwnSync } from "./own-file.ts";

/**
 * The database that a lock file is, made where there is none. It holds nothing: what serves is SQLite's lock on it, which
 * is the same on every system and gone with its process.
 * @throws UnsafeFileError; what SQLite says of a file that is none of its own
 */
export function openLockFile(path: string): Database {
  closeSync(openOwnSync(path, "append"));
  const database = new Database(path, { create: true, readwrite: true });
  database.run("PRAGMA journal_mode = MEMORY"); // no journal file beside the lock
  return database;
}
