import type { Restorer } from "../contract/contract.ts";

/** What of a restorer says in which order it wants its files. */
type Ordering = Pick<Restorer, "rank" | "ranks">;

/** Files by the restorer's rank, then parents before what lies in them, then by name. @param pathOf the file's path */
export const inRestoreOrder = async <File>(
  files: readonly File[],
  pathOf: (file: File) => string,
  restorer: Ordering,
  signal: AbortSignal,
): Promise<File[]> => (await inRestoreRanks(files, pathOf, restorer, signal)).flat();

/** The same in groups, each of which needs those before it; of a group no file needs another. */
export async function inRestoreRanks<File>(
  files: readonly File[],
  pathOf: (file: File) => string,
  restorer: Ordering,
  signal: AbortSignal,
): Promise<File[][]> {
  const paths = files.map(pathOf);
  const ranks = (await restorer.ranks?.(paths, signal)) ?? paths.map((path) => restorer.rank?.(path) ?? 0);
  const placed = files.map((file, index) => ({ file, path: paths[index] ?? "", rank: ranks[index] ?? 0 }));
  const depth = (path: string): number => path.split("/").length;
  placed.sort((a, b) => a.rank - b.rank || depth(a.path) - depth(b.path) || (a.path < b.path ? -1 : 1));
  const groups = Map.groupBy(placed, ({ rank, path }) => `${rank} ${depth(path)}`);
  return [...groups.values()].map((group) => group.map(({ file }) => file));
}

/** In which order the blocks of a file are written; a key that ends with `/` is for all files below that folder. */
export function orderOf(file: string, order: Restorer["order"] = {}): "time" | "index" | "any" {
  const folder = Object.keys(order).find((key) => key.endsWith("/") && file.startsWith(key));
  return order[file] ?? (folder === undefined ? undefined : order[folder]) ?? "index";
}
