import { DEFAULT_RETRY, type RetryPolicy } from "./retry.ts";

/** The engine's numbers; the configuration sets one, and a test uses small ones. */
export interface Tuning {
  readonly retry: RetryPolicy;
  /** One call of a plugin's hook is ended after this long. ms */
  readonly stepMs: number;
  /** A hook that does not heed its signal is abandoned after this long. ms */
  readonly graceMs: number;
  /** Calls in a row that fail for good before the backend is given up. */
  readonly failuresMax: number;
  /** Bytes that all steps under way may hold. */
  readonly heldBytes: number;
  /** What one commit of the index may hold back. */
  readonly groupMs: number;
  readonly groupBytes: number;
  /**
   * A count that differs is asked for again after this long, at most so many times; and a window that may have been
   * written to lately is believed once two equal counts lie so far apart. 0: no count is asked for again. ms
   */
  readonly recountMs: number;
  readonly recounts: number;
  /**
   * A window that ended less than this before the server's now may have been written to lately: collectors that were cut
   * off for a night, and batches that are pushed with their own times, come within a day. ms
   */
  readonly recentMs: number;
  /** The shortest time between two reports of progress of one backend. ms */
  readonly progressMs: number;
}

/** What an export runs with, unless a test asks for something else. */
export const DEFAULT_TUNING: Tuning = {
  retry: DEFAULT_RETRY,
  stepMs: 600_000,
  graceMs: 1_000,
  failuresMax: 10,
  heldBytes: 24 << 20,
  groupMs: 500,
  groupBytes: 32 << 20,
  recountMs: 5_000,
  recounts: 6,
  recentMs: 86_400_000,
  progressMs: 100,
};
