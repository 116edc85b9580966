/**
 * One writer at a time, across processes. The lock is SQLite's on an empty file: the operating system frees it when its
 * holder dies, however it dies, so there is no stale lock to recognise; it is the same code on Linux, macOS and Windows.
 */
import type { Database } from "bun:sqlite";
import { existsSync } from "node:fs";
import { openLockFile } from "../../storage/lock-file.ts";
import { cannot, codeOf, TrailError } from "../format/error.ts";

/** Frees a lock. */
export type Release = () => void;

/** How long to wait for another holder, ms. */
const PATIENCE_MS = 30_000;

/** Between two attempts: long enough that many waiting processes do not keep the holder from its work, ms. */
const LONGEST_WAIT_MS = 16;

/**
 * Waits until no other process, and no other caller in this one, holds the lock at `path`, and takes it.
 * @throws TrailError when the lock file cannot be made, or its holder does not let go in time
 */
export async function acquireLock(path: string, patienceMs = PATIENCE_MS): Promise<Release> {
  const database = openLock(path);
  const deadline = performance.now() + patienceMs;
  for (let waitMs = 1; !isTaken(database, path); waitMs = Math.min(waitMs * 2, LONGEST_WAIT_MS)) {
    if (performance.now() > deadline) {
      database.close();
      throw new TrailError(`another process has held ${path} for ${Math.round(patienceMs / 1000)} s`, {
        hint: "Find it with `fuser` or `lsof`; if it is stopped, continue or end it.",
      });
    }
    await Bun.sleep(waitMs * (0.5 + Math.random()));
  }
  return () => database.close();
}

/** Takes the lock if it is free. @throws TrailError when the lock file cannot be made */
export function tryLock(path: string): Release | undefined {
  const database = openLock(path);
  if (isTaken(database, path)) return () => database.close();
  database.close();
  return undefined;
}

/** Takes it, if nobody has it. */
function isTaken(database: Database, path: string): boolean {
  try {
    database.run("BEGIN IMMEDIATE");
    return true;
  } catch (cause) {
    if (codeOf(cause) === "SQLITE_BUSY") return false;
    database.close();
    throw cannot("lock", path, cause);
  }
}

/** Runs the work while holding the lock. @throws TrailError as {@link acquireLock} */
export async function withLock<Result>(path: string, work: () => Promise<Result>): Promise<Result> {
  const release = await acquireLock(path);
  try {
    return await work();
  } finally {
    release();
  }
}

/**
 * Runs the work while holding the lock, without making a lock file: where there is none, or it cannot be written to,
 * nobody writes.
 * @throws TrailError when its holder does not let go in time
 */
export async function withLockIfThere<Result>(path: string, work: () => Result): Promise<Result> {
  if (!existsSync(path)) return work();
  try {
    return await withLock(path, async () => work());
  } catch (error) {
    if (error instanceof TrailError && codeOf(error.cause) !== undefined) return work();
    throw error;
  }
}

function openLock(path: string): Database {
  try {
    const database = openLockFile(path);
    database.run("PRAGMA busy_timeout = 0");
    return database;
  } catch (cause) {
    throw cannot("open the lock file", path, cause);
  }
}
