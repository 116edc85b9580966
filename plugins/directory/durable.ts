/** Directories whose names survive a power cut. */
import { mkdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { syncDirectory, systemCode } from "contextcore";
import { ifThere } from "./errors.ts";

/** Waits until the names in a directory are on the disk. One that somebody has just removed has none. */
export async function syncNames(path: string): Promise<void> {
  await ifThere(syncDirectory(path));
}

/** Makes directories below `root`, and it. */
export interface Folders {
  /** Makes the directory that a name lies in, and those above it. Once this resolves, their names are on the disk. */
  make(name: string): Promise<void>;
  /** Somebody has removed some: they are made again. */
  forget(): void;
}

/** Each directory is only looked after once: many objects share a few of them. */
export function createFolders(root: string): Folders {
  const known = new Set<string>();
  const makeOne = async (path: string): Promise<void> => {
    if (known.has(path)) return;
    await mkdir(path, { recursive: path === root }).catch((error) => {
      if (systemCode(error) !== "EEXIST") throw error;
    });
    await syncNames(dirname(path));
    known.add(path);
  };
  return {
    async make(name) {
      const folders = name.split("/").slice(0, -1);
      await makeOne(root);
      for (const [depth] of folders.entries()) await makeOne(join(root, ...folders.slice(0, depth + 1)));
    },
    forget: () => known.clear(),
  };
}
