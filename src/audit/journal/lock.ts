/** One writer of a trail at a time. */
import * as locks from "../../storage/lock.ts";
import type { FileFailure } from "../../storage/refusal.ts";
import { cannot, TrailError } from "../format/error.ts";

/** Takes the lock if it is free. @throws TrailError when its file cannot be used */
export function tryTrailLock(path: string): locks.Lock | undefined {
  try {
    return locks.tryLock(path);
  } catch (cause) {
    throw cannot("lock", path, cause);
  }
}

const fail = ({ message, ...more }: FileFailure): TrailError => new TrailError(message, more);

/** Runs the work while holding the lock. @throws TrailError when its file cannot be used, or its holder does not let go in time */
export const withTrailLock = <Result>(
  path: string,
  work: (lock: locks.Lock) => Promise<Result>,
): Promise<Result> => locks.withLock(path, fail, work);

/** The same without making a lock file: where there is none, nobody writes. @throws TrailError when its holder does not let go in time */
export const withTrailLockIfThere = <Result>(path: string, work: () => Result): Promise<Result> =>
  locks.withLockIfThere(path, fail, work);

/**
 * The same where there may be no place for a lock: the work is then done without.
 * @param prepare makes that place @throws TrailError when its holder does not let go in time
 */
export const withOwnLock = <Result>(
  path: string,
  prepare: () => void,
  work: () => Promise<Result>,
): Promise<Result> => locks.withLockIfCan(path, { prepare, fail }, work);
