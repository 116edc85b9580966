import { isKind, PluginError } from "../plugin/errors.ts";

/** How often and how long something is tried again. Times in ms. */
export interface RetryPolicy {
  /** Times that one piece of work is tried in all. */
  readonly attempts: number;
  /** Times for work that the server put off because it has too much to do: to wait is what it asks for. */
  readonly attemptsOverload: number;
  /** Times for work that a time limit of ours ended: each costs the whole limit. */
  readonly attemptsTimedOut: number;
  /** The first wait is up to `baseMs`, each further one up to twice as long, at most `capMs`. */
  readonly baseMs: number;
  readonly capMs: number;
  /** A server that asks us to wait longer than this has failed. */
  readonly retryAfterMaxMs: number;
}

/** For an export: an outage of a minute or two is waited for, a busy server for about ten. */
export const DEFAULT_RETRY: RetryPolicy = {
  attempts: 6,
  attemptsOverload: 20,
  attemptsTimedOut: 2,
  baseMs: 500,
  capMs: 30_000,
  retryAfterMaxMs: 600_000,
};

/**
 * How long to wait before the work is tried again, ms; `undefined`: not at all. Exponential with full jitter, and never less than the
 * server asked for (https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/).
 * @param failed how many attempts have failed, this one included
 * @param random in [0, 1)
 */
export function retryDelay(
  error: unknown,
  failed: number,
  policy: RetryPolicy,
  random: number,
): number | undefined {
  if (!isKind(error, "temporary")) return undefined;
  if (failed >= attemptsFor(error, policy)) return undefined;
  const jittered = random * Math.min(policy.capMs, policy.baseMs * 2 ** (failed - 1));
  const asked = error.retryAfterMs;
  if (asked === undefined) return jittered;
  return asked > policy.retryAfterMaxMs ? undefined : asked + jittered;
}

function attemptsFor(error: PluginError, policy: RetryPolicy): number {
  if (error.timedOut) return policy.attemptsTimedOut;
  return isOverload(error) ? policy.attemptsOverload : policy.attempts;
}

/** True when the server says that it has too much to do. */
export const isOverload = (error: unknown): boolean =>
  error instanceof PluginError &&
  (error.status === 429 || error.status === 503 || error.retryAfterMs !== undefined);
