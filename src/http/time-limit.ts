import { PluginError } from "../contract/errors.ts";
import { type Deadline, startDeadline } from "../units/time-limit.ts";
import { type CallPlace, connectionError, timeoutError } from "./classify.ts";

/** Ends a call that takes too long, or that the caller gave up, and says which of the two it was. */
export interface CallLimit extends Deadline {
  /** Awaits part of the call; whatever it throws is classified. */
  guard<Result>(part: Promise<Result>): Promise<Result>;
}

/**
 * Starts the time of a call.
 * @param ms how long it may take, or may be silent once it answers
 * @param caller ends the call as well; its reason is thrown then
 * @param place names the call in the error
 */
export function limitCall(ms: number, caller: AbortSignal | undefined, place: CallPlace): CallLimit {
  // An answer whose body nobody reads must not keep the program from ending: a call under way does that by itself.
  const options = { limitMs: ms, late: () => timeoutError(place, ms), isAwaited: false };
  const deadline = startDeadline(options, caller);
  return {
    ...deadline,
    async guard(part) {
      try {
        return await part;
      } catch (error) {
        deadline.end();
        if (caller?.aborted) throw caller.reason;
        const { reason } = deadline.signal;
        if (reason instanceof PluginError) throw reason;
        // From outside of this process it comes classified.
        throw error instanceof PluginError ? error : connectionError(place, error);
      }
    },
  };
}
