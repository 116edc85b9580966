import type { Restorer } from "../contract/contract.ts";

/** The parts of a restorer that define the order of its files. */
type Ordering = Pick<Restorer, "rank" | "ranks">;

/** Sorts files by the restorer's rank, then parents before their contents, then by name. @param pathOf the file's path */
export const inRestoreOrder = async <File>(
  files: readonly File[],
  pathOf: (file: File) => string,
  restorer: Ordering,
  signal: AbortSignal,
): Promise<File[]> => (await inRestoreRanks(files, pathOf, restorer, signal)).flat();

/** The same in groups. Each group may need the groups before it; files within a group do not need each other. */
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

/** The order in which the blocks of a file are written; a key that ends with `/` applies to all files below that folder. */
export function orderOf(file: string, order: Restorer["order"] = {}): "time" | "index" | "any" {
  const folder = Object.keys(order).find((key) => key.endsWith("/") && file.startsWith(key));
  return order[file] ?? (folder === undefined ? undefined : order[folder]) ?? "index";
}
