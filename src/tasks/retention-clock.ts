/** Nothing is past its time by a clock that is wrong. */
import { trailLinesBackward } from "../audit/journal/segments.ts";
import { newestOf } from "../audit/read/query.ts";
import { createdAt, type KeptSnapshot } from "../snapshot/catalog/kept.ts";
import { SKEW_MAX_MS } from "../units/clock-skew.ts";
import { fromMs, fromRfc3339, toRfc3339 } from "../units/range.ts";
import { RefusedError } from "./task/errors.ts";

/** This machine's clock is wrong. Exit code 4, nothing was done. */
export class WrongClockError extends RefusedError {}

/** A clock that was wrong for a while may have written the very last ones. */
const EVENTS_LOOKED_AT = 100;

/**
 * @param now ns
 * @throws WrongClockError when something was recorded or saved later than now; TrailError
 */
export function refuseWrongClock(now: bigint, trailFile: string, snapshots: readonly KeptSnapshot[]): void {
  const event = newestEvent(trailFile);
  const saved = snapshots.reduce((newest, one) => later(newest, createdAt(one)), 0n);
  const newest = later(event, saved);
  if (newest <= now + fromMs(SKEW_MAX_MS)) return;
  const what = newest === event ? "an event of the trail" : "a snapshot";
  throw new WrongClockError(
    `this machine's clock says ${toRfc3339(now)}, and ${what} is of ${toRfc3339(newest)}: nothing is past its time by a clock that is wrong`,
    "set the clock, and run it again",
    { clock: toRfc3339(now), newest: toRfc3339(newest) },
  );
}

const later = (one: bigint, other: bigint): bigint => (other > one ? other : one);

/** ns; 0 when there is none */
const newestEvent = (file: string): bigint =>
  newestOf(trailLinesBackward(file), { limit: EVENTS_LOOKED_AT }).matches.reduce(
    (newest, { event }) => later(newest, fromRfc3339(event.timestamp)),
    0n,
  );
