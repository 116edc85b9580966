/** Directories whose names survive a power cut. */
import { mkdir, open } from "node:fs/promises";
import { dirname, join } from "node:path";
import { systemCode } from "contextcore";
import { ifThere } from "./errors.ts";

/** Waits until the names in a directory are on the disk. One that somebody has just removed has none. */
export async function syncDirectory(path: string): Promise<void> {
  // Windows cannot do it, and need not.
  if (process.platform === "win32") return;
  const directory = await ifThere(open(path, "r"));
  if (directory === undefined) return;
  try {
    await directory.sync();
  } catch (error) {
    // Some file systems cannot do it either.
    if (!["EINVAL", "ENOTSUP"].includes(systemCode(error) ?? "")) throw error;
  } finally {
    await directory.close();
  }
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
    await syncDirectory(dirname(path));
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
