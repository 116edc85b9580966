/** What a task's process is told while it works. */
import * as v from "valibot";
import type { Actor } from "../../../audit/format/event.ts";
import type { Refusal } from "../../../tasks/task/task.ts";
import { CancelledError, StoppedError } from "../../../units/interrupted.ts";
import { controlSchema, type TaskControl } from "../protocol.ts";

/** What is decided about a plan. */
export type PlanDecision = ({ readonly sha256: string } | Refusal) & {
  /** Whose it is; absent: nobody's. */
  readonly actor?: Actor;
};

/** The service's word, as it comes. */
export interface Heeded {
  /** Aborted when the work is to end. */
  readonly signal: AbortSignal;
  /** Waits for a decision, until it is declined for want of one. ms */
  decision(patienceMs: number): Promise<PlanDecision>;
}

const declined = (reason: string): Refusal => ({
  agrees: false,
  outcome: "cancelled",
  details: { error: reason },
});

/**
 * Listens to these lines until they end: the service is gone then, and nobody would know what becomes of the work.
 * @param ending aborted by a signal of the system's, as the service manager sends it to all processes of a service
 */
export function heed(lines: AsyncIterator<string>, ending: AbortSignal): Heeded {
  const work = new AbortController();
  const decided = Promise.withResolvers<PlanDecision>();
  const stop = (reason: Error): void => {
    work.abort(reason);
    decided.resolve(declined(reason.message));
  };
  const act = (control: TaskControl): void => {
    if ("agree" in control) decided.resolve({ sha256: control.agree, actor: control.actor });
    else if ("decline" in control)
      decided.resolve({ ...declined(control.decline), isNo: true, actor: control.actor });
    else if ("cancel" in control) stop(new CancelledError(control.cancel));
    else stop(new StoppedError(control.stop));
  };
  void listen(lines, act).then(
    () => stop(new StoppedError("the service is gone")),
    (error) => stop(new StoppedError(`the service cannot be understood: ${error}`)),
  );
  ending.addEventListener("abort", () => stop(new StoppedError("its process was told to end")), {
    once: true,
  });
  return {
    signal: work.signal,
    async decision(patienceMs) {
      const late = setTimeout(() => decided.resolve(declined("nobody agreed to it in time")), patienceMs);
      try {
        return await decided.promise;
      } finally {
        clearTimeout(late);
      }
    },
  };
}

async function listen(lines: AsyncIterator<string>, act: (control: TaskControl) => void): Promise<void> {
  for (let line = await lines.next(); !line.done; line = await lines.next())
    act(v.parse(controlSchema, JSON.parse(line.value)));
}
