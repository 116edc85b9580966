/** Runs the cursors of one backend until none waits: depth first, each step committed whole. */
import type { Exporter } from "../contract/contract.ts";
import type { ConcurrencyLimit } from "../engine/concurrency-limit.ts";
import { drain, type Jobs } from "../engine/drain.ts";
import type { Pending } from "../engine/frontier.ts";
import type { MemoryBudget, Reservation } from "../engine/memory-budget.ts";
import type { Commit } from "../snapshot/format/block.ts";
import { SnapshotError } from "../snapshot/format/errors.ts";
import { checkContents } from "../snapshot/write/check-contents.ts";
import { type CheckedStep, checkStep, checkWaits } from "../snapshot/write/check-step.ts";
import type { SnapshotWriter } from "../snapshot/write/writer.ts";
import { canonicalJson } from "../units/canonical-json.ts";
import { toMs } from "../units/range.ts";
import type { Ledger } from "./ledger.ts";
import { parseReread } from "./reread/cursor.ts";

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
  return drain({
    jobs: jobsOf(options),
    run: async (pending, reservation) => {
      try {
        const bytes = await runStep(pending, reservation, options);
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

/** Runs one step to its end, whatever that is. @returns the bytes that it yielded */
async function runStep(pending: Pending, reservation: Reservation, options: DrainOptions): Promise<number> {
  const { name, plugin, exporter, ledger, limit, writer, signal, admit = (step) => step } = options;
  try {
    const again = parseReread(pending.cursor);
    const step = await limit.call((inner) => exporter.step(again?.cursor ?? pending.cursor, inner));
    const checked = checkStep(plugin, step);
    checkContents(plugin, checked);
    checkWaits("next", checked.next, options.now());
    const { records, objects, bytes, ...rest } = admit(checked);
    reservation.resize(bytes);
    const commit: Commit = { cursor: pending.cursor, ...rest };
    const blocks = await writer.write(name, { records, objects, commit });
    ledger.enter(pending, blocks, commit);
    return bytes;
  } catch (error) {
    if (error instanceof SnapshotError) options.stop(error);
    else if (!signal.aborted) giveUp(ledger, pending, error);
    else ledger.frontier.putBack(pending);
    return 0;
  }
}

/** The cursor and all that would have followed from it are given up: a problem says so. */
function giveUp(ledger: Ledger, pending: Pending, error: unknown): void {
  const cursor = parseReread(pending.cursor)?.cursor ?? pending.cursor;
  ledger.problems.add({
    kind: "incomplete",
    reason: reasonOf(error),
    items: [canonicalJson(cursor).slice(0, 300)],
    ...(pending.range === undefined ? {} : { range: pending.range }),
  });
  ledger.giveUp(pending);
}

/** One sentence for a problem. A programming error of a plugin is named as what it is. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return `the plugin threw ${String(error)}`;
  if (error.name === "InvalidStep") return `the plugin's answer makes no sense: ${error.message}`;
  if (error.name === "PluginError" || error.name === "StepRefused") return error.message;
  return `the plugin failed: ${error.name}: ${error.message}`;
}
