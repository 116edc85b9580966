import { dirname } from "node:path";
import type { DashboardDocument, DashboardFolder } from "../contract/contract.ts";
import { syncDirectory } from "../contract/sync-directory.ts";
import { syncTree } from "../storage/whole-directory.ts";
import type { DeletionPlan } from "./delete.ts";
import { directoriesOf, saveDocument, saveFolders } from "./save-documents.ts";

/** A directory with copies of what a plan will delete; `provision` can put them back where they were. */
export async function createCopies(
  directory: string,
  { listing, dashboards, folders }: DeletionPlan,
): Promise<{ keep(document: DashboardDocument): Promise<void> }> {
  const directories = directoriesOf(listing.folders);
  const doomed = new Set(dashboards.map(({ uid }) => uid));
  const homes = listing.dashboards.filter(({ uid }) => doomed.has(uid)).map(({ folderUid }) => folderUid);
  const needed = new Set<DashboardFolder>();
  for (const uid of [...homes, ...folders.map((folder) => folder.uid)])
    addAbove(needed, listing.folders, uid);
  await saveFolders(directory, [...needed], directories);
  if (needed.size > 0) await syncTree(directory);
  return {
    keep: async (document) => syncDirectory(dirname(await saveDocument(directory, document, directories))),
  };
}

/** The folder and all folders that contain it. */
function addAbove(needed: Set<DashboardFolder>, folders: readonly DashboardFolder[], uid: string): void {
  let here = folders.find((folder) => folder.uid === uid);
  while (here !== undefined && !needed.has(here)) {
    needed.add(here);
    const { parentUid } = here;
    here = folders.find((folder) => folder.uid === parentUid);
  }
}
