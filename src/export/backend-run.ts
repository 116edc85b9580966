/** The life of one backend in an export: asked, started, drained, counted. Its errors affect no other backend. */

import type { Inventory, Limit } from "../contract/contract.ts";
import { type ConcurrencyLimit, createConcurrencyLimit } from "../engine/concurrency-limit.ts";
import { type TellWait, waitsOf } from "../engine/wait.ts";
import type { OpenBackend } from "../host/open.ts";
import { holdsNothing } from "../reconcile/count.ts";
import { createCounter } from "../reconcile/in-parts.ts";
import { readWithin } from "../reconcile/read-within.ts";
import type { Reconciliation } from "../reconcile/reconcile.ts";
import type { TotalBefore } from "../reconcile/settle.ts";
import type { Commit } from "../snapshot/format/block.ts";
import { SnapshotError } from "../snapshot/format/errors.ts";
import { isLoss } from "../snapshot/format/problem-kind.ts";
import { SIGNAL_TABLE } from "../snapshot/format/signals.ts";
import { nowAt } from "../units/clock-skew.ts";
import { given } from "../units/given.ts";
import { fromMs } from "../units/range.ts";
import { sleep } from "../units/sleep.ts";
import { type Asking, askInventory, askLimits, start, tellClock, tellUnlisted } from "./asking.ts";
import type { ExportContext } from "./context.ts";
import { type Counting, countEarly, countRead } from "./counting.ts";
import type { Ledger } from "./ledger/ledger.ts";
import { createReporter, type Reporter } from "./progress.ts";
import type { Committed } from "./reread/committed.ts";
import { type RereadOptions, readAgain } from "./reread/reread.ts";
import { drainFrontier, type RunStepsOptions } from "./run-steps.ts";

/** The outcome of one backend. */
export interface BackendOutcome {
  readonly open: OpenBackend;
  readonly ledger: Ledger;
  readonly inventory?: Inventory;
  readonly limits: readonly Limit[];
  readonly reconciliation?: Reconciliation;
  /** True when it did not even start, so nothing could be read. */
  readonly failed: boolean;
  /**
   * Why a resumed export of it made no progress although work is waiting: finishing the snapshot now would lose that work for
   * good.
   */
  readonly stuck?: string;
  readonly durationMs: number;
}

/** What to export, and what earlier calls and runs have read of it. */
interface BackendRun {
  readonly open: OpenBackend;
  readonly ledger: Ledger;
  /** Its inventory, if it has been read. */
  readonly inventory?: Inventory | undefined;
  /** Why it did not say what it holds, if it did not. */
  readonly unlisted?: string | undefined;
}

/** Exports one backend. @throws only our own faults: the backend's errors are in the outcome */
export async function runBackend(
  context: ExportContext,
  { open, ledger, inventory, unlisted }: BackendRun,
): Promise<BackendOutcome> {
  const began = performance.now();
  const tellWait = waitsOf(open.name, context.onWait);
  const limit = createConcurrencyLimit({ ...context, tellWait });
  const reporter = createReporter({ name: open.name, ledger, limit, ...context });
  limit.watch(reporter.report);
  const outcome = await live(context, { open, ledger, inventory, unlisted, limit, reporter, tellWait });
  const isStopped = context.signal.aborted && !outcome.failed;
  reporter.end(isStopped ? "stopped" : outcome.failed || isLost({ ledger, limit }) ? "failed" : "done");
  return { open, ledger, ...outcome, durationMs: Math.round(performance.now() - began) };
}

/** Whether the backend was given up, or nothing could be read from it. */
const isLost = ({ ledger, limit }: Pick<Subject, "ledger" | "limit">): boolean =>
  limit.givesUp() || (ledger.bytes === 0 && ledger.problems.current().some(isLoss));

type Lived = Omit<BackendOutcome, "open" | "ledger" | "durationMs">;

/** One backend, and what was made for its export. */
interface Subject extends BackendRun {
  readonly limit: ConcurrencyLimit;
  readonly reporter: Reporter;
  readonly tellWait: TellWait;
}

async function live(context: ExportContext, subject: Subject): Promise<Lived> {
  const { open, ledger, limit } = subject;
  const { signal } = context;
  const resumed = ledger.started;
  const asking: Asking = { backend: open.backend, limit, ledger, signal };
  const inventory = subject.inventory ?? (await askInventory(asking));
  if (inventory === "unreachable")
    return { limits: [], failed: true, ...(signal.aborted ? {} : stuckAt(subject, ledger.frontier.size)) };
  tellUnlisted(subject.unlisted, ledger);
  tellClock(open, ledger);
  const asked = { ...given({ inventory }), limits: await askLimits(asking) };
  const starting = { ...asking, commit: committer(context, open), now: clockOf(open) };
  if (!ledger.started && !(await start(starting))) return { ...asked, failed: true };
  const { steps } = ledger;
  const waiting = ledger.frontier.size;
  const before = await readAll(context, subject);
  if (signal.aborted) return { ...asked, failed: false };
  const idle = resumed && waiting > 0 && ledger.steps === steps;
  if (idle && limit.givesUp()) return { ...asked, failed: true, ...stuckAt(subject, waiting) };
  abandonRest(subject);
  const reconciliation = await countAll(context, subject, before);
  return { ...asked, ...given({ reconciliation }), failed: isSilent(subject, reconciliation) };
}

