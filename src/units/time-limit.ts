/** The only implementation of time limits: for a plugin's hook, a server's answer, a sink, loading a module, checking a rule. */

/** For what nobody can cancel. */
export const NEVER = new AbortController().signal;

/** How long something may take, and the error when it takes longer. */
export interface TimeLimit {
  /** `Infinity`: no limit. ms */
  readonly limitMs: number;
  /** How long after the abort to wait for work that does not end. Default 0. ms */
  readonly graceMs?: number;
  /** Makes the error. Default: one that names the limit. */
  readonly late?: () => Error;
}

/** A running time limit. */
export interface Deadline {
  /** Aborted when the time is over, with the error to throw as its reason, or when the caller's signal is, with that one's reason. */
  readonly signal: AbortSignal;
  /** Restarts the time. */
  restart(): void;
  /** Ends the time limit, because the work has ended. */
  end(): void;
  /** The same, but also aborts the signal for anything still running. */
  stop(): void;
}

/** Options of {@link startDeadline}. */
interface DeadlineOptions extends Omit<TimeLimit, "graceMs"> {
  /** False: the running time does not keep the program alive. Default true. */
  readonly isAwaited?: boolean;
}

/** Starts the time limit. @param caller its abort also ends the work */
export function startDeadline(
  { limitMs, late, isAwaited = true }: DeadlineOptions,
  caller?: AbortSignal,
): Deadline {
  const controller = new AbortController();
  const expire = (): void => controller.abort(late?.() ?? new Error(`no answer within ${limitMs / 1000} s`));
  const giveUp = (): void => controller.abort(caller?.reason);
  let timer: ReturnType<typeof setTimeout> | undefined;
  const start = (): void => {
    clearTimeout(timer);
    if (Number.isFinite(limitMs)) timer = setTimeout(expire, limitMs);
    if (!isAwaited) timer?.unref();
  };
  const end = (): void => {
    clearTimeout(timer);
    caller?.removeEventListener("abort", giveUp);
  };
  start();
  if (caller?.aborted) giveUp();
  else caller?.addEventListener("abort", giveUp, { once: true });
  return {
    signal: controller.signal,
    restart: start,
    end,
    stop() {
      end();
      controller.abort();
    },
  };
}

/**
 * Runs work with a signal that is aborted when the time is over or `caller` is aborted. Work that ignores the signal is
 * abandoned, and its result is ignored.
 * @throws the error from `late` when the time is over; the caller's reason if that came first
 */
export async function withTimeLimit<Result>(
  work: (signal: AbortSignal) => Promise<Result>,
  caller: AbortSignal | undefined,
  { graceMs = 0, ...limit }: TimeLimit,
): Promise<Result> {
  caller?.throwIfAborted();
  const { signal, end } = startDeadline(limit, caller);
  const left = Promise.withResolvers<never>();
  let grace: ReturnType<typeof setTimeout> | undefined;
  const leave = (): void => left.reject(signal.reason);
  signal.addEventListener("abort", () => {
    if (graceMs > 0) grace = setTimeout(leave, graceMs);
    else leave();
  });
  try {
    // In a function of its own, so that a plugin that throws at once is a rejection like any other.
    return await Promise.race([(async () => work(signal))(), left.promise]);
  } catch (error) {
    throw signal.aborted ? signal.reason : error;
  } finally {
    end();
    clearTimeout(grace);
  }
}
