/**
 * One holder at a time, across processes. The lock is SQLite's on an empty file: the operating system frees it when its holder
 * dies, so there are no stale locks to detect, and the code is the same on Linux, macOS and Windows.
 */
import { Database } from "bun:sqlite";
import { lstatSync } from "node:fs";
import { requireOwnFile } from "./own-file.ts";
import { systemCode } from "./refusal.ts";

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
  const opened = openLockFile(path);
  if (isTaken(opened.database) && isStill(opened)) return heldBy(opened);
  opened.database.close();
  return undefined;
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
    // Whoever waits at a file that was removed waits for nobody, or beside others.
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

/** A number alone may be given to the next file. */
function identityOf(path: string): string | undefined {
  const found = lstatSync(path, { bigint: true, throwIfNoEntry: false });
  return found && `${found.dev}:${found.ino}:${found.birthtimeNs}`;
}

const isStill = ({ path, identity }: Opened): boolean =>
  identity !== undefined && identityOf(path) === identity;

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
