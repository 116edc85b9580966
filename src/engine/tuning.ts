import { DEFAULT_RETRY, LOOK_RETRY, type RetryPolicy } from "./retry.ts";

/** The engine's numbers. The configuration sets one; tests use small ones. */
export interface Tuning {
  readonly retry: RetryPolicy;
  /** Time limit for one call of a hook. ms */
  readonly stepMs: number;
  /** However small a part of it is, a call gets this long. ms */
  readonly partMs: number;
  /** A hook that ignores its signal is abandoned after this long. ms */
  readonly graceMs: number;
  /** Calls in a row that may fail for good before the backend is given up. */
  readonly failuresMax: number;
  /** Bytes that all running steps may hold. */
  readonly heldBytes: number;
}

/** The defaults. */
export const DEFAULT_TUNING: Tuning = {
  retry: DEFAULT_RETRY,
  stepMs: 600_000,
  partMs: 10_000,
  graceMs: 1_000,
  failuresMax: 10,
  heldBytes: 24 << 20,
};

/** For a first look, for whose result somebody waits. */
export const LOOK_TUNING: Tuning = { ...DEFAULT_TUNING, retry: LOOK_RETRY };
