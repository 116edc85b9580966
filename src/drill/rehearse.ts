/** One backend's part of a drill: its chain restored into a target, read back from there, and compared record by record. */
import { join } from "node:path";
import { createConcurrencyLimit } from "../engine/concurrency-limit.ts";
import { DEFAULT_TUNING } from "../engine/tuning.ts";
import { carryOutRestore } from "../restore/carry-out.ts";
import { compareTarget } from "../restore/compared.ts";
import { createCourse } from "../restore/course.ts";
import { type PlannedRestore, plannedCounts, planRestore, type RestoreTarget } from "../restore/plan.ts";
import type { RestoreReport } from "../restore/report.ts";
import type { BackendChain } from "../snapshot/catalog/chain.ts";
import { openChain } from "../snapshot/catalog/open-chain.ts";
import { type OpenSnapshot, openSnapshot } from "../snapshot/read/reader.ts";
import { makeNamedDirectory } from "../storage/own-file.ts";
import { given } from "../units/given.ts";
import type { ComparedObjects } from "../verify/compare-objects.ts";
import { type BackendDifference, compareSnapshots } from "../verify/diff-summary.ts";
import { TargetRefused } from "./errors.ts";
import { type ReadBack, readRestored } from "./read-back.ts";
import type { OpenTarget } from "./target.ts";
import type { RehearsalWork } from "./work.ts";

/** How long each part took. s */
interface RehearsalTimes {
  /** Reading the snapshot, writing it to the target, and until that counted all of it. */
  readonly restore: number;
  readonly readBack: number;
  readonly compare: number;
}

/** What came of it, as far as it got. */
export interface Rehearsal {
  readonly plan: PlannedRestore;
  readonly target: RestoreTarget | undefined;
  /** Absent: nothing was restored. */
  readonly restored?: RestoreReport["plugins"][number];
  /** Absent: nothing was compared. */
  readonly compared?: BackendDifference;
  /** Dashboards, rules and the like as the target has them now; absent: they are compared byte for byte. */
  readonly objects?: ComparedObjects;
  readonly back?: ReadBack;
  readonly times: Partial<RehearsalTimes>;
}

/**
 * Restores, reads back and compares. A chain with damaged blocks is not restored: what is damaged is in the plan.
 * @throws SnapshotError when the chain cannot be opened, TargetRefused when the target holds what would be restored; what the target's server says
 */
export async function rehearse(
  chain: BackendChain,
  { open, kind }: OpenTarget,
  work: RehearsalWork,
): Promise<Rehearsal> {
  const { signal, onProgress } = work;
  await using opened = await openChain([chain], { signal });
  const snapshot = work.leaveOut(opened.snapshot);
  const plan = await planRestore({
    snapshot,
    chains: [chain],
    backends: [open],
    labels: {},
    signal,
    onLook: counting(snapshot, onProgress),
  });
  const [target] = plan.targets;
  if (target === undefined || target.lost.length > 0) return { plan, target, times: {} };
  if (kind === "server") requireUnheld(target);
  const restoring = await timed(() => restored(plan, work));
  const reading = await timed(() => readRestored(target, work));
  onProgress({ ...NOTHING, stage: "compare", done: 0 });
  const comparing = await timed(() => compared(snapshot, target, { path: reading.value.path, signal }));
  const found = await untilPutAgain(comparing.value, plan, work);
  return {
    plan,
    target,
    ...(restoring.value === undefined ? {} : { restored: restoring.value }),
    ...found,
    back: reading.value,
    times: { restore: restoring.seconds, readBack: reading.seconds, compare: comparing.seconds },
  };
}

const NOTHING = { bytes: 0, counts: {}, retries: 0 } as const;

function counting({ manifest }: OpenSnapshot, onProgress: RehearsalWork["onProgress"]) {
  let bytes = 0;
  return (more: number): void => {
    bytes += more;
    onProgress({ ...NOTHING, stage: "check", done: bytes / Math.max(bytes, manifest.bytes), bytes });
  };
}

