import type { DashboardKeeper } from "../plugin/contract.ts";
import { inParallel } from "./in-parallel.ts";
import type { DashboardStep, FolderStep, ProvisionPlan } from "./plan-provision.ts";

/** What provisioning came to. */
export interface Provisioned {
  readonly folders: { readonly created: number; readonly renamed: number; readonly unchanged: number };
  readonly dashboards: { readonly created: number; readonly updated: number; readonly unchanged: number };
  /** Dashboards that belong to another tool. */
  readonly left: readonly Unwritten[];
  readonly failed: readonly Unwritten[];
}

/** Something that was left as it was. */
export interface Unwritten {
  /** The file, or the folder's path. */
  readonly what: string;
  readonly reason: string;
}

/**
 * Carries a plan out: folders first, then dashboards. What fails is reported and stops nothing else, except what lies in a
 * folder that could not be created.
 * @throws the signal's reason when it is given up
 */
export async function provisionDashboards(
  keeper: DashboardKeeper,
  plan: ProvisionPlan,
  signal: AbortSignal,
): Promise<Provisioned> {
  const failed: Unwritten[] = [];
  const lost = await writeFolders(keeper, { steps: plan.folders, failed }, signal);
  const done = await inParallel(plan.dashboards, async (step) => {
    const reason = await problemOf(signal, () => writeDashboard(keeper, { step, lost }, signal));
    if (reason === undefined) return step.action;
    failed.push({ what: step.file, reason });
    return "fail" as const;
  });
  return summary(plan, done, failed);
}

/** False when everything is as the source says. */
export const hasChanges = ({ folders, dashboards }: ProvisionPlan): boolean =>
  folders.some(({ action }) => action !== "keep") ||
  dashboards.some(({ action }) => action === "create" || action === "update");

/** What the plan comes to when everything works. */
export const expectedResult = (plan: ProvisionPlan): Provisioned =>
  summary(
    plan,
    plan.dashboards.map(({ action }) => action),
    [],
  );

/** @param done what was done for each dashboard of the plan */
function summary(plan: ProvisionPlan, done: readonly string[], failed: readonly Unwritten[]): Provisioned {
  const count = (action: string): number => done.filter((one) => one === action).length;
  return {
    folders: folderCounts(plan.folders, failed),
    dashboards: { created: count("create"), updated: count("update"), unchanged: count("keep") },
    left: plan.dashboards.flatMap((step) =>
      step.action === "leave" ? [{ what: step.file, reason: step.reason }] : [],
    ),
    failed,
  };
}

function folderCounts(steps: readonly FolderStep[], failed: readonly Unwritten[]): Provisioned["folders"] {
  const written = steps.filter(({ path }) => !failed.some(({ what }) => what === path));
  const count = (action: string): number => written.filter((one) => one.action === action).length;
  return { created: count("create"), renamed: count("rename"), unchanged: count("keep") };
}

/** @returns the uids of folders that are not there now */
async function writeFolders(
  keeper: DashboardKeeper,
  { steps, failed }: { steps: readonly FolderStep[]; failed: Unwritten[] },
  signal: AbortSignal,
): Promise<ReadonlySet<string>> {
  const lost = new Set<string>();
  for (const { action, path, folder } of steps) {
    const reason = await problemOf(signal, async () => {
      if (lost.has(folder.parentUid ?? ""))
        throw new Error("the folder that it lies in could not be created");
      if (action === "create") await keeper.createFolder(folder, signal);
      if (action === "rename") await keeper.renameFolder(folder, signal);
    });
    if (reason === undefined) continue;
    failed.push({ what: path, reason });
    if (action === "create") lost.add(folder.uid);
  }
  return lost;
}

async function writeDashboard(
  keeper: DashboardKeeper,
  { step, lost }: { step: DashboardStep; lost: ReadonlySet<string> },
  signal: AbortSignal,
): Promise<void> {
  if (step.action !== "create" && step.action !== "update") return;
  if (lost.has(step.dashboard.folderUid)) throw new Error("its folder could not be created");
  await keeper.write(step.dashboard, signal);
}

/** Why it failed; `undefined` when it did not. Giving up is no failure of the item: it ends everything. */
export async function problemOf(signal: AbortSignal, work: () => Promise<void>): Promise<string | undefined> {
  signal.throwIfAborted();
  try {
    await work();
    return undefined;
  } catch (error) {
    signal.throwIfAborted();
    return error instanceof Error ? error.message : String(error);
  }
}
