import type { DashboardStore } from "../contract/contract.ts";
import { inParallel } from "../units/in-parallel.ts";
import { type Attempts, createAttempts, type Stopped, type Unwritten } from "./attempts.ts";
import {
  type DashboardStep,
  type FolderStep,
  LOST_FOLDER,
  LOST_PARENT,
  type ProvisionPlan,
} from "./plan-provision.ts";
import { readUnchanged, requireUnchangedFolder } from "./unchanged.ts";

/** The result of provisioning. */
export interface Provisioned {
  readonly folders: { readonly created: number; readonly renamed: number; readonly unchanged: number };
  readonly dashboards: { readonly created: number; readonly updated: number; readonly unchanged: number };
  /** Dashboards that belong to another tool. */
  readonly left: readonly Unwritten[];
  readonly failed: readonly Unwritten[];
  /** What exists now, but not as intended. Absent: nothing. */
  readonly warned?: readonly Unwritten[];
  /** The steps that were carried out. */
  readonly done: Pick<ProvisionPlan, "folders" | "dashboards">;
  /** It was abandoned before its end; the counts cover what was done until then. */
  readonly stopped?: Stopped;
}

/**
 * Carries out a plan: folders first, then dashboards. A failure is reported and stops nothing else, except the contents of a
 * folder that could not be created. The signal ends it; the result says what was done until then.
 */
export async function provisionDashboards(
  store: DashboardStore,
  plan: ProvisionPlan,
  signal: AbortSignal,
): Promise<Provisioned> {
  const { failed, ...attempts } = createAttempts(signal);
  const work: Work = { ...attempts, store, signal, folders: [], dashboards: [] };
  const stopped = await attempts.untilStopped(async () => {
    const lost = await writeFolders(work, plan.folders);
    await inParallel(plan.dashboards, (step) => provisionOne(work, step, lost));
  });
  // They were written side by side, and are told in the order of the plan.
  const done = new Set(work.dashboards);
  const dashboards = plan.dashboards.filter((step) => done.has(step));
  return { ...summary(plan, { ...work, dashboards, failed }), ...(stopped && { stopped }) };
}

/** The results of a plan so far. */
interface Done {
  readonly folders: readonly FolderStep[];
  readonly dashboards: readonly DashboardStep[];
  readonly failed: readonly Unwritten[];
}

interface Work extends Pick<Attempts, "attempt"> {
  readonly store: DashboardStore;
  readonly signal: AbortSignal;
  /** The steps that were done. */
  readonly folders: FolderStep[];
  readonly dashboards: DashboardStep[];
}

/** The result if everything works. */
export const expectedResult = (plan: ProvisionPlan): Provisioned => summary(plan, { ...plan, failed: [] });

function summary(plan: ProvisionPlan, { folders, dashboards, failed }: Done): Provisioned {
  const counter =
    (steps: readonly { readonly action: string }[]) =>
    (action: string): number =>
      steps.filter((one) => one.action === action).length;
  const [folder, dashboard] = [counter(folders), counter(dashboards)];
  return {
    folders: { created: folder("create"), renamed: folder("rename"), unchanged: folder("keep") },
    dashboards: {
      created: dashboard("create"),
      updated: dashboard("update"),
      unchanged: dashboard("keep"),
    },
    left: plan.dashboards.flatMap((step) =>
      step.action === "leave" ? [{ what: step.file, reason: step.reason }] : [],
    ),
    failed: [...plan.refused, ...failed],
    ...(plan.warned.length === 0 ? {} : { warned: plan.warned }),
    done: { folders, dashboards },
  };
}

/** @returns the uids of folders that do not exist now */
async function writeFolders(work: Work, steps: readonly FolderStep[]): Promise<ReadonlySet<string>> {
  const { store, signal } = work;
  const lost = new Set<string>();
  const now = steps.some(({ action }) => action === "rename") ? (await store.list(signal)).folders : [];
  for (const step of steps) {
    const { action, path, folder, before } = step;
    const done = await work.attempt(path, async (asked) => {
      if (lost.has(folder.parentUid ?? "")) throw new Error(LOST_PARENT);
      if (action === "rename" && before !== undefined) requireUnchangedFolder(before, now);
      if (action !== "keep") asked();
      if (action === "create") await store.createFolder(folder, signal);
      if (action === "rename") await store.renameFolder(folder, signal);
    });
    if (done) work.folders.push(step);
    else if (action === "create") lost.add(folder.uid);
  }
  return lost;
}

async function provisionOne(work: Work, step: DashboardStep, lost: ReadonlySet<string>): Promise<void> {
  const done = await work.attempt(step.file, async (asked) => {
    if (step.action !== "create" && step.action !== "update") return;
    if (lost.has(step.dashboard.folderUid)) throw new Error(LOST_FOLDER);
    if (step.action === "update")
      await readUnchanged(work.store, { uid: step.dashboard.uid, hash: step.hash }, work.signal);
    asked();
    await work.store.write(step.dashboard, work.signal);
  });
  if (done) work.dashboards.push(step);
}
