import type { DashboardFolder, DashboardListing, DashboardStore } from "../contract/contract.ts";

/** A dashboard on the server, as it is listed for people. */
export interface ListedDashboard {
  readonly uid: string;
  readonly title: string;
  /** Titles from the root down; empty at the root. */
  readonly folder: readonly string[];
  readonly tags: readonly string[];
  readonly url?: string;
}

/** All dashboards, by folder and title. */
export async function listDashboards(store: DashboardStore, signal: AbortSignal): Promise<ListedDashboard[]> {
  const listing = await store.list(signal);
  const rows = listing.dashboards.map(({ folderUid, ...row }) => ({
    ...row,
    folder: titlesAbove(listing, folderUid),
  }));
  const key = ({ folder, title, uid }: ListedDashboard): string => [...folder, "", title, uid].join("\u0000");
  return rows.sort((a, b) => (key(a) < key(b) ? -1 : 1));
}

/** The titles of a folder and those above it, from the root down; an invisible folder is named by its uid. */
export function titlesAbove({ folders }: Pick<DashboardListing, "folders">, uid: string): string[] {
  const titles: string[] = [];
  const seen = new Set<string>();
  for (let here = uid; here !== "" && !seen.has(here); here = parentOf(folders, here)) {
    seen.add(here);
    titles.unshift(folders.find((folder) => folder.uid === here)?.title ?? here);
  }
  return titles;
}

const parentOf = (folders: readonly DashboardFolder[], uid: string): string =>
  folders.find((folder) => folder.uid === uid)?.parentUid ?? "";
