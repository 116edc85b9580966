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

/** Runs the work while holding the lock. @throws TrailError when its file cannot be used, or its holder does not release it in time */
export async function withLock<Result>(path: string, work: () => Promise<Result>): Promise<Result> {
  const lock = await waitForLock(path).catch((cause) => {
    throw cannot("lock", path, cause);
  });
  return holding(path, lock, work);
}

/**
 * Runs the work while holding the lock, but does not create a lock file. Where there is none, or it cannot be written to,
 * there is no writer either.
 * @throws TrailError when its holder does not release it in time
 */
export async function withLockIfThere<Result>(path: string, work: () => Result): Promise<Result> {
  const lock = existsSync(path) ? await waitForLock(path).catch(() => UNLOCKED) : UNLOCKED;
  return holding(path, lock, async () => work());
}

const UNLOCKED: Lock = { release() {} };

async function holding<Result>(
  path: string,
  lock: Lock | undefined,
  work: () => Promise<Result>,
): Promise<Result> {
  if (lock === undefined)
    throw new TrailError(`another process has been holding ${path} for 30 s`, {
      hint: "Find it with `fuser` or `lsof`; if it is stopped, continue or end it.",
    });
  try {
    return await work();
  } finally {
    lock.release();
  }
}
