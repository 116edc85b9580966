import { type DashboardFolder, safeFileName, treePaths } from "contextcore";
import type { Titled } from "./kind.ts";
import { searchReadable } from "./lists.ts";
import { looking, type Server } from "./server.ts";

/** Each folder's directory, as safe names from the root down, by the folder's uid. */
export type FolderPaths = ReadonlyMap<string, readonly string[]>;

/** Each folder's directory by uid: its titles from the root down. */
export const folderPaths = (folders: readonly DashboardFolder[]): FolderPaths =>
  treePaths(folders.map(({ uid, title, parentUid = "" }) => ({ id: uid, title, parent: parentUid })));

/** The same through Grafana's search: a few calls, however deeply folders are nested. @returns how many it fails at, too */
export async function readFolderPaths(
  server: Server,
): Promise<{ readonly paths: FolderPaths; readonly unread: number }> {
  const { hits, unread } = await searchReadable(looking(server), { type: "dash-folder" });
  const folders = hits.map(({ uid, title, folderUid }) => ({ uid, title, parentUid: folderUid }));
  return { paths: folderPaths(folders), unread };
}

/** The directory for the contents of a folder; an invisible one has at most a title. */
export function directoryOf(paths: FolderPaths, uid: string, title = ""): readonly string[] {
  if (uid === "") return [];
  return paths.get(uid) ?? treePaths([{ id: uid, title: title || uid, parent: "" }]).get(uid) ?? [];
}

/**
 * The file path of each object by uid: `<folder>/<directory…>/<title>-<uid>.json`, safe on every file system and unique even if
 * it ignores case.
 */
export function filePaths(folder: string, items: readonly Titled[]): ReadonlyMap<string, string> {
  const paths = new Map<string, string>();
  const taken = new Set<string>();
  for (const item of items.toSorted((a, b) => (a.uid < b.uid ? -1 : 1))) {
    const plain = filePath(folder, item);
    const path = taken.has(plain.toUpperCase()) ? filePath(folder, { ...item, uid: told(item.uid) }) : plain;
    taken.add(path.toUpperCase());
    paths.set(item.uid, path);
  }
  return paths;
}

const filePath = (folder: string, { uid, title, directory = [] }: Titled): string =>
  ["grafana", folder, ...directory, `${safeFileName(title)}-${safeFileName(uid)}.json`].join("/");

/** Makes a uid distinct that differs from another only in case. */
const told = (uid: string): string =>
  `${uid}-${new Bun.CryptoHasher("sha256").update(uid).digest("hex").slice(0, 8)}`;
