/** The one time limit: of a plugin's hook, a server's answer, a sink, a module that is loaded, a rule that is checked. */

/** For what nobody can cancel. */
export const NEVER = new AbortController().signal;

/** How long something may take, and what is said when it takes longer. */
export interface TimeLimit {
  /** `Infinity`: any time. ms */
  readonly limitMs: number;
  /** After the signal is given, work that does not end is left behind after this long. Default 0: at once. ms */
  readonly graceMs?: number;
  /** What is thrown. Default: an error that names the time. */
  readonly late?: () => Error;
}

/** Time that runs. */
export interface Deadline {
  /** Given when the time is over, then its reason is what is thrown, or when the caller's is, with that one's reason. */
  readonly signal: AbortSignal;
  /** The time begins anew. */
  restart(): void;
  /** What the time was for is over. */
  end(): void;
  /** The same, and the signal is given, to whatever still goes on. */
  stop(): void;
}

/** What is started by {@link startDeadline}, and whether it keeps the program from ending. */
export interface DeadlineOptions extends Omit<TimeLimit, "graceMs"> {
  /** False: the program may end while the time runs. Default true. */
  readonly isAwaited?: boolean;
}

/** Starts the time. @param caller ends what the time is for as well */
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
 * Runs work with a signal that is given when the time is over or `caller` is. Work that does not heed it is left behind: its
 * result, if one ever comes, is ignored.
 * @throws what `late` gives when the time is over; the caller's reason when that came first
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
