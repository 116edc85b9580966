/** Calls one backend's hooks with a time limit and retries, at a pace that the server can take. */
import { isKind, isOverload, PluginError } from "../contract/errors.ts";
import { messageOf } from "../units/message-of.ts";
import { sleep } from "../units/sleep.ts";
import { type TimeLimit, withTimeLimit } from "../units/time-limit.ts";
import { type Effort, fullEffort, partEffort } from "./effort.ts";
import { afterOverload, afterSuccess, type Pace, slots, startPace } from "./pace.ts";
import { retryDelay } from "./retry.ts";
import type { Tuning } from "./tuning.ts";
import type { TellWait } from "./wait.ts";

/** Calls one backend's hooks, and learns how much load it can take. */
export interface ConcurrencyLimit {
  /**
   * Calls a hook until it succeeds or fails for good. Waits while the server has asked for a pause, and while the maximum
   * number of calls is running.
   * @param effort how often to try, and for how long; default: the general setting
   * @throws the plugin's last error; the signal's reason when it is aborted
   */
  call<Result>(hook: (signal: AbortSignal) => Promise<Result>, effort?: Effort): Promise<Result>;
  /**
   * Calls a hook for a part of what has just failed: with less effort, and a failure does not count against the server.
   * @param timeouts how often what it is a part of took too long
   * @throws as {@link ConcurrencyLimit.call}
   */
  callPart<Result>(hook: (signal: AbortSignal) => Promise<Result>, timeouts?: number): Promise<Result>;
  /**
   * Calls a hook once, for a result that is only nice to have: however long it takes, the pace stays as it is.
   * @param enough aborted when the result is no longer needed
   */
  callOnce<Result>(hook: (signal: AbortSignal) => Promise<Result>, enough: AbortSignal): Promise<Result>;
  /** How many calls may run now; none while the server has asked us to wait. */
  slots(): number;
  /** True when so many calls in a row failed for good that continuing makes no sense. */
  givesUp(): boolean;
  /** The last failure concerns one piece of work that is being examined; it must not count against the server. */
  pardon(): void;
  /** Calls `listener` whenever one of these values may have changed. @returns a function that stops that */
  watch(listener: () => void): () => void;
  readonly retries: number;
}

/** What a limit is made from; `concurrency`: calls at once, at most. */
interface ConcurrencyLimitOptions {
  readonly concurrency: number;
  readonly tuning: Tuning;
  readonly signal: AbortSignal;
  /** Absent: nobody wants to know. */
  readonly tellWait?: TellWait;
}

/** The limit of one backend. */
export function createConcurrencyLimit({
  concurrency,
  tuning,
  signal,
  tellWait,
}: ConcurrencyLimitOptions): ConcurrencyLimit {
  const listeners = new Set<() => void>();
  const onChange = (): void => {
    for (const listener of listeners) listener();
  };
  let pace: Pace = startPace(concurrency);
  let pausedUntil = 0;
  let retries = 0;
  let failuresInARow = 0;
  let answered = false;

  const waiting: (() => void)[] = [];
  let running = 0;
  const slotsNow = (): number => (performance.now() < pausedUntil ? 0 : slots(pace));
  /** Lets calls begin. When the signal is aborted, all may begin, so that they end at once. */
  const admit = (): void => {
    while (waiting.length > 0 && (signal.aborted || running < slotsNow())) {
      running += 1;
      waiting.shift()?.();
    }
  };
  listeners.add(admit);
  signal.addEventListener("abort", admit);
  const turn = (): Promise<void> =>
    new Promise((resolve) => {
      waiting.push(resolve);
      admit();
    });

  /** Before the next call may begin: it would come at once. */
  const slowDown = ({ retryAfterMs = 0 }: PluginError, round: number): void => {
    pace = afterOverload(pace, round);
    if (retryAfterMs <= tuning.retry.retryAfterMaxMs)
      pausedUntil = Math.max(pausedUntil, performance.now() + retryAfterMs);
  };

  const attempt = async <Result>(
    hook: (signal: AbortSignal) => Promise<Result>,
    limitMs: number,
  ): Promise<Result> => {
    await turn();
    const { round } = pace;
    // A chain of steps that never waits would starve timers and signals, so Ctrl-C gets a chance between two of them.
    await new Promise((resolve) => setImmediate(resolve));
    const began = performance.now();
    try {
      const result = await withTimeLimit(hook, signal, limitOf(tuning, limitMs));
      pace = afterSuccess(pace, performance.now() - began);
      failuresInARow = 0;
      answered = true;
      return result;
    } catch (error) {
      if (isOverload(error)) slowDown(error, round);
      throw error;
    } finally {
      running -= 1;
      admit();
    }
  };

  /** Nothing else of this backend begins before then. A timer may fire slightly early, so it waits again. */
  const pauseUntil = async (time: number): Promise<void> => {
    pausedUntil = Math.max(pausedUntil, time);
    while (performance.now() < pausedUntil) await sleep(pausedUntil - performance.now() + 1, signal);
    onChange();
  };

  /** Waits before the next attempt; if the server asked for a pause, the whole backend waits. */
  const wait = async (error: unknown, delayMs: number): Promise<void> => {
    retries += 1;
    const atOnce = isOverload(error) ? `, ${callsAtOnce(slots(pace))}` : "";
    tellWait?.(`before it asks again${atOnce}: ${messageOf(error)}`, delayMs);
    const pause = isOverload(error) ? pauseUntil(performance.now() + delayMs) : sleep(delayMs, signal);
    onChange();
    await pause;
  };

  const persist = async <Result>(
    hook: (signal: AbortSignal) => Promise<Result>,
    { retry, limitMs }: Effort,
  ): Promise<Result> => {
    for (let failed = 1; ; failed += 1) {
      try {
        return await attempt(hook, limitMs);
      } catch (error) {
        if (signal.aborted) throw error;
        const delayMs = retryDelay(error, failed, retry, Math.random(), answered);
        if (delayMs === undefined) {
          // No further attempt ends the pause that the server asked for, and other calls wait for its end.
          if (isOverload(error)) pauseUntil(pausedUntil).catch(() => {});
          throw error;
        }
        await wait(error, delayMs);
      }
    }
  };

  return {
    callOnce(hook, enough) {
      return withTimeLimit(hook, AbortSignal.any([signal, enough]), limitOf(tuning));
    },
    async call(hook, effort = fullEffort(tuning)) {
      try {
        return await persist(hook, effort);
      } catch (error) {
        if (!signal.aborted && isKind(error, "temporary", "refused")) failuresInARow += 1;
        throw error;
      }
    },
    callPart: (hook, timeouts = 0) => persist(hook, partEffort(tuning, timeouts)),
    slots: slotsNow,
    watch(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    givesUp: () => failuresInARow >= tuning.failuresMax,
    pardon() {
      failuresInARow = Math.max(0, failuresInARow - 1);
    },
    get retries() {
      return retries;
    },
  };
}

const callsAtOnce = (number: number): string =>
  number === 1 ? "one call at a time" : `${number} calls at once`;

/** Time limit for one call of a hook. */
export const limitOf = ({ stepMs, graceMs }: Tuning, limitMs = stepMs): TimeLimit => ({
  limitMs,
  graceMs,
  late: () =>
    new PluginError("temporary", `gave no answer within ${Math.round(limitMs / 1000)} s`, { timedOut: true }),
});
