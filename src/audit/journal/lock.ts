/** One writer of a trail at a time. */
import { existsSync } from "node:fs";
import { type Lock, tryLock, waitForLock } from "../../storage/lock.ts";
import { cannot, TrailError } from "../format/error.ts";

/** Takes the lock if it is free. @throws TrailError when its file cannot be used */
export function tryTrailLock(path: string): Lock | undefined {
  try {
    return tryLock(path);
  } catch (cause) {
    throw cannot("lock", path, cause);
  }
}

/** Runs the work while holding the lock. @throws TrailError when its file cannot be used, or its holder does not let go in time */
export async function withLock<Result>(path: string, work: (lock: Lock) => Promise<Result>): Promise<Result> {
  const lock = await waitForLock(path).catch((cause) => {
    throw cannot("lock", path, cause);
  });
  return holding(path, lock, work);
}

/**
 * Runs the work while holding the lock, without making a lock file: where there is none, or it cannot be written to,
 * nobody writes.
 * @throws TrailError when its holder does not let go in time
 */
export async function withLockIfThere<Result>(path: string, work: () => Result): Promise<Result> {
  const lock = existsSync(path) ? await waitForLock(path).catch(() => UNLOCKED) : UNLOCKED;
  return holding(path, lock, async () => work());
}

/**
 * The same where there may be no place for a lock: the work is then done without.
 * @param prepare makes that place @throws TrailError when its holder does not let go in time
 */
export async function withLockIfCan<Result>(
  path: string,
  prepare: () => void,
  work: () => Promise<Result>,
): Promise<Result> {
  const taken = async (): Promise<Lock | undefined> => {
    prepare();
    return waitForLock(path);
  };
  return holding(path, await taken().catch(() => UNLOCKED), work);
}

const UNLOCKED: Lock = { release() {}, isInPlace: () => true };

async function holding<Result>(
  path: string,
  lock: Lock | undefined,
  work: (lock: Lock) => Promise<Result>,
): Promise<Result> {
  if (lock === undefined)
    throw new TrailError(`another process has held ${path} for 30 s`, {
      hint: "Find it with `fuser` or `lsof`; if it is stopped, continue or end it.",
    });
  try {
    return await work(lock);
  } finally {
    lock.release();
  }
}
