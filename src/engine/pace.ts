/**
 * How many steps of one backend run at once. Starts low, grows by one per round of steps while they stay quick, and halves when
 * the server says it is too much. Pure: time comes in as a number.
 */
export interface Pace {
  /** Steps at once; fractions accumulate over several steps. */
  readonly limit: number;
  readonly most: number;
  /** Smoothed recent duration, and the calm duration that it is compared with. ms */
  readonly recentMs: number;
  readonly calmMs: number;
  /** Incremented by each halving, so that steps begun before it do not halve again. */
  readonly round: number;
}

const START = 2;
const SMOOTHING = 0.3;
/**
 * The calm duration rises by this fraction of the difference per step, to follow work that has become heavier: an export looks
 * for streams first, and a page of lines takes many times as long.
 */
const DRIFT = 0.05;
/** A step counts as quick up to this multiple of the calm duration. */
const SLOWER = 2;

/** @param most steps at once, at most */
export const startPace = (most: number): Pace => ({
  limit: Math.min(START, most),
  most,
  recentMs: 0,
  calmMs: Number.POSITIVE_INFINITY,
  round: 0,
});

/** How many steps may run at once now: at least one. */
export const slots = (pace: Pace): number => Math.max(1, Math.floor(pace.limit));

/** After a step that took `ms`. */
export function afterSuccess(pace: Pace, ms: number): Pace {
  const recentMs = pace.recentMs === 0 ? ms : pace.recentMs + SMOOTHING * (ms - pace.recentMs);
  const calmMs = Math.min(pace.calmMs + DRIFT * Math.max(0, recentMs - pace.calmMs), recentMs);
  const quick = recentMs <= calmMs * SLOWER;
  return {
    ...pace,
    recentMs,
    calmMs,
    limit: quick ? Math.min(pace.most, pace.limit + 1 / pace.limit) : pace.limit,
  };
}

/** After the server called it too much, for a step begun in `round`. */
export const afterOverload = (pace: Pace, round: number): Pace =>
  round < pace.round ? pace : { ...pace, limit: Math.max(1, pace.limit / 2), round: pace.round + 1 };
