/** Runs the cursors of one backend until none waits: depth first, several at once, each step committed whole. */
import type { Exporter } from "../contract/contract.ts";
import type { ConcurrencyLimit } from "../engine/concurrency-limit.ts";
import type { MemoryBudget, Reservation } from "../engine/memory-budget.ts";
import type { Tuning } from "../engine/tuning.ts";
import type { CheckedStep } from "../snapshot/write/check-step.ts";
import type { SnapshotWriter } from "../snapshot/write/writer.ts";
import { toMs } from "../units/range.ts";
import type { Pending } from "./frontier.ts";
import type { Ledger } from "./ledger.ts";
import { runStep } from "./run-step.ts";
import { createSplitter } from "./split.ts";
import type { TemporarySpace } from "./temporary-space.ts";

/** One backend, and all that its steps go through. */
export interface DrainOptions {
  readonly name: string;
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
  /** Wakes the loop when the limit's state has changed. */
  readonly wake: Wake;
  /** Stops the whole export: what was read cannot be written. */
  readonly stop: (error: Error) => void;
  readonly onStep: () => void;
  /** What of a step is kept. Default: all. */
  readonly admit?: (step: CheckedStep) => CheckedStep;
  /** Nothing can be run for so long: what is left may only be read later. ms */
  readonly onPause: (ms: number) => void;
}

/** Lets one loop wait for whatever happens next. */
export interface Wake {
  now(): void;
  /** @param most ms, after which it ends in any case */
  wait(most?: number): Promise<void>;
}

/** A wake that nobody has called yet. A call that comes before anybody waits is not lost. */
export function createWake(): Wake {
  let resume: (() => void) | undefined;
  let called = false;
  return {
    now() {
      called = true;
      resume?.();
    },
    async wait(most) {
      let timer: ReturnType<typeof setTimeout> | undefined;
      if (!called)
        await new Promise<void>((resolve) => {
          resume = resolve;
          if (most !== undefined) timer = setTimeout(resolve, most);
        });
      clearTimeout(timer);
      called = false;
      resume = undefined;
    },
  };
}

/** What a step is expected to yield before the first one has shown it. Bytes. */
const FIRST_GUESS = 2 << 20;

/** Until a cursor that is to wait may be run, the clock is looked at so often: what is known of the server's may change. ms */
const LOOK_MS = 250;

/** Ends when no cursor waits or runs, or the signal is given, or the backend is given up. */
export async function drain(options: DrainOptions): Promise<void> {
  const { ledger, limit, budget, signal, wake, now } = options;
  const { frontier } = ledger;
  const splitter = createSplitter(options);
  let active = 0;
  let expected = FIRST_GUESS;
  const goesOn = (): boolean => !signal.aborted && !limit.givesUp();

  const run = async (pending: Pending, reservation: Reservation): Promise<void> => {
    try {
      const bytes = await runStep(pending, reservation, { ...options, splitter });
      expected = Math.max(bytes, Math.floor(expected * 0.9));
      options.onStep();
    } catch (error) {
      options.stop(error instanceof Error ? error : new Error(String(error)));
    } finally {
      reservation.release();
      active -= 1;
      wake.now();
    }
  };

  signal.addEventListener("abort", wake.now);
  while (active > 0 || (frontier.size > 0 && goesOn())) {
    const due = goesOn() && active < limit.slots() ? frontier.dueIn(now()) : undefined;
    if (due === 0n) {
      const reservation = await budget.reserve(expected);
      const pending = frontier.take(now());
      if (pending === undefined || !goesOn()) {
        if (pending !== undefined) frontier.putBack(pending);
        reservation.release();
        continue;
      }
      active += 1;
      void run(pending, reservation);
    } else {
      if (due !== undefined && active === 0) options.onPause(toMs(due));
      await wake.wait(due === undefined ? undefined : Math.min(LOOK_MS, toMs(due) + 1));
    }
  }
  signal.removeEventListener("abort", wake.now);
}
