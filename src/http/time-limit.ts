import { PluginError } from "../contract/errors.ts";
import { type CallPlace, connectionError, timeoutError } from "./classify.ts";

/** Ends a call that takes too long, or that the caller gave up, and says which of the two it was. */
export interface TimeLimit {
  readonly signal: AbortSignal;
  /** Awaits part of the call; whatever it throws is classified. */
  guard<Result>(part: Promise<Result>): Promise<Result>;
  /** The server is alive: the time starts again. */
  restart(): void;
  /** The call is over. */
  done(): void;
  /** The call is over, whatever the server still sends. */
  stop(): void;
}

/**
 * Starts the time of a call.
 * @param ms how long it may take, or may be silent once it answers
 * @param caller ends the call as well; its reason is thrown then
 * @param place names the call in the error
 */
export function timeLimit(ms: number, caller: AbortSignal | undefined, place: CallPlace): TimeLimit {
  const controller = new AbortController();
  let timedOut = false;
  const expire = (): void => {
    timedOut = true;
    controller.abort();
  };
  // An answer whose body nobody reads must not keep the program from ending: a call under way does that by itself.
  const start = (): ReturnType<typeof setTimeout> => setTimeout(expire, ms).unref();
  let timer = start();
  const giveUp = (): void => controller.abort();
  if (caller?.aborted) giveUp();
  caller?.addEventListener("abort", giveUp, { once: true });

  const done = (): void => {
    clearTimeout(timer);
    caller?.removeEventListener("abort", giveUp);
  };
  return {
    signal: controller.signal,
    done,
    stop() {
      done();
      controller.abort();
    },
    restart() {
      clearTimeout(timer);
      timer = start();
    },
    async guard(part) {
      try {
        return await part;
      } catch (error) {
        done();
        if (caller?.aborted) throw caller.reason;
        if (timedOut) throw timeoutError(place, ms);
        // From outside of this process it comes classified.
        throw error instanceof PluginError ? error : connectionError(place, error);
      }
    },
  };
}
