/** After this many failures the rest is skipped: each has cost all its retries, and perhaps its whole time limit. */
const FAILURES_MAX = 3;

/** Counts calls that failed for good, and says when further ones are not worth their time. */
interface Patience {
  /** Why no further call is made; `undefined` while they still are. */
  reason(): string | undefined;
  /** Notes one more failure. */
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
