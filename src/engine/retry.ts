import { isKind, isOverload, type PluginError } from "../contract/errors.ts";

/** How often and how long to retry. Times in ms. */
export interface RetryPolicy {
  /** Attempts for one piece of work in all. */
  readonly attempts: number;
  /** Attempts for work that an overloaded server put off: it asks us to wait. */
  readonly attemptsOverload: number;
  /**
   * For a server that answered before and is absent now, because it is probably restarting; absent: like any other failure.
   * Once it is back, nothing should have to wait long.
   */
  readonly outage?: { readonly attempts: number; readonly capMs: number };
  /** Attempts for work ended by one of our own time limits: each costs the whole limit. */
  readonly attemptsTimedOut: number;
  /** The first wait is up to `baseMs`, each further one up to twice as long, at most `capMs`. */
  readonly baseMs: number;
  readonly capMs: number;
  /** A server that asks us to wait longer than this has failed. */
  readonly retryAfterMaxMs: number;
}

/** For an export: waits about a minute and a half for a restarting server, and minutes for a busy one. */
export const DEFAULT_RETRY: RetryPolicy = {
  attempts: 6,
  attemptsOverload: 20,
  outage: { attempts: 24, capMs: 10_000 },
  attemptsTimedOut: 2,
  baseMs: 500,
  capMs: 30_000,
  retryAfterMaxMs: 600_000,
};

/** For a first look: one bad moment of a server must not leave it out, and somebody waits for the answer. */
export const LOOK_RETRY: RetryPolicy = {
  attempts: 3,
  attemptsOverload: 3,
  attemptsTimedOut: 1,
  baseMs: 200,
  capMs: 2_000,
  retryAfterMaxMs: 20_000,
};

/**
 * How long to wait before a retry, ms; `undefined`: do not retry. Exponential with full jitter, and never less than the server
 * asked for (https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/).
 * @param failed number of failed attempts, including this one
 * @param random in [0, 1)
 * @param answered whether the server has answered before: its absence is then probably temporary
 */
export function retryDelay(
  error: unknown,
  failed: number,
  policy: RetryPolicy,
  random: number,
  answered = false,
): number | undefined {
  if (!isKind(error, "temporary")) return undefined;
  const outage = answered && isAbsence(error) ? policy.outage : undefined;
  if (failed >= (outage?.attempts ?? attemptsFor(error, policy))) return undefined;
  const capMs = Math.min(policy.capMs, outage?.capMs ?? policy.capMs);
  const jittered = random * Math.min(capMs, policy.baseMs * 2 ** (failed - 1));
  const asked = error.retryAfterMs;
  if (asked === undefined) return jittered;
  return asked > policy.retryAfterMaxMs ? undefined : asked + jittered;
}

function attemptsFor(error: PluginError, policy: RetryPolicy): number {
  if (error.timedOut) return policy.attemptsTimedOut;
  return isOverload(error) ? policy.attemptsOverload : policy.attempts;
}

/** Nothing listens there, or a proxy says so. */
const isAbsence = ({ absent, status }: PluginError): boolean => absent || status === 502 || status === 504;
