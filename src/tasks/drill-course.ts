/** The course of a drill: one backend after the other, in a scratch directory that goes with it, and a report that is kept. */
import { type DrillPart, drillBackend } from "../drill/drill-backend.ts";
import {
  type DrilledBackend,
  type DrillReport,
  isMeasured,
  keepReport,
  undrilledPart,
  worstOf,
} from "../drill/report.ts";
import { type DrillScratch, discardLeftovers, openDrillScratch } from "../drill/scratch.ts";
import type { DrillProgress } from "../drill/work.ts";
import { withoutErased } from "../retention/tombstones/without-erased.ts";
import { given } from "../units/given.ts";
import { fromMs, toRfc3339 } from "../units/range.ts";
import { counted } from "../units/words.ts";
import type { DrillPlan } from "./drill-plan.ts";
import { SealedError } from "./task/errors.ts";
import type { Progress } from "./task/progress.ts";
import type { Running } from "./task/task.ts";

/** Carries it out, and keeps the report. @throws the signal's reason, before which everything of it is removed */
export async function carryOutDrill(plan: DrillPlan, running: Running): Promise<DrillReport> {
  const { config, note } = running;
  const began = new Date();
  const left = await discardLeftovers(config.backups);
  if (left > 0) note(`removed what ${counted(left, "drill")} left behind that did not come to an end`);
  const backends = [...(await drilled(plan, running)), ...plan.owed.map(undrilledPart)];
  const report = reportOf(plan, began, backends);
  await keepReport(config.directory, report);
  return report;
}

async function drilled(plan: DrillPlan, running: Running): Promise<DrilledBackend[]> {
  if (plan.parts.length === 0) return [];
  await using scratch = openDrillScratch(running.config.backups, plan.name);
  using stretch = running.follow(plan.parts.map(({ chain }) => chain.backend));
  const done: DrilledBackend[] = [];
  // One after the other: a recovery's pace is that of a server which does nothing else.
  for (const part of plan.parts)
    done.push(await one(part, plan, { running, scratch, show: stretch.progress }));
  return done;
}

interface Surroundings {
  readonly running: Running;
  readonly scratch: DrillScratch;
  readonly show: (progress: Progress) => void;
}

async function one(
  part: DrillPart,
  { name, erasures }: DrillPlan,
  { running, scratch, show }: Surroundings,
): Promise<DrilledBackend> {
  const { config, backends, signal, note, warn } = running;
  const { backend } = part.chain;
  const found = await drillBackend(part, {
    name,
    production: { config, backends },
    scratch,
    leaveOut: (snapshot) => (erasures.size === 0 ? snapshot : withoutErased(snapshot, erasures)),
    concurrency: config.export.concurrency,
    signal,
    note,
    warn,
    isOwed: (error) => error instanceof SealedError,
    onProgress: (progress) => show(shown(backend, progress)),
  });
  const isDone = ["proved", "rehearsed", "partial"].includes(found.verdict);
  const counts = found.saved?.counts ?? {};
  show({
    name: backend,
    done: 1,
    bytes: found.bytes ?? 0,
    counts,
    retries: 0,
    state: isDone ? "done" : "failed",
  });
  return found;
}

/** Which part of the whole a stage begins with and ends at. */
const STAGES: Readonly<Record<DrillProgress["stage"], readonly [from: number, to: number, remark: string]>> =
  {
    check: [0, 0.1, "checking"],
    restore: [0.1, 0.6, "restoring"],
    read: [0.6, 0.9, "reading back"],
    compare: [0.9, 1, "comparing"],
  };

function shown(name: string, { stage, done, bytes, counts, retries }: DrillProgress): Progress {
  const [from, to, remark] = STAGES[stage];
  return {
    name,
    done: from + (to - from) * Math.min(1, done),
    bytes,
    counts,
    retries,
    state: "running",
    remark,
  };
}

function reportOf({ name, from }: DrillPlan, began: Date, backends: DrilledBackend[]): DrillReport {
  const restored = backends.filter(isMeasured).flatMap(({ restoreSeconds }) => restoreSeconds ?? []);
  const recoverySeconds = restored.length === 0 ? undefined : restored.reduce((sum, one) => sum + one);
  return {
    name,
    began: toRfc3339(fromMs(began.getTime())),
    seconds: (Date.now() - began.getTime()) / 1000,
    verdict: worstOf(backends.map(({ verdict }) => verdict)),
    ...given({ source: from, recoverySeconds }),
    backends,
  };
}
