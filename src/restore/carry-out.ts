/** Carries out a plan: flushes the servers, writes everything, and counts what they now hold. */

import { LOOK_RETRY } from "../engine/retry.ts";
import { type OnWait, waitsOf } from "../engine/wait.ts";
import { flushAll } from "../host/flush.ts";
import { given } from "../units/given.ts";
import type { Course } from "./course.ts";
import { countWhileWriting, type EarlyCounts } from "./early-counts.ts";
import { discardUnpacked } from "./edited-bytes.ts";
import { openRestoreJournal } from "./journal.ts";
import type { PlannedRestore, RestoreTarget } from "./plan.ts";
import { countOnServer, type Recount, recount } from "./recount.ts";
import { type RestoreReport, restoreReport, writeReport } from "./report.ts";
import { type RestoreProgress, runRestore, type TargetOutcome } from "./run.ts";

/** What carrying out a restore is given. */
interface RestoreWork {
  /** Directory of the journal, the refused records and the report, absolute. */
  readonly directory: string;
  readonly course: Course;
  /** Maximum number of concurrent batches per backend. */
  readonly concurrency: number;
  readonly signal: AbortSignal;
  readonly warn: (message: string) => void;
  readonly onProgress: (progress: RestoreProgress) => void;
  readonly onWait?: OnWait;
  /** How often to see what can be counted while the rest is written. ms */
  readonly everyMs?: number;
}

/** Writes what was planned, and reports the outcome. A target's failure does not stop the others. */
export async function carryOutRestore(plan: PlannedRestore, work: RestoreWork): Promise<RestoreReport> {
  const { directory, course, concurrency, signal, warn, onProgress, onWait } = work;
  await discardUnpacked(directory);
  const journal = await openRestoreJournal(directory);
  const backends = plan.targets.map(({ open }) => open);
  // Late data stays invisible in a server's memory, both to the check for existing data and to the counts.
  const flush = () => flushAll(backends, { signal, warn });
  try {
    await flush();
    course.begins();
    const early = new Map(plan.targets.map((target) => [target.name, countEarly(target, plan, work)]));
    const outcomes = await runRestore({
      plan,
      journal,
      concurrency,
      signal,
      ...given({ onWait }),
      onOffer: course.offers,
      onPassed: (name, block) => early.get(name)?.passed(block),
      onProgress: (progress) => {
        course.wrote(progress);
        onProgress(progress);
      },
    });
    course.isWritten(outcomes);
    await flush();
    const counted = await countedAfter(plan, { outcomes, early }, work);
    const report = restoreReport(plan, directory, outcomes, counted);
    await writeReport(report);
    return report;
  } finally {
    await discardUnpacked(directory);
    await journal.close();
  }
}

/** Counts a target on the side while it is written, with one call at a time. */
const countEarly = (
  target: RestoreTarget,
  { snapshot }: PlannedRestore,
  { signal, everyMs = EARLY_MS }: RestoreWork,
): EarlyCounts =>
  countWhileWriting(target, {
    flush: () => flushAll([target.open], { signal, warn: () => {} }),
    count: countOnServer(target, { signal, snapshot, retry: LOOK_RETRY }),
    everyMs,
  });

/** What is known when everything is written. */
interface Written {
  readonly outcomes: readonly TargetOutcome[];
  readonly early: ReadonlyMap<string, EarlyCounts>;
}

/** What each server now holds. */
async function countedAfter(
  { targets, snapshot }: PlannedRestore,
  { outcomes, early }: Written,
  { signal, course, concurrency, onWait }: RestoreWork,
): Promise<ReadonlyMap<string, readonly Recount[]>> {
  const count = async (target: RestoreTarget): Promise<readonly [string, readonly Recount[]]> => {
    const { name } = target;
    const shown = (await early.get(name)?.end()) ?? [];
    const outcome = outcomes.find((one) => one.name === name);
    const isWhole = outcome?.rejected === 0 && outcome.failure === undefined;
    // Refused records will not appear, however long we wait.
    const settleMs = isWhole ? await settlingOf(target, signal) : 0;
    const lost = [...(outcome?.lost ?? []), ...(outcome?.erased ?? []).map((block) => ({ block }))];
    const tellWait = waitsOf(name, onWait);
    const options = { signal, settleMs, pauseMs: 1_000, lost, snapshot, concurrency, shown, tellWait };
    const counted = await recount(target, options);
    course.counted(name);
    return [name, counted];
  };
  return new Map(await Promise.all(targets.map(count)));
}

const EARLY_MS = 1_000;

const SETTLE_MS = 60_000;

/**
 * How long to wait for the server to show what it accepted. The data is written by now, so a server that cannot say is no
 * failure.
 */
async function settlingOf({ open, findings }: RestoreTarget, signal: AbortSignal): Promise<number> {
  // Data that the server is known to hide does not show, however long we wait.
  if (findings.some(({ severity }) => severity === "hides")) return SETTLE_MS;
  try {
    return (await open.backend.restore?.settleMs?.(signal)) ?? SETTLE_MS;
  } catch {
    signal.throwIfAborted();
    return SETTLE_MS;
  }
}
