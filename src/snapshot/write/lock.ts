import { Database } from "bun:sqlite";
import { rmSync } from "node:fs";
import { SnapshotError } from "../format/errors.ts";

/** A lock that the system takes away when its process ends, however it ends. */
export interface Lock {
  /** Lets go and removes the lock's file. */
  release(): void;
}

/**
 * Takes the lock of an unfinished snapshot, so that two processes never write it. An SQLite database that holds nothing
 * is used for its file lock: the same on every system, and gone with the process.
 * @throws SnapshotError when another process holds it.
 */
export function takeLock(path: string): Lock {
  const database = new Database(path);
  try {
    database.run("PRAGMA journal_mode=MEMORY");
    database.run("BEGIN EXCLUSIVE");
  } catch (cause) {
    database.close();
    throw new SnapshotError(`${path}: another export is writing this snapshot`, {
      cause,
      hint: "Wait for it to end, or stop it.",
    });
  }
  return {
    release() {
      database.close();
      rmSync(path, { force: true });
    },
  };
}
