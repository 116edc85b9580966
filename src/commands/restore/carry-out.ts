import { resolve } from "node:path";
import type { Did, Ending, Trail } from "../../audit/format/event.ts";
import { flushAll } from "../../engine/flush.ts";
import { newRestoreDirectory, type RestoreRequest, unfinishedRestore } from "../../restore/directory.ts";
import { openJournal } from "../../restore/journal.ts";
import type { RestorePlan, RestoreTarget } from "../../restore/plan.ts";
import { recount } from "../../restore/recount.ts";
import { type RestoreReport, restoreReport, writeReport } from "../../restore/report.ts";
import { type RestoreProgress, runRestore } from "../../restore/run.ts";
import { snapshotsOf } from "../../snapshot/catalog/chain-claims.ts";
import { addCounts } from "../../snapshot/format/counts.ts";
import { UsageError } from "../../tasks/errors.ts";
import { withLastWord } from "../../tasks/last-word.ts";
import type { Progress } from "../../tasks/progress.ts";
import { createProgress } from "../../terminal/progress.ts";
import { toRfc3339 } from "../../units/range.ts";
import { countsToTell } from "../../units/unit-text.ts";
import type { RestoreCall } from "./args.ts";
import { createCourse } from "./course.ts";

/** Where reports are kept, and where the restore is recorded. */
export interface RestorePlace {
  readonly backups: string;
  readonly trail: Trail;
}

/** Writes what was planned, under the eyes of the trail, and says what came of it. @throws UsageError when there is nothing to resume */
export async function carryOut(
  call: RestoreCall,
  { backups, trail }: RestorePlace,
  plan: RestorePlan,
): Promise<RestoreReport> {
  const request = requestOf(call, plan);
  const earlier = call.args.resume ? await unfinishedRestore(backups, request) : undefined;
  if (call.args.resume && earlier === undefined) {
    throw new UsageError(
      "there is no interrupted restore like this one",
      "the same snapshot and the same flags continue it; for a time such as 24h, the moment that it meant: contextcore audit --operation restore",
    );
  }
  const directory = earlier ?? (await newRestoreDirectory(backups, request, new Date()));
  const operation = {
    operation: "restore",
    destructive: true,
    details: {
      snapshot: plan.snapshot.path,
      ...(snapshotsOf(plan.chains).length > 1 ? { snapshots: snapshotsOf(plan.chains).length } : {}),
      ...timesOf(call),
      report: directory,
      resumed: earlier !== undefined,
    },
    dataAffected: plan.targets.map(({ name }) => name),
    signal: call.signal,
  };
  return trail.record(operation, async (did) => {
    const report = await written(call, plan, { directory, did });
    return { result: report, ending: endingOf(report) };
  });
}

async function written(
  call: RestoreCall,
  plan: RestorePlan,
  { directory, did }: { readonly directory: string; readonly did: Did },
): Promise<RestoreReport> {
  const { signal } = call;
  const journal = await openJournal(resolve(directory));
  const board = createProgress(call.terminal, { signal });
  const course = createCourse(plan, did, timesOf(call));
  try {
    // What came late stays invisible in a server's memory, to the look for what is there already and to the counts.
    const flush = () =>
      flushAll(
        plan.targets.map(({ open }) => open),
        { signal, warn: call.terminal.warn },
      );
    await flush();
    course.begins();
    const outcomes = await runRestore({
      plan,
      journal,
      signal,
      onOffer: course.offers,
      onProgress: (progress) => {
        course.wrote(progress);
        board.update(shown(progress));
      },
    });
    course.isWritten(outcomes);
    await flush();
    const counted = new Map<string, Awaited<ReturnType<typeof recount>>>();
    for (const target of plan.targets) {
      const whole = outcomes.some(
        ({ name, rejected, failure }) => name === target.name && rejected === 0 && !failure,
      );
      // What was refused will not turn up, however long one waits.
      const settleMs = whole ? await settlingOf(target, signal) : 0;
      const { lost = [] } = outcomes.find(({ name }) => name === target.name) ?? {};
      counted.set(target.name, await recount(target, { signal, settleMs, pauseMs: 1_000, lost }));
      course.counted(target.name);
    }
    const report = restoreReport(plan, directory, outcomes, counted);
    await writeReport(report);
    return report;
  } catch (error) {
    throw withLastWord(error, course.lastWord());
  } finally {
    board.stop();
    await journal.close();
  }
}

/** What was there already counts as dealt with, and is said. */
function shown({ name, done, written, existing, bytes }: RestoreProgress): Progress {
  const counts = { ...written };
  addCounts(counts, existing);
  const there = countsToTell(existing).find(([, count]) => count > 0)?.[1];
  return {
    name,
    done,
    counts,
    bytes,
    retries: 0,
    state: done < 1 ? "running" : "counting",
    ...(there === undefined ? {} : { remark: `already there ${there.toLocaleString("en")}` }),
  };
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

/** `--from` and `--to` as moments, where they are given. */
const timesOf = ({ args: { from, to } }: RestoreCall): { from?: string; to?: string } => ({
  ...(from === undefined ? {} : { from: toRfc3339(from) }),
  ...(to === undefined ? {} : { to: toRfc3339(to) }),
});

function requestOf({ args: given }: RestoreCall, { snapshot, targets }: RestorePlan): RestoreRequest {
  const { plugin, only, from, to, match, into, label } = given;
  const asked = { plugin, only, from: from?.toString(), to: to?.toString(), match, into, label };
  const places = targets.map(({ name, open }) => [name, open.url]);
  return {
    snapshot: snapshot.path,
    sha256: snapshot.manifest.sha256,
    asked: JSON.stringify({ ...asked, places }),
  };
}

function endingOf(report: RestoreReport): Ending {
  const outcome = ({ complete: "success", partial: "partial", failed: "failed" } as const)[report.status];
  const rejected = report.plugins.reduce((sum, one) => sum + one.rejected, 0);
  const lost = report.plugins.reduce((sum, one) => sum + one.lost.length, 0);
  return { outcome, details: { report: report.directory, rejected, ...(lost === 0 ? {} : { lost }) } };
}
