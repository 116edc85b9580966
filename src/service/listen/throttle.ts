/** Lets each key do something so often, and says how long it has to wait otherwise. */

/** See {@link createThrottle}. */
interface Throttle {
  /** Counts one more. @returns 0, or how long to wait when it was too many, ms */
  take(key: string): number;
  /** How long to wait before one more, ms, without counting it. */
  wait(key: string): number;
}

/** How often. */
interface Pace {
  /** That many at once. */
  readonly burst: number;
  /** And one more each time that this has passed, ms. */
  readonly everyMs: number;
  readonly clock?: () => number;
}

/** More keys than are ever busy at once: those that have been quiet for longest are forgotten. */
const KEYS_MAX = 10_000;

/** The generic cell rate algorithm: of each key no more is kept than when it is even again. */
export function createThrottle({ burst, everyMs, clock = () => performance.now() }: Pace): Throttle {
  const even = new Map<string, number>();
  const wait = (key: string): number => Math.max(0, (even.get(key) ?? 0) - clock() - (burst - 1) * everyMs);
  return {
    wait,
    take(key) {
      const ms = wait(key);
      if (ms > 0) return ms;
      const next = Math.max(clock(), even.get(key) ?? 0) + everyMs;
      even.delete(key);
      even.set(key, next);
      const [oldest] = even.keys();
      if (even.size > KEYS_MAX && oldest !== undefined) even.delete(oldest);
      return 0;
    },
  };
}
