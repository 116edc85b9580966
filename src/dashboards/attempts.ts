/** Changes made to a server one by one, with their outcomes, even if the work is abandoned halfway. */

import { messageOf } from "../units/message-of.ts";

/** Something left unchanged (the file, the dashboard, or the folder's path), and why. */
export interface Unwritten {
  readonly what: string;
  readonly reason: string;
}

/** What is known when work is abandoned. */
export interface Stopped {
  readonly reason: unknown;
  /** Requests that the server had not answered: each may have been carried out or not. */
  readonly unknown: readonly string[];
}

/** Keeps count. */
export interface Attempts {
  readonly failed: readonly Unwritten[];
  /**
   * Whether it was done; a failure is kept and stops nothing else.
   * @param work calls `asked` just before it asks the server for a change
   * @throws the signal's reason
   */
  attempt(what: string, work: (asked: () => void) => Promise<void>): Promise<boolean>;
  /** Runs attempts to their end, or until the signal is aborted. @returns what is known then */
  untilStopped(work: () => Promise<void>): Promise<Stopped | undefined>;
}

/** None yet. */
export function createAttempts(signal: AbortSignal): Attempts {
  const failed: Unwritten[] = [];
  const unanswered = new Set<string>();
  return {
    failed,
    async attempt(what, work) {
      signal.throwIfAborted();
      try {
        await work(() => unanswered.add(what));
        unanswered.delete(what);
        return true;
      } catch (error) {
        signal.throwIfAborted();
        unanswered.delete(what);
        failed.push({ what, reason: messageOf(error) });
        return false;
      }
    },
    async untilStopped(work) {
      try {
        await work();
        return undefined;
      } catch (reason) {
        if (!signal.aborted) throw reason;
        return { reason, unknown: [...unanswered] };
      }
    },
  };
}
