/** What provisioning would do: shown first, then carried out as it stands. */
import type {
  DashboardDocument,
  DashboardFolder,
  DashboardKeeper,
  DashboardListing,
  PlacedDashboard,
} from "../contract/contract.ts";
import { inParallel } from "./in-parallel.ts";
import { isKeptDashboard } from "./same-content.ts";
import { type DashboardSource, derivedUid, type SourceDashboard, type SourceFolder } from "./source.ts";

export interface ProvisionPlan {
  /** Parents before what lies in them. */
  readonly folders: readonly FolderStep[];
  readonly dashboards: readonly DashboardStep[];
}

export interface FolderStep {
  readonly action: "create" | "rename" | "keep";
  readonly path: string;
  readonly folder: DashboardFolder;
}

export type DashboardStep =
  | {
      readonly action: "create" | "update" | "keep";
      readonly file: string;
      readonly dashboard: PlacedDashboard;
    }
  /** Another tool owns it. */
  | { readonly action: "leave"; readonly file: string; readonly reason: string };

/** Compares a source with what the server has. Writes nothing. */
export async function planProvision(
  keeper: DashboardKeeper,
  source: DashboardSource,
  signal: AbortSignal,
): Promise<ProvisionPlan> {
  const listing = await keeper.list(signal);
  const folders = planFolders(source.folders, listing);
  const uids = new Map(folders.map(({ path, folder }) => [path, folder.uid]));
  const there = new Set(listing.dashboards.map(({ uid }) => uid));
  const dashboards = await inParallel(source.dashboards, async (one): Promise<DashboardStep> => {
    const placed = place(one, uids);
    const before = there.has(placed.uid) ? await keeper.read(placed.uid, signal) : undefined;
    return planDashboard(one.file, placed, before);
  });
  return { folders, dashboards };
}

/** A folder is known by its uid where the source says one, else by its title and where it lies. */
function planFolders(folders: readonly SourceFolder[], { folders: there }: DashboardListing): FolderStep[] {
  const uids = new Map<string, string>();
  return folders.map((folder) => {
    const parentUid = uids.get(folder.parent);
    const same = there.find((one) =>
      folder.uid === undefined
        ? one.title === folder.title && one.parentUid === parentUid
        : one.uid === folder.uid,
    );
    const uid = same?.uid ?? folder.uid ?? derivedUid(`folder ${folder.path}`);
    uids.set(folder.path, uid);
    const action = same === undefined ? "create" : same.title === folder.title ? "keep" : "rename";
    return { action, path: folder.path, folder: toFolder(folder, uid, parentUid) };
  });
}

const toFolder = (
  { title, description }: SourceFolder,
  uid: string,
  parentUid: string | undefined,
): DashboardFolder => ({
  uid,
  title,
  ...(description === undefined ? {} : { description }),
  ...(parentUid === undefined ? {} : { parentUid }),
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
  return { action: isSame ? "keep" : "update", file, dashboard: { ...placed, replaces: true } };
}
