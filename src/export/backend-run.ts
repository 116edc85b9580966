/** The life of one backend in an export: asked, started, drained, counted. What goes wrong stays with it. */

import type { Inventory, Limit } from "../contract/contract.ts";
import { isKind } from "../contract/errors.ts";
import { createConcurrencyLimit } from "../engine/concurrency-limit.ts";
import type { OpenBackend } from "../host/open.ts";
import type { Reconciliation } from "../reconcile/reconcile.ts";
import type { Commit } from "../snapshot/format/block.ts";
import { SnapshotError } from "../snapshot/format/errors.ts";
import { isLoss } from "../snapshot/format/problem-kind.ts";
import { checkWaits } from "../snapshot/write/check-cursors.ts";
import { checkStart } from "../snapshot/write/check-step.ts";
import { describeSkew, nowAt } from "../units/clock-skew.ts";
import { fromMs } from "../units/range.ts";
import type { ExportContext, Run } from "./context.ts";
import { countEarly, countRead } from "./counting.ts";
import { createWake, type DrainOptions, drain } from "./drain.ts";
import { type Ledger, rootCursor } from "./ledger.ts";
import { createReporter } from "./progress.ts";
import { reasonOf } from "./reason.ts";

/** How it went with one backend. */
export interface BackendOutcome {
  readonly open: OpenBackend;
  readonly ledger: Ledger;
  readonly inventory?: Inventory;
  readonly limits: readonly Limit[];
  readonly reconciliation?: Reconciliation;
  /** True when nothing of it could be read: it did not even start. */
  readonly failed: boolean;
  /** Why a resumed export of it came no further, though work waits: finishing the snapshot now would lose that for good. */
  readonly stuck?: string;
  readonly durationMs: number;
}

/** Exports one backend. Never throws: what went wrong is in the outcome, or was given to `context.stop`. */
export async function runBackend(
  context: ExportContext,
  open: OpenBackend,
  ledger: Ledger,
): Promise<BackendOutcome> {
  const began = performance.now();
  const wake = createWake();
  const limit = createConcurrencyLimit({ ...context, onChange: () => onChange() });
  const reporter = createReporter({ name: open.name, ledger, limit, ...context });
  const onChange = (): void => {
    wake.now();
    reporter.report();
  };
  const run: Run = { ...context, open, backend: open.backend, ledger, limit, wake, reporter };
  const outcome = await live(run);
  reporter.end(outcome.failed ? "failed" : "done");
  return { open, ledger, ...outcome, durationMs: Math.round(performance.now() - began) };
}

type Lived = Omit<BackendOutcome, "open" | "ledger" | "durationMs">;

async function live(run: Run): Promise<Lived> {
  const { ledger, signal } = run;
  const resumed = ledger.started;
  const inventory = await askInventory(run);
  if (inventory === "unreachable") return { limits: [], failed: true, ...stuckAt(run, ledger.frontier.size) };
  tellClock(run);
  const asked = { ...(inventory === undefined ? {} : { inventory }), limits: await askLimits(run) };
  if (!ledger.started && !(await start(run))) return { ...asked, failed: true };
  const early = countEarly(run);
  const { steps, frontier } = ledger;
  const waiting = frontier.size;
  run.reporter.enter("running");
  await drainAll(run);
  const before = await early.end();
  if (signal.aborted) return { ...asked, failed: false };
  const idle = resumed && waiting > 0 && ledger.steps === steps;
  if (idle && run.limit.givesUp()) return { ...asked, failed: true, ...stuckAt(run, waiting) };
  abandonRest(run);
  run.reporter.enter("counting");
  const reconciliation = await countRead(run, before, async (admit) => {
    run.reporter.enter("running");
    await drainAll({ ...run, admit });
    if (!signal.aborted) abandonRest(run);
    run.reporter.enter("counting");
  });
  return { ...asked, ...(reconciliation === undefined ? {} : { reconciliation }), failed: false };
}

