import { PluginError } from "../contract/errors.ts";

/** How long work may take, ms. */
export interface TimeLimit {
  readonly limitMs: number;
  /** After the signal is given, work that does not end is left behind after this long. ms */
  readonly graceMs: number;
}

/**
 * Runs a plugin's work with a signal that is given at the time limit or when `signal` is. Work that does not heed it is
 * abandoned: its result, if one ever comes, is ignored.
 * @throws PluginError `temporary` at the time limit; `signal.reason` when that came first
 */
export function withTimeLimit<Result>(
  work: (signal: AbortSignal) => Promise<Result>,
  signal: AbortSignal,
  { limitMs, graceMs }: TimeLimit,
): Promise<Result> {
  return new Promise((resolve, reject) => {
    const inner = new AbortController();
    let limit: ReturnType<typeof setTimeout>;
    let reason: unknown;
    const stop = (why: unknown): void => {
      if (inner.signal.aborted) return;
      reason = why;
      inner.abort(why);
      clearTimeout(limit);
      limit = setTimeout(() => settle(() => reject(why)), graceMs);
    };
    const onAbort = (): void => stop(signal.reason);
    const settle = (end: () => void): void => {
      clearTimeout(limit);
      signal.removeEventListener("abort", onAbort);
      end();
    };
    limit = setTimeout(() => stop(timedOut(limitMs)), limitMs);
    if (signal.aborted) onAbort();
    else signal.addEventListener("abort", onAbort, { once: true });
    // In a then(), so that a plugin that throws at once is a rejection like any other.
    Promise.resolve()
      .then(() => work(inner.signal))
      .then(
        (result) => settle(() => resolve(result)),
        (error) => settle(() => reject(inner.signal.aborted ? reason : error)),
      );
  });
}

const timedOut = (limitMs: number): PluginError =>
  new PluginError("temporary", `gave no answer within ${Math.round(limitMs / 1000)} s`, { timedOut: true });