/** It did not say what it holds, gave nothing, and not even its counts say that there is nothing. */
const isSilent = ({ unlisted, ledger }: Subject, reconciliation: Reconciliation | undefined): boolean =>
  unlisted !== undefined && ledger.bytes === 0 && reconciliation?.agrees !== true;

/** By the server's clock, ns. */
const clockOf = (open: OpenBackend) => (): bigint => nowAt(open, fromMs(Date.now()));

/** Writes a commit without records. A failed write stops the whole export. */
const committer =
  ({ writer, stop }: Pick<ExportContext, "writer" | "stop">, { name }: OpenBackend) =>
  async (commit: Commit): Promise<void> => {
    try {
      await writer.write(name, { records: [], objects: [], commit });
    } catch (error) {
      if (error instanceof SnapshotError) stop(error);
      throw error;
    }
  };

/** Reads everything that is waiting. @returns the server's earlier count */
async function readAll(context: ExportContext, subject: Subject): Promise<TotalBefore | undefined> {
  const { open, ledger, limit, reporter } = subject;
  const { tuning } = context;
  const { backend } = open;
  const { match } = ledger.request;
  const early = countEarly(
    ledger,
    // Only counts that are repeated are compared with an earlier one.
    backend.count === undefined || tuning.recountMs === 0
      ? undefined
      : (range, enough) =>
          limit.callOnce(async (inner) => backend.count?.({ range, ...given({ match }) }, inner), enough),
  );
  reporter.enter("running");
  await drainAll(context, subject);
  return early.end();
}

const drainAll = (
  context: ExportContext,
  { open, ledger, limit, reporter, tellWait }: Subject,
  kept: Pick<RunStepsOptions, "admit" | "once"> = {},
): Promise<void> => {
  const { name, plugin, backend } = open;
  const isForWorkers = (plugin.signals ?? []).some((signal) => SIGNAL_TABLE[signal].lines !== undefined);
  const source = {
    name,
    plugin: plugin.name,
    exporter: backend.export,
    isForWorkers,
    now: clockOf(open),
  };
  return drainFrontier({ source, ledger, limit, context, reporter, tellWait, ...kept });
};

/** `undefined` when the backend has no counts, or the export has to stop. */
async function countAll(
  context: ExportContext,
  subject: Subject,
  before: TotalBefore | undefined,
): Promise<Reconciliation | undefined> {
  const { open, ledger, reporter } = subject;
  const { signal } = context;
  reporter.enter("counting");
  if (open.backend.count === undefined) return undefined;
  const committed = context.draft.committed(open.name);
  const counting = countingOf(context, subject, committed);
  try {
    return await countRead({
      ledger,
      counting,
      before,
      signal,
      readAgain: async (short) => {
        if (short.length === 0) return;
        try {
          await readAgain(short, { ...rereading(context, subject), count: counting.count, committed });
        } catch (error) {
          if (!signal.aborted) throw error;
        }
      },
    });
  } finally {
    await committed.close();
  }
}

function countingOf(
  { tuning: { recentMs, emptyRecentMs, recountMs, recounts }, writer, signal }: ExportContext,
  { open, ledger, limit, tellWait }: Subject,
  committed: Committed,
): Counting {
  const { match } = ledger.request;
  const now = clockOf(open);
  const read = readWithin(committed);
  const count = createCounter({ backend: open.backend, match, call: limit.call, callPart: limit.callPart });
  return {
    count: (range) => count(range, ledger.hasGivenUp(range)),
    async readWithin(ranges, units) {
      await writer.flush();
      return read(ranges, units);
    },
    atOnce: limit.slots,
    isRecent: (answer) =>
      answer.question.range.to > now() - fromMs(holdsNothing(answer) ? emptyRecentMs : recentMs),
    recountMs,
    recounts,
    async pause(ms) {
      tellWait("before it counts once more what may still be arriving or differs", ms);
      await sleep(ms, signal).catch(() => {});
    },
  };
}

function rereading(context: ExportContext, subject: Subject): Omit<RereadOptions, "count" | "committed"> {
  const { open, ledger, limit, reporter } = subject;
  const { signal, writer } = context;
  return {
    ledger,
    signal,
    start: (request) => limit.call((inner) => open.backend.export.start(request, inner)),
    commit: committer(context, open),
    flush: writer.flush,
    goesOn: () => !signal.aborted && !limit.givesUp(),
    drain: async (kept) => {
      reporter.enter("running");
      await drainAll(context, subject, kept);
      if (!signal.aborted) abandonRest(subject);
      reporter.enter("counting");
    },
  };
}

/** Says why the `waiting` steps of an earlier run were not continued; nothing when there are none. */
function stuckAt({ open, ledger }: Pick<Subject, "open" | "ledger">, waiting: number): Pick<Lived, "stuck"> {
  if (waiting === 0) return {};
  // The newest, because those of the earlier run come first.
  const reason = ledger.problems.current().findLast(isLoss)?.reason ?? "it does not answer";
  return { stuck: `${open.name} could not go on, ${waiting} steps wait: ${reason}` };
}

/** After a backend was given up: names every part of the time line that was not read. */
function abandonRest({ ledger, limit }: Pick<Subject, "ledger" | "limit">): void {
  if (!limit.givesUp()) return;
  const { frontier, problems } = ledger;
  const waiting = frontier.size;
  for (let pending = frontier.take(); pending !== undefined; pending = frontier.take()) {
    const range = given({ range: pending.range });
    problems.add({
      kind: "incomplete",
      reason: `it stopped answering; ${waiting} steps were not run`,
      ...range,
    });
    ledger.giveUp(pending);
  }
}
