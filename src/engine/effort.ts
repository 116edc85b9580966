import type { RetryPolicy } from "./retry.ts";
import type { Tuning } from "./tuning.ts";

/** How often a call is tried, and how long one attempt may take. */
export interface Effort {
  readonly retry: RetryPolicy;
  readonly limitMs: number;
}

/** What a call is worth. */
export const fullEffort = ({ retry, stepMs }: Tuning): Effort => ({ retry, limitMs: stepMs });

/** A server that has just answered other calls need not be waited for long. */
const QUICKER = 5;

/**
 * What a call is worth that asks for a part of what has just failed on every attempt. A part of what took too long is less work,
 * so it gets half the time: else a single record that hangs would cost the whole limit dozens of times.
 * @param timeouts how often what it is a part of took too long
 */
export const partEffort = ({ retry, stepMs, partMs }: Tuning, timeouts: number): Effort => ({
  retry: {
    ...retry,
    attempts: Math.min(2, retry.attempts),
    attemptsTimedOut: 1,
    baseMs: retry.baseMs / QUICKER,
  },
  limitMs: Math.max(Math.min(stepMs, partMs), stepMs / 2 ** timeouts),
});