/** @throws TargetRefused when the server counts records, or has objects, where they would be restored */
function requireUnheld({ name, held = {}, compared: there }: RestoreTarget): void {
  const records = Object.values(held).some((count) => count > 0);
  const objects = [there?.equalCounts, there?.differingCounts].some((counts) =>
    Object.values(counts ?? {}).some((count) => count > 0),
  );
  if (records || objects)
    throw new TargetRefused(
      `the target of ${name} holds what is to be restored already`,
      "it has to be empty: make it anew before each drill, with a command that `before` names",
    );
}

async function restored(
  plan: PlannedRestore,
  { directory, concurrency, signal, warn, onProgress }: RehearsalWork,
): Promise<RestoreReport["plugins"][number] | undefined> {
  const planned = plan.targets.map(plannedCounts);
  const course = createCourse(plan, () => undefined, {});
  const report = await carryOutRestore(plan, {
    directory,
    course,
    concurrency,
    signal,
    warn,
    onProgress: ({ done, written, bytes, retries }) =>
      onProgress({
        stage: "restore",
        done: planned.length === 0 ? 1 : done,
        counts: written,
        bytes,
        retries,
      }),
  });
  return report.plugins[0];
}

/**
 * A server may write the same data in other bytes each time. Then it is put in once more: what is there and the same is left
 * alone and counted, and anything else is written or refused.
 */
async function untilPutAgain(
  found: Pick<Rehearsal, "compared" | "objects">,
  plan: PlannedRestore,
  work: RehearsalWork,
): Promise<Pick<Rehearsal, "compared" | "objects">> {
  const { compared } = found;
  const differs = compared?.units.find(({ unit, fewer }) => unit === "files" && fewer > 0);
  if (compared === undefined || differs === undefined) return found;
  const directory = join(work.directory, "again");
  makeNamedDirectory(directory);
  const again = await restored(plan, { ...work, directory });
  if (again === undefined || !isAllThere(again)) return found;
  const same = Object.entries(again.existing).map(([unit, both]) => ({
    unit,
    more: 0,
    fewer: 0,
    changed: 0,
    both,
  }));
  return {
    ...found,
    compared: { ...compared, units: [...compared.units.filter((one) => one !== differs), ...same] },
  };
}

const isAllThere = ({
  failure,
  written,
  existing,
  rejected,
  differing,
}: RestoreReport["plugins"][number]): boolean =>
  failure === undefined && sum(written) + rejected + differing.length === 0 && sum(existing) > 0;

const sum = (counts: Readonly<Record<string, number>>): number =>
  Object.values(counts).reduce((all, count) => all + count, 0);

/** Objects are compared by their content, without what a server sets by itself, where their backend can. */
async function compared(
  saved: OpenSnapshot,
  { name, open, files }: RestoreTarget,
  { path, signal }: { readonly path: string; readonly signal: AbortSignal },
): Promise<Pick<Rehearsal, "compared" | "objects">> {
  await using back = disposable(await openSnapshot(path));
  const { backends } = await compareSnapshots(saved, back.snapshot);
  const found = backends.find((one) => one.backend === name);
  const { restore } = open.backend;
  if (restore?.compare === undefined) return given({ compared: found });
  const { call } = createConcurrencyLimit({ concurrency: 1, tuning: DEFAULT_TUNING, signal });
  const { compared: objects } = await compareTarget(files, restore, {
    snapshot: saved,
    policy: "keep",
    call,
    signal,
  });
  return given({ compared: found, objects });
}

const disposable = (snapshot: OpenSnapshot) => ({ snapshot, [Symbol.asyncDispose]: () => snapshot.close() });

async function timed<Value>(
  work: () => Promise<Value>,
): Promise<{ readonly value: Value; readonly seconds: number }> {
  const began = performance.now();
  const value = await work();
  return { value, seconds: (performance.now() - began) / 1000 };
}
