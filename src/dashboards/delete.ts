import type {
  DashboardDocument,
  DashboardFolder,
  DashboardListing,
  DashboardStore,
} from "../contract/contract.ts";
import { inParallel } from "../units/in-parallel.ts";
import { createAttempts, type Stopped, type Unwritten } from "./attempts.ts";
import { type ListedDashboard, titlesAbove } from "./listing.ts";
import { dashboardHash, readUnchanged, requireUnchangedFolder } from "./unchanged.ts";

/** What a deletion would remove: first shown, then carried out unchanged. */
export interface DeletionPlan {
  readonly dashboards: readonly ListedDashboard[];
  /** Contents before their folder. */
  readonly folders: readonly DashboardFolder[];
  /** What each dashboard was when it was planned, by uid: see {@link dashboardHash}. */
  readonly hashes: ReadonlyMap<string, string>;
  /** Everything that was there when it was planned. */
  readonly listing: DashboardListing;
}

/** The requested item does not exist, or is ambiguous. */
class SelectionError extends Error {
  override readonly name = "SelectionError";
  readonly hint: string;

  constructor(message: string, hint: string) {
    super(message);
    this.hint = hint;
  }
}

/** What is to be deleted. */
interface Selection {
  readonly uids: readonly string[];
  /** By uid, or by its titles from the root down with `/` between them; with everything in it. */
  readonly folder?: string;
}

/**
 * What would be deleted along with these dashboards, or with a folder and everything in it. Deletes nothing.
 * @throws SelectionError when one of them does not exist
 */
export async function planDeletion(
  store: DashboardStore,
  { uids, folder }: Selection,
  signal: AbortSignal,
): Promise<DeletionPlan> {
  const listing = await store.list(signal);
  const unknown = uids.filter((uid) => !listing.dashboards.some((one) => one.uid === uid));
  if (unknown.length > 0)
    throw new SelectionError(
      `there is no dashboard with the uid ${unknown.join(", ")}`,
      "`dashboards list` shows them.",
    );
  const folders = folder === undefined ? [] : foldersBelow(listing, folderNamed(listing, folder));
  const inside = new Set(folders.map(({ uid }) => uid));
  const dashboards = listing.dashboards
    .filter(({ uid, folderUid }) => uids.includes(uid) || inside.has(folderUid))
    .map(({ folderUid, ...row }) => ({ ...row, folder: titlesAbove(listing, folderUid) }));
  const hashes = await inParallel(dashboards, async ({ uid }) =>
    dashboardHash(await store.read(uid, signal)),
  );
  return {
    dashboards,
    folders,
    listing,
    hashes: new Map(dashboards.map(({ uid }, index) => [uid, hashes[index] ?? ""])),
  };
}

function folderNamed(listing: DashboardListing, name: string): DashboardFolder {
  const byUid = listing.folders.find(({ uid }) => uid === name);
  const byTitles = listing.folders.filter(({ uid }) => titlesAbove(listing, uid).join("/") === name);
  const [found = byUid] = byUid === undefined ? byTitles : [byUid];
  if (found === undefined)
    throw new SelectionError(`there is no folder ${name}`, "Name its uid, or its titles: Platform/Services");
  if (byUid === undefined && byTitles.length > 1) {
    const uids = byTitles.map(({ uid }) => uid).join(", ");
    throw new SelectionError(`there are ${byTitles.length} folders ${name}`, `Name one by its uid: ${uids}`);
  }
  return found;
}

/** Deepest first. */
function foldersBelow(listing: DashboardListing, folder: DashboardFolder): DashboardFolder[] {
  const children = listing.folders.filter(({ parentUid }) => parentUid === folder.uid);
  return [...children.flatMap((child) => foldersBelow(listing, child)), folder];
}

/** What was deleted, and what could not be. */
export interface Deleted {
  readonly dashboards: readonly ListedDashboard[];
  readonly folders: readonly DashboardFolder[];
  readonly failed: readonly Unwritten[];
  /** It was abandoned before its end. */
  readonly stopped?: Stopped;
}

interface Deleting {
  /** Copies a dashboard before deleting it; if that fails, it is not deleted. */
  readonly keep: (document: DashboardDocument) => Promise<void>;
  readonly signal: AbortSignal;
}

/**
 * Deletes what the plan names, as the plan saw it, and nothing else: what somebody has changed since, and a folder with new
 * contents, stays. The signal ends it, and the result says what
 * was deleted by then.
 */
export async function deleteDashboards(
  store: DashboardStore,
  plan: DeletionPlan,
  { keep, signal }: Deleting,
): Promise<Deleted> {
  const { attempt, untilStopped, failed } = createAttempts(signal);
  const dashboards: ListedDashboard[] = [];
  const folders: DashboardFolder[] = [];
  const stopped = await untilStopped(async () => {
    for (const row of plan.dashboards) {
      const isGone = await attempt(`${row.title} (${row.uid})`, async (asked) => {
        await keep(await readUnchanged(store, { uid: row.uid, hash: plan.hashes.get(row.uid) }, signal));
        asked();
        await store.remove(row.uid, signal);
      });
      if (isGone) dashboards.push(row);
    }
    const now = plan.folders.length === 0 ? [] : (await store.list(signal)).folders;
    for (const folder of plan.folders) {
      const isGone = await attempt(
        `folder ${titlesAbove(plan.listing, folder.uid).join("/")}`,
        async (asked) => {
          requireUnchangedFolder(folder, now);
          asked();
          await store.removeFolder(folder.uid, signal);
        },
      );
      if (isGone) folders.push(folder);
    }
  });
  return { dashboards, folders, failed, ...(stopped && { stopped }) };
}
