/** A plan carried out: what servers hold in memory is made readable, everything is written, and what they now hold is counted. */
import { flushAll } from "../engine/flush.ts";
import type { Course } from "./course.ts";
import { openJournal } from "./journal.ts";
import type { RestorePlan, RestoreTarget } from "./plan.ts";
import { type Recount, recount } from "./recount.ts";
import { type RestoreReport, restoreReport, writeReport } from "./report.ts";
import { type RestoreProgress, runRestore, type TargetOutcome } from "./run.ts";

/** What carrying out a restore is given. */
export interface RestoreWork {
  /** Where the journal, the refused records and the report are kept, absolute. */
  readonly directory: string;
  readonly course: Course;
  /** Batches under way at once for each backend, at most. */
  readonly concurrency: number;
  readonly signal: AbortSignal;
  readonly warn: (message: string) => void;
  readonly onProgress: (progress: RestoreProgress) => void;
}

/** Writes what was planned, and says what came of it. What one target cannot do does not stop the others. */
export async function carryOutRestore(plan: RestorePlan, work: RestoreWork): Promise<RestoreReport> {
  const { directory, course, concurrency, signal, warn, onProgress } = work;
  const journal = await openJournal(directory);
  const backends = plan.targets.map(({ open }) => open);
  // What came late stays invisible in a server's memory, to the look for what is there already and to the counts.
  const flush = () => flushAll(backends, { signal, warn });
  try {
    await flush();
    course.begins();
    const outcomes = await runRestore({
      plan,
      journal,
      concurrency,
      signal,
      onOffer: course.offers,
      onProgress: (progress) => {
        course.wrote(progress);
        onProgress(progress);
      },
    });
    course.isWritten(outcomes);
    await flush();
    const report = restoreReport(plan, directory, outcomes, await countedAfter(plan, outcomes, work));
    await writeReport(report);
    return report;
  } finally {
    await journal.close();
  }
}

/** What each server now holds. */
async function countedAfter(
  { targets }: RestorePlan,
  outcomes: readonly TargetOutcome[],
  { signal, course }: RestoreWork,
): Promise<ReadonlyMap<string, readonly Recount[]>> {
  const counted = new Map<string, readonly Recount[]>();
  for (const target of targets) {
    const outcome = outcomes.find(({ name }) => name === target.name);
    const isWhole = outcome?.rejected === 0 && outcome.failure === undefined;
    // What was refused will not turn up, however long one waits.
    const settleMs = isWhole ? await settlingOf(target, signal) : 0;
    const lost = outcome?.lost ?? [];
    counted.set(target.name, await recount(target, { signal, settleMs, pauseMs: 1_000, lost }));
    course.counted(target.name);
  }
  return counted;
}

const SETTLE_MS = 60_000;

/** How long to wait for the server to show what it took. The data is written by now: a server that cannot say is no failure. */
async function settlingOf({ open, findings }: RestoreTarget, signal: AbortSignal): Promise<number> {
  // What is said to be hidden does not show, however long one waits.
  if (findings.some(({ severity }) => severity === "hides")) return SETTLE_MS;
  try {
    return (await open.backend.restore?.settleMs?.(signal)) ?? SETTLE_MS;
  } catch {
    signal.throwIfAborted();
    return SETTLE_MS;
  }
}