const drainAll = (run: Run & Pick<DrainOptions, "admit">): Promise<void> =>
  drain({
    ...run,
    name: run.open.name,
    exporter: run.backend.export,
    now: () => nowAt(run.open, fromMs(Date.now())),
    onStep: run.reporter.report,
    onPause: run.reporter.pause,
  });

/** Says why the `waiting` steps of an earlier run were not gone on with; nothing when there are none. */
function stuckAt({ open, ledger, signal }: Run, waiting: number): Pick<Lived, "stuck"> {
  if (signal.aborted || waiting === 0) return {};
  // The newest: those of the earlier run come first.
  const reason = ledger.problems.current().findLast(isLoss)?.reason ?? "it does not answer";
  return { stuck: `${open.name} could not go on, ${waiting} steps wait: ${reason}` };
}

async function askInventory({
  backend,
  limit,
  ledger,
  signal,
}: Run): Promise<Inventory | "unreachable" | undefined> {
  try {
    return await limit.call((inner) => backend.inventory(inner));
  } catch (error) {
    if (signal.aborted) return "unreachable";
    if (isKind(error, "temporary", "refused")) {
      ledger.problems.add({ kind: "failed", reason: reasonOf(error), range: ledger.request.range });
      return "unreachable";
    }
    ledger.problems.add({ kind: "lossy", reason: `its inventory could not be read: ${reasonOf(error)}` });
    return undefined;
  }
}

/** What has settled, and what expires, goes by the server's clock; whoever reads the times should know. */
function tellClock({ open, ledger }: Run): void {
  const skew = describeSkew(open, fromMs(Date.now()));
  if (skew === undefined) return;
  const reason = `the server's clock is ${skew}: where reading ends goes by the server's. Let both hosts keep time.`;
  ledger.problems.add({ kind: "lossy", reason });
}

/** Limits that shorten answers silently are reported as such. */
async function askLimits({ backend, limit, ledger, signal }: Run): Promise<readonly Limit[]> {
  if (backend.limits === undefined) return [];
  try {
    const limits = await limit.call(async (inner) => backend.limits?.(inner) ?? []);
    for (const { clamps, setting, value, effect } of limits) {
      if (clamps)
        ledger.problems.add({
          kind: "clamped",
          reason: `${setting} = ${value}${effect ? `: ${effect}` : ""}`,
        });
    }
    return limits;
  } catch (error) {
    if (!signal.aborted)
      ledger.problems.add({ kind: "lossy", reason: `its limits could not be read: ${reasonOf(error)}` });
    return [];
  }
}

/** Runs and commits the step of the root. @returns whether there is anything to go on with */
async function start({ backend, limit, ledger, writer, open, signal, stop }: Run): Promise<boolean> {
  try {
    const checked = checkStart(await limit.call((inner) => backend.export.start(ledger.request, inner)));
    checkWaits("cursors", checked.next, nowAt(open, fromMs(Date.now())));
    const commit: Commit = { cursor: rootCursor(ledger.request), ...checked };
    await writer.write(open.name, { records: [], objects: [], commit });
    ledger.begin(commit);
    return true;
  } catch (error) {
    if (error instanceof SnapshotError) stop(error);
    else if (!signal.aborted)
      ledger.problems.add({ kind: "failed", reason: reasonOf(error), range: ledger.request.range });
    return false;
  }
}

/** What is left when a backend was given up: every part of the time line that was not read is named. */
function abandonRest({ ledger, limit }: Run): void {
  if (!limit.givesUp()) return;
  const { frontier, problems } = ledger;
  const waiting = frontier.size;
  for (let pending = frontier.take(); pending !== undefined; pending = frontier.take()) {
    const range = pending.range === undefined ? {} : { range: pending.range };
    problems.add({
      kind: "incomplete",
      reason: `it stopped answering; ${waiting} steps were not run`,
      ...range,
    });
    ledger.giveUp(pending);
  }
}
