/** What provisioning would do: first shown, then carried out unchanged. */
import type {
  DashboardDocument,
  DashboardFolder,
  DashboardListing,
  DashboardStore,
  PlacedDashboard,
} from "../contract/contract.ts";
import { given } from "../units/given.ts";
import { inParallel } from "../units/in-parallel.ts";
import type { Unwritten } from "./attempts.ts";
import { folderDoubt, folderRefusalOf } from "./folder-refusal.ts";
import { leftOpen } from "./placeholders.ts";
import { isKeptDashboard } from "./same-content.ts";
import { type DashboardSource, derivedUid, type SourceDashboard, type SourceFolder } from "./source.ts";
import { dashboardHash } from "./unchanged.ts";

/** All that provisioning would do. Nothing on the server that the source lacks is removed. */
export interface ProvisionPlan {
  /** Parents before their contents. */
  readonly folders: readonly FolderStep[];
  readonly dashboards: readonly DashboardStep[];
  /** What the server would refuse; not attempted. */
  readonly refused: readonly Unwritten[];
  /** What will exist, but not as intended. */
  readonly warned: readonly Unwritten[];
}

/** What becomes of one folder of the source. */
export interface FolderStep {
  readonly action: "create" | "rename" | "keep";
  readonly path: string;
  readonly folder: DashboardFolder;
  /** What a renamed folder was. */
  readonly before?: DashboardFolder;
}

/** What becomes of one dashboard of the source. */
export type DashboardStep =
  | {
      readonly action: "create" | "update" | "keep";
      readonly file: string;
      readonly dashboard: PlacedDashboard;
      /** What an update replaces: see {@link dashboardHash}. */
      readonly hash?: string;
    }
  /** Another tool owns it. */
  | { readonly action: "leave"; readonly file: string; readonly reason: string };

/** Compares a source with the server. Writes nothing. */
export async function planProvision(
  store: DashboardStore,
  source: DashboardSource,
  signal: AbortSignal,
): Promise<ProvisionPlan> {
  const listing = await store.list(signal);
  const all = planFolders(source.folders, listing);
  const lost = refusedFolders(all);
  const folders = all.filter(({ path }) => !lost.has(path));
  const uids = new Map(folders.map(({ path, folder }) => [path, folder.uid]));
  const there = new Set(listing.dashboards.map(({ uid }) => uid));
  const homeless = source.dashboards.filter(({ folder }) => lost.has(folder));
  const housed = source.dashboards.filter(({ folder }) => !lost.has(folder));
  const dashboards = await inParallel(housed, async (one): Promise<DashboardStep> => {
    const placed = place(one, uids);
    const before = there.has(placed.uid) ? await store.read(placed.uid, signal) : undefined;
    return planDashboard(one.file, placed, before);
  });
  const refused = [
    ...[...lost].map(([what, reason]) => ({ what, reason })),
    ...homeless.map(({ file }) => ({ what: file, reason: LOST_FOLDER })),
    ...(source.refused ?? []).map(({ file, reason }) => ({ what: file, reason })),
  ];
  return { folders, dashboards, refused, warned: warnings(folders, dashboards) };
}

/** The reason for items in a folder that does not exist. */
export const LOST_FOLDER = "its folder could not be created";
/** The reason for a folder in such a folder. */
export const LOST_PARENT = "its parent folder could not be created";

const depthOf = (path: string): number => path.split("/").length;

/** Paths of new folders that the server would refuse, and of folders in them, with reasons. */
function refusedFolders(steps: readonly FolderStep[]): ReadonlyMap<string, string> {
  const lost = new Map<string, string>();
  for (const { action, path, folder } of steps) {
    const parent = path.slice(0, Math.max(0, path.lastIndexOf("/")));
    const reason = lost.has(parent) ? LOST_PARENT : folderRefusalOf(folder, depthOf(path));
    if (action === "create" && reason !== undefined) lost.set(path, reason);
  }
  return lost;
}

function warnings(folders: readonly FolderStep[], dashboards: readonly DashboardStep[]): Unwritten[] {
  const all = [
    ...folders.map(({ action, path }) => ({
      what: path,
      reason: action === "create" ? folderDoubt(depthOf(path)) : undefined,
    })),
    ...dashboards.map((step) => ({
      what: step.file,
      reason: step.action === "leave" ? undefined : leftOpen(step.dashboard.content),
    })),
  ];
  return all.flatMap(({ what, reason }) => (reason === undefined ? [] : [{ what, reason }]));
}

/**
 * A folder is recognized by its uid if the source sets one. Otherwise it is recognized by title and place, or by the uid that
 * this program gave it earlier under another title, because a uid can exist only once.
 */
function planFolders(folders: readonly SourceFolder[], { folders: there }: DashboardListing): FolderStep[] {
  const uids = new Map<string, string>();
  return folders.map((folder) => {
    const parentUid = uids.get(folder.parent);
    const own = folder.uid ?? derivedUid(`folder ${folder.path}`);
    const isNamed = (one: DashboardFolder): boolean =>
      folder.uid === undefined && isSameTitle(one.title, folder.title) && one.parentUid === parentUid;
    const same = there.find(isNamed) ?? there.find(({ uid }) => uid === own);
    const uid = same?.uid ?? own;
    uids.set(folder.path, uid);
    const action = same === undefined ? "create" : isSameTitle(same.title, folder.title) ? "keep" : "rename";
    return {
      action,
      path: folder.path,
      folder: toFolder(folder, uid, parentUid),
      ...given({ before: same }),
    };
  });
}

/** Grafana may trim spaces around a title. */
const isSameTitle = (a: string, b: string): boolean => a.trim() === b.trim();

const toFolder = (
  { title, description }: SourceFolder,
  uid: string,
  parentUid: string | undefined,
): DashboardFolder => ({
  uid,
  title,
  ...given({ description, parentUid }),
});

function place(
  { file, folder, draft }: SourceDashboard,
  folders: ReadonlyMap<string, string>,
): Omit<PlacedDashboard, "replaces"> {
  return {
    ...draft,
    uid: draft.uid ?? derivedUid(`dashboard ${file}`),
    folderUid: folders.get(folder) ?? "",
  };
}

function planDashboard(
  file: string,
  placed: Omit<PlacedDashboard, "replaces">,
  before: DashboardDocument | undefined,
): DashboardStep {
  if (before === undefined) return { action: "create", file, dashboard: { ...placed, replaces: false } };
  if (before.managedBy !== undefined) {
    const reason = `it belongs to ${before.managedBy}, which would be locked out of it`;
    return { action: "leave", file, reason };
  }
  const isSame = before.folderUid === placed.folderUid && isKeptDashboard(placed.content, before.content);
  const dashboard = { ...placed, replaces: true };
  return isSame
    ? { action: "keep", file, dashboard }
    : { action: "update", file, dashboard, hash: dashboardHash(before) };
}
