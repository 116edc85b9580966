import { dirname, join } from "node:path";
import type { DashboardDocument, DashboardFolder } from "../contract/contract.ts";
import { safeFileName } from "../contract/file-name.ts";
import { treePaths } from "../contract/tree-paths.ts";
import { fillFile, makeDirectoryDurably } from "../storage/whole-directory.ts";
import { FOLDER_FILE, formatFolderFile } from "./folder-file.ts";

/** The directory for each folder's dashboards, by uid. */
type Directories = ReadonlyMap<string, readonly string[]>;

/** A path for each folder, from its titles made safe; equal ones are distinguished by uid. */
export const directoriesOf = (folders: readonly DashboardFolder[]): Directories =>
  treePaths(folders.map(({ uid, title, parentUid = "" }) => ({ id: uid, title, parent: parentUid })));

/** Writes the `_folder.json` of these folders, so that their titles and uids can be restored exactly. */
export async function saveFolders(
  directory: string,
  folders: readonly DashboardFolder[],
  directories: Directories,
): Promise<void> {
  for (const folder of folders) {
    const file = join(directory, ...(directories.get(folder.uid) ?? [safeFileName(folder.uid)]), FOLDER_FILE);
    await writeNew(file, formatFolderFile(folder));
  }
}

/** Writes one dashboard as `<folders…>/<title>-<uid>.json`. @returns its path, whose name is not durable yet */
export async function saveDocument(
  directory: string,
  { uid, title, folderUid, text }: DashboardDocument,
  directories: Directories,
): Promise<string> {
  const above = folderUid === "" ? [] : (directories.get(folderUid) ?? [safeFileName(folderUid)]);
  return await writeNew(join(directory, ...above, `${safeFileName(title)}-${safeFileName(uid)}.json`), text);
}

/** Never overwrites a file: where case is ignored, two names can be the same. */
async function writeNew(file: string, text: string): Promise<string> {
  // A copy may soon be the only one, so the names of its directories are on the disk before it is.
  await makeDirectoryDurably(dirname(file));
  for (let attempt = 1; ; attempt += 1) {
    const path = attempt === 1 ? file : file.replace(/\.json$/, `-${attempt}.json`);
    if (await fillFile(path, text)) return path;
  }
}
