import { type Cursor, type Step, v } from "contextcore";
import { toFileText } from "./exact-json.ts";
import { findDashboards } from "./find-dashboards.ts";
import { type Folder, type FolderTree, readFolders } from "./folders.ts";
import { filePaths, folderPaths } from "./paths.ts";
import type { Server } from "./server.ts";
import { type ReadStep, stepOf, tolerant } from "./step.ts";

/** All folders in one step; with a selector only those above the dashboards that it finds. */
export const exportFolders: ReadStep = stepOf(
  { match: v.optional(v.string()) },
  (server, { match }, signal) =>
    tolerant("folders", async () => {
      const tree = await readFolders(server, signal);
      const wanted = match === undefined ? tree.folders : await above(server, { tree, match }, signal);
      return stepFor(wanted, tree);
    }),
);

/** Lists the folders: those in which a chosen dashboard lies, or all. @param match the selector that was asked for */
export const folderCursor = (match: string | undefined): Cursor => ({
  kind: "folders",
  ...(match === undefined ? {} : { match }),
});

async function above(
  { http }: Server,
  { tree, match }: { tree: FolderTree; match: string },
  signal: AbortSignal,
): Promise<Folder[]> {
  const hits = await findDashboards(http, match, signal);
  const byUid = new Map(tree.folders.map((folder) => [folder.uid, folder]));
  const wanted = new Set<Folder>();
  for (const hit of hits) {
    let folder = byUid.get(hit.folderUid);
    while (folder !== undefined && !wanted.has(folder)) {
      wanted.add(folder);
      folder = byUid.get(folder.parentUid ?? "");
    }
  }
  return [...wanted];
}

function stepFor(folders: readonly Folder[], tree: FolderTree): Step {
  const directories = folderPaths(tree.folders);
  const items = folders.map((folder) => ({
    ...folder,
    directory: directories.get(folder.uid)?.slice(0, -1) ?? [],
  }));
  const paths = filePaths("folders", items);
  const objects = folders.map((folder) => ({
    path: paths.get(folder.uid) ?? "",
    text: toFileText(folder),
    unit: "folders",
  }));
  return tree.partial ? { objects, problems: [PARTIAL_VIEW] } : { objects };
}

const PARTIAL_VIEW = {
  kind: "incomplete",
  reason:
    "The account sees only part of this Grafana (it sees folders whose parents it may not see). Export with an account that sees everything.",
} as const;
