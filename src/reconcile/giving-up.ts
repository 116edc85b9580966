/** After this many failures the rest is skipped: each has cost all its retries, and perhaps its whole time limit. */
const FAILURES_MAX = 3;

/** Counts what fails for good, until asking on is not worth it. */
interface Patience {
  /** Why the rest is not asked; `undefined`: it is. */
  reason(): string | undefined;
  /** One more has failed. */
  failed(why: string): void;
}

/** Nothing has failed yet. */
export function createPatience(): Patience {
  const failures: string[] = [];
  return {
    reason: () => failures[FAILURES_MAX - 1],
    failed: (why) => void failures.push(why),
  };
}
