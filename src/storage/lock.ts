/**
 * One holder at a time, across processes. The lock is SQLite's on an empty file: the operating system frees it when its holder
 * dies, so there are no stale locks to detect, and the code is the same on Linux, macOS and Windows.
 */
import { Database } from "bun:sqlite";
import { existsSync } from "node:fs";
import { systemCode } from "../units/system-refusal.ts";
import { requireOwnFile } from "./own-file.ts";
import { type FileFailure, fileFailure } from "./refusal.ts";

/** A lock that is held. */
export interface Lock {
  release(): void;
}

/** How long to wait for another holder, ms. */
const PATIENCE_MS = 30_000;

/** Delay between attempts, long enough that many waiting processes do not slow down the holder. ms */
const LONGEST_WAIT_MS = 16;

/**
 * Takes the lock at `path`, creating its file if necessary.
 * @returns `undefined` when it is held, by this process or another
 * @throws UnsafeFileError; what the system, or SQLite, says about its file
 */
export function tryLock(path: string): Lock | undefined {
  const database = openLockFile(path);
  if (isTaken(database)) return heldBy(database);
  database.close();
  return undefined;
}

/**
 * Like {@link tryLock}, but waits for the holder. @returns `undefined` when it is not released in time @throws as {@link
 * tryLock}
 */
export async function waitForLock(path: string, patienceMs = PATIENCE_MS): Promise<Lock | undefined> {
  const database = openLockFile(path);
  const deadline = performance.now() + patienceMs;
  for (let waitMs = 1; !isTaken(database); waitMs = Math.min(waitMs * 2, LONGEST_WAIT_MS)) {
    if (performance.now() > deadline) {
      database.close();
      return undefined;
    }
    await Bun.sleep(waitMs * (0.5 + Math.random()));
  }
  return heldBy(database);
}

/** How a lock file that cannot be used, or is held too long, is told. */
export type LockFailure = (failure: FileFailure) => Error;

/**
 * Runs the work while holding the lock.
 * @param fail makes what is thrown when its file cannot be used, or its holder does not let go in time
 */
export async function withLock<Result>(
  path: string,
  fail: LockFailure,
  work: () => Promise<Result>,
): Promise<Result> {
  const lock = await waitForLock(path).catch((cause) => {
    throw fail(fileFailure("lock", path, cause, { purpose: "write" }));
  });
  return holding(path, lock, fail, work);
}

/**
 * The same without making a lock file: where there is none, or it cannot be written to, nobody writes.
 * @param fail makes what is thrown when its holder does not let go in time
 */
export async function withLockIfThere<Result>(
  path: string,
  fail: LockFailure,
  work: () => Result,
): Promise<Result> {
  const lock = existsSync(path) ? await waitForLock(path).catch(() => UNLOCKED) : UNLOCKED;
  return holding(path, lock, fail, async () => work());
}

const UNLOCKED: Lock = { release() {} };

async function holding<Result>(
  path: string,
  lock: Lock | undefined,
  fail: LockFailure,
  work: () => Promise<Result>,
): Promise<Result> {
  if (lock === undefined)
    throw fail({
      message: `another process has held ${path} for ${PATIENCE_MS / 1000} s`,
      hint: "Find it with `fuser` or `lsof`; if it is stopped, continue or end it.",
      cause: undefined,
    });
  try {
    return await work();
  } finally {
    lock.release();
  }
}

const heldBy = (database: Database): Lock => ({ release: () => database.close() });

/** The file stays empty; only SQLite's lock on it matters. */
function openLockFile(path: string): Database {
  requireOwnFile(path);
  const database = new Database(path, { create: true, readwrite: true });
  database.run("PRAGMA journal_mode = MEMORY"); // no journal file beside the lock
  database.run("PRAGMA busy_timeout = 0");
  return database;
}

/** Takes it, if nobody holds it. */
function isTaken(database: Database): boolean {
  try {
    database.run("BEGIN IMMEDIATE");
    return true;
  } catch (error) {
    if (systemCode(error)?.startsWith("SQLITE_BUSY")) return false;
    database.close();
    throw error;
  }
}
