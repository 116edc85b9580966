import { drain, type Jobs } from "../engine/drain.ts";
import type { Pending } from "../engine/frontier.ts";
import type { TellWait } from "../engine/wait.ts";
import { asError } from "../units/message-of.ts";
import { toMs } from "../units/range.ts";
import type { Reporter } from "./progress.ts";
import { runStep, type StepOptions } from "./run-step.ts";
import { createSplitter } from "./split.ts";

/** What all steps of one backend go through. */
export interface RunStepsOptions extends Omit<StepOptions, "splitter"> {
  /** Hears of each step, and when everything left can only be read later. */
  readonly reporter: Pick<Reporter, "report" | "pause">;
  readonly tellWait: TellWait;
}

/** Ends when no cursor is waiting or running, the signal is aborted, or the backend is given up. */
export function drainFrontier(options: RunStepsOptions): Promise<void> {
  const { source, limit, reporter, context, tellWait } = options;
  const { budget, signal, tuning } = context;
  const splitter = createSplitter({ source, limit, tuning, signal });
  return drain({
    jobs: jobsOf(options),
    run: async (pending, reservation) => {
      try {
        const bytes = await runStep(pending, reservation, { ...options, splitter });
        reporter.report();
        return bytes;
      } catch (error) {
        context.stop(asError(error));
        return 0;
      }
    },
    limit,
    budget,
    signal,
    onPause: onceEach(tellWait, reporter.pause),
  });
}

/** A pause is told again and again while it lasts, and named once. */
function onceEach(tellWait: TellWait, pause: (ms: number) => void): (ms: number) => void {
  let until = Number.NEGATIVE_INFINITY;
  return (ms) => {
    if (performance.now() > until) tellWait("until the rest can be read without gaps", ms);
    until = Math.max(until, performance.now() + ms);
    pause(ms);
  };
}

/** The cursors that wait, by the server's clock. */
const jobsOf = ({ ledger: { frontier }, source: { now } }: RunStepsOptions): Jobs<Pending> => ({
  dueIn() {
    const due = frontier.dueIn(now());
    if (due === undefined || due === 0n) return due === undefined ? undefined : 0;
    // Rounded up: a cursor due within this millisecond is not due yet.
    return toMs(due) + 1;
  },
  take: () => frontier.take(now()),
  putBack: frontier.putBack,
  get size() {
    return frontier.size;
  },
});
