import { PluginError } from "../contract/errors.ts";
import { type Deadline, startDeadline } from "../units/time-limit.ts";
import { type CallPlace, connectionError, timeoutError } from "./classify.ts";

/** Ends a call that takes too long or that the caller cancels, and says which it was. */
export interface CallLimit extends Deadline {
  /** Awaits part of the call and classifies whatever it throws. */
  guard<Result>(part: Promise<Result>): Promise<Result>;
}

/**
 * Starts the time limit of a call.
 * @param ms how long it may take, or may be silent once it answers
 * @param caller ends the call as well; its reason is then thrown
 * @param place names the call in the error
 */
export function limitCall(ms: number, caller: AbortSignal | undefined, place: CallPlace): CallLimit {
  // An unread body must not keep the program alive; a call in progress already does.
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
        // An error from outside this process is already classified.
        throw error instanceof PluginError ? error : connectionError(place, error);
      }
    },
  };
}
