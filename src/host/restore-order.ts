import type { Restorer } from "../contract/contract.ts";

/** Files by the restorer's rank, then parents before what lies in them, then by name. @param pathOf the file's path */
export async function inRestoreOrder<File>(
  files: readonly File[],
  pathOf: (file: File) => string,
  restorer: Pick<Restorer, "rank" | "ranks">,
  signal: AbortSignal,
): Promise<File[]> {
  const paths = files.map(pathOf);
  const ranks = (await restorer.ranks?.(paths, signal)) ?? paths.map((path) => restorer.rank?.(path) ?? 0);
  const placed = files.map((file, index) => ({ file, path: paths[index] ?? "", rank: ranks[index] ?? 0 }));
  const depth = (path: string): number => path.split("/").length;
  placed.sort((a, b) => a.rank - b.rank || depth(a.path) - depth(b.path) || (a.path < b.path ? -1 : 1));
  return placed.map(({ file }) => file);
}
