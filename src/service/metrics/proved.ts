/** Whether the trail is what was recorded: all of it is read, so not at each scrape. */
import { TrailError } from "../../audit/format/error.ts";
import { verifyTrail } from "../../audit/verify/verify.ts";
import type { Config } from "../../config/config.ts";
import { isThere } from "../../storage/entries.ts";
import { trailPlaces } from "../../tasks/stack/trail-places.ts";
import { NEVER, withTimeLimit } from "../../units/time-limit.ts";

/** What a verification found. */
export interface Proved {
  readonly isSound: boolean;
  /** When it was begun, ms since the epoch. */
  readonly at: number;
}

/**
 * Verifies the trail, its home copy and the receipts of its sinks; no sink is asked.
 * @returns `undefined` where there is no trail @throws TrailError when it cannot be read
 */
export async function proveTrail(config: Config): Promise<Proved | undefined> {
  const places = trailPlaces(config);
  const at = Date.now();
  try {
    const { differences } = await verifyTrail({ ...places, sinks: [], signal: NEVER });
    return { isSound: differences === 0, at };
  } catch (error) {
    // A project in which nothing was recorded yet.
    if (!(error instanceof TrailError) || isThere(places.file)) throw error;
    return undefined;
  }
}

/** The next verification is not begun before this long after the last, and all take at most a hundredth of the time. ms */
const EVERY_MS = 60_000;
const SHARE = 100;

/** Nobody waits longer for one: what comes later is there at the next scrape. ms */
const WAIT_MS = 500;
const LATE = new Error("the trail is still being verified");

/**
 * The same for whoever asks again and again: the last result, which is renewed beside other work. Where there is no trail yet it is
 * looked for each time.
 * @throws as the last one did
 */
export function createProver(config: Config): () => Promise<Proved | undefined> {
  let last: Promise<Proved | undefined> = Promise.resolve(undefined);
  let next = 0;
  const prove = async (): Promise<Proved | undefined> => {
    const begun = Date.now();
    next = Number.POSITIVE_INFINITY;
    let hasTrail = true;
    try {
      const proved = await proveTrail(config);
      hasTrail = proved !== undefined;
      return proved;
    } finally {
      next = hasTrail ? Date.now() + Math.max(EVERY_MS, SHARE * (Date.now() - begun)) : 0;
    }
  };
  return async () => {
    if (Date.now() < next) return last;
    const before = last;
    const proving = prove();
    const keep = (): void => {
      last = proving;
    };
    proving.then(keep, keep);
    try {
      return await withTimeLimit(() => proving, NEVER, { limitMs: WAIT_MS, late: () => LATE });
    } catch (error) {
      if (error !== LATE) throw error;
      return before;
    }
  };
}
