import { DEFAULT_RETRY, LOOK_RETRY, type RetryPolicy } from "./retry.ts";

/** The engine's numbers. The configuration sets one; tests use small ones. */
export interface Tuning {
  readonly retry: RetryPolicy;
  /** Time limit for one call of a hook. ms */
  readonly stepMs: number;
  /** A hook that ignores its signal is abandoned after this long. ms */
  readonly graceMs: number;
  /** Calls in a row that may fail for good before the backend is given up. */
  readonly failuresMax: number;
  /** Bytes that all running steps may hold. */
  readonly heldBytes: number;
  /** How much one commit of the index may hold back. */
  readonly groupMs: number;
  readonly groupBytes: number;
  /**
   * How long to wait before asking again for a differing count, and how often at most. A window that may recently have been
   * written to is trusted once two equal counts lie this far apart. 0: counts are never repeated. ms
   */
  readonly recountMs: number;
  readonly recounts: number;
  /**
   * A window that ended less than this before the server's now may recently have been written to: collectors offline for a
   * night, and batches pushed with their own times, arrive within a day. ms
   */
  readonly recentMs: number;
  /** The same of a window in which nothing was read and the server counts nothing: only what it is about to show is missing. ms */
  readonly emptyRecentMs: number;
  /** Shortest time between two progress reports of one backend. ms */
  readonly progressMs: number;
}

/** The defaults for an export. */
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
  emptyRecentMs: 60_000,
  progressMs: 100,
};

/** For a first look, for whose result somebody waits. */
export const LOOK_TUNING: Tuning = { ...DEFAULT_TUNING, retry: LOOK_RETRY };
