/**
 * One holder at a time, across processes. The lock is SQLite's on an empty file: the operating system frees it when its holder
 * dies, so there are no stale locks to detect, and the code is the same on Linux, macOS and Windows.
 */
import { Database } from "bun:sqlite";
import { systemCode } from "../units/system-refusal.ts";
import { entryAt, isThere } from "./entries.ts";
import { requireOwnFile } from "./own-file.ts";
import { type FileFailure, fileFailure } from "./refusal.ts";

/** A lock that is held. */
export interface Lock {
  release(): void;
  /** False once its file was removed or replaced: another process may then hold a lock of the same name. */
  isInPlace(): boolean;
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
  for (;;) {
    const opened = openLockFile(path);
    const isFree = isTaken(opened.database);
    if (isFree && isStill(opened)) return heldBy(opened);
    opened.database.close();
    // What was removed in the meantime holds nobody: its holder has just gone.
    if (!isFree) return undefined;
  }
}

/**
 * Like {@link tryLock}, but waits for the holder. @returns `undefined` when it is not released in time @throws as {@link
 * tryLock}
 */
export async function waitForLock(path: string, patienceMs = PATIENCE_MS): Promise<Lock | undefined> {
  let opened = openLockFile(path);
  const deadline = performance.now() + patienceMs;
  for (
    let waitMs = 1;
    !isTaken(opened.database) || !isStill(opened);
    waitMs = Math.min(waitMs * 2, LONGEST_WAIT_MS)
  ) {
    if (performance.now() > deadline) {
      opened.database.close();
      return undefined;
    }
    // A lock on a removed file excludes nobody who opens the new file of that name.
    if (!isStill(opened)) {
      opened.database.close();
      opened = openLockFile(path);
      continue;
    }
    await Bun.sleep(waitMs * (0.5 + Math.random()));
  }
  return heldBy(opened);
}

/** A lock's file, and which one it was when it was opened. */
interface Opened {
  readonly database: Database;
  readonly path: string;
  readonly identity: string | undefined;
}

const heldBy = (opened: Opened): Lock => ({
  release: () => opened.database.close(),
  isInPlace: () => isStill(opened),
});

/** Which file it is. The inode's number alone may be given to the next file. */
function identityOf(path: string): string | undefined {
  const found = entryAt(path);
  return found && `${found.dev}:${found.ino}:${found.bornNs}`;
}

const isStill = ({ path, identity }: Opened): boolean =>
  identity !== undefined && identityOf(path) === identity;

/** How a lock file that cannot be used, or is held too long, is told. */
export type LockFailure = (failure: FileFailure) => Error;

/**
 * Runs the work while holding the lock.
 * @param fail makes what is thrown when its file cannot be used, or its holder does not let go in time
 */
export async function withLock<Result>(
  path: string,
  fail: LockFailure,
  work: (lock: Lock) => Promise<Result>,
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
  const lock = isThere(path) ? await waitForLock(path).catch(() => UNLOCKED) : UNLOCKED;
  return holding(path, lock, fail, async () => work());
}

/**
 * The same where there may be no place for a lock: the work is then done without.
 * @param how makes that place, and what is thrown when its holder does not let go in time
 */
export async function withLockIfCan<Result>(
  path: string,
  { prepare, fail }: { readonly prepare: () => void; readonly fail: LockFailure },
  work: () => Promise<Result>,
): Promise<Result> {
  const taken = async (): Promise<Lock | undefined> => {
    prepare();
    return waitForLock(path);
  };
  return holding(path, await taken().catch(() => UNLOCKED), fail, work);
}

const UNLOCKED: Lock = { release() {}, isInPlace: () => true };

async function holding<Result>(
  path: string,
  lock: Lock | undefined,
  fail: LockFailure,
  work: (lock: Lock) => Promise<Result>,
): Promise<Result> {
  if (lock === undefined)
    throw fail({
      message: `another process has held ${path} for ${PATIENCE_MS / 1000} s`,
      hint: "Find it with `fuser` or `lsof`; if it is stopped, continue or end it.",
      cause: undefined,
    });
  try {
    return await work(lock);
  } finally {
    lock.release();
  }
}

/** The file stays empty; only SQLite's lock on it matters. */
function openLockFile(path: string): Opened {
  requireOwnFile(path);
  const identity = identityOf(path);
  const database = new Database(path, { create: true, readwrite: true });
  database.run("PRAGMA journal_mode = MEMORY"); // no journal file beside the lock
  database.run("PRAGMA busy_timeout = 0");
  return { database, path, identity };
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
