/** Runs one backend's cursors until none is waiting: depth first, each step committed as a whole. */
import type { Exporter } from "../contract/contract.ts";
import type { ConcurrencyLimit } from "../engine/concurrency-limit.ts";
import { drain, type Jobs } from "../engine/drain.ts";
import type { Pending } from "../engine/frontier.ts";
import type { MemoryBudget } from "../engine/memory-budget.ts";
import type { Tuning } from "../engine/tuning.ts";
import type { CheckedStep } from "../snapshot/write/check-step.ts";
import type { SnapshotWriter } from "../snapshot/write/writer.ts";
import { toMs } from "../units/range.ts";
import type { Ledger } from "./ledger/ledger.ts";
import { runStep } from "./run-step.ts";
import { createSplitter } from "./split.ts";
import type { TemporarySpace } from "./whole/temporary-space.ts";

/** One backend, and everything its steps go through. */
export interface RunStepsOptions {
  /** The instance, under whose name its steps are committed. */
  readonly name: string;
  /** Its plugin, which determines file names and checks. */
  readonly plugin: string;
  readonly exporter: Exporter;
  readonly ledger: Ledger;
  readonly limit: ConcurrencyLimit;
  readonly writer: SnapshotWriter;
  readonly budget: MemoryBudget;
  readonly tuning: Tuning;
  readonly temporary: TemporarySpace;
  readonly signal: AbortSignal;
  /** By the server's clock, ns. */
  readonly now: () => bigint;
  /** Stops the whole export, because what was read cannot be written. */
  readonly stop: (error: Error) => void;
  readonly onStep: () => void;
  /** The part of a step to keep. Default: all. */
  readonly admit?: (step: CheckedStep) => CheckedStep;
  /** Called when everything left can only be read later. ms */
  readonly onPause: (ms: number) => void;
}

/** Ends when no cursor is waiting or running, the signal is aborted, or the backend is given up. */
export function drainFrontier(options: RunStepsOptions): Promise<void> {
  const { limit, budget, signal, onPause } = options;
  const splitter = createSplitter(options);
  return drain({
    jobs: jobsOf(options),
    run: async (pending, reservation) => {
      try {
        const bytes = await runStep(pending, reservation, { ...options, splitter });
        options.onStep();
        return bytes;
      } catch (error) {
        options.stop(error instanceof Error ? error : new Error(String(error)));
        return 0;
      }
    },
    limit,
    budget,
    signal,
    onPause,
  });
}

/** The cursors that wait, by the server's clock. */
const jobsOf = ({ ledger: { frontier }, now }: RunStepsOptions): Jobs<Pending> => ({
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
