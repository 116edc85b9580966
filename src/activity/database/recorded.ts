/** When runs were written down: the order in which they are saved. */
import type { DatabaseSync } from "node:sqlite";

/** A clock that was further ahead than this is not waited for. ms */
const AHEAD_MAX = 3_600_000;

/**
 * Tells the time to whoever has the right to write; never one before what was written last, though the clock be put back, so
 * that what is saved up to some moment gets no more runs.
 * @returns gives ms since 1970
 */
export function recordingClock(database: DatabaseSync): () => number {
  const newest = database.prepare("SELECT max(recorded) AS last FROM runs WHERE recorded IS NOT NULL");
  return () => {
    const now = Date.now();
    const last = Number(newest.get()?.last ?? 0);
    return last > now && last - now < AHEAD_MAX ? last : now;
  };
}
