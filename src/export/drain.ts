/** Runs the cursors of one backend until none waits: depth first, each step committed whole. */
import type { Exporter } from "../contract/contract.ts";
import type { ConcurrencyLimit } from "../engine/concurrency-limit.ts";
import { drain, type Jobs } from "../engine/drain.ts";
import type { Pending } from "../engine/frontier.ts";
import type { MemoryBudget } from "../engine/memory-budget.ts";
import type { Tuning } from "../engine/tuning.ts";
import type { CheckedStep } from "../snapshot/write/check-step.ts";
import type { SnapshotWriter } from "../snapshot/write/writer.ts";
import { toMs } from "../units/range.ts";
import type { Ledger } from "./ledger.ts";
import { runStep } from "./run-step.ts";
import { createSplitter } from "./split.ts";
import type { TemporarySpace } from "./temporary-space.ts";

/** One backend, and all that its steps go through. */
export interface DrainOptions {
  /** The instance: under this name its steps are committed. */
  readonly name: string;
  /** Its plugin: by this its files are called, and judged. */
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
  /** Stops the whole export: what was read cannot be written. */
  readonly stop: (error: Error) => void;
  readonly onStep: () => void;
  /** What of a step is kept. Default: all. */
  readonly admit?: (step: CheckedStep) => CheckedStep;
  /** Nothing can be run for so long: what is left may only be read later. ms */
  readonly onPause: (ms: number) => void;
}

/** Ends when no cursor waits or runs, or the signal is given, or the backend is given up. */
export function drainFrontier(options: DrainOptions): Promise<void> {
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
const jobsOf = ({ ledger: { frontier }, now }: DrainOptions): Jobs<Pending> => ({
  dueIn() {
    const due = frontier.dueIn(now());
    if (due === undefined || due === 0n) return due === undefined ? undefined : 0;
    // Rounded up: what is due within the millisecond is not due yet.
    return toMs(due) + 1;
  },
  take: () => frontier.take(now()),
  putBack: frontier.putBack,
  get size() {
    return frontier.size;
  },
});
