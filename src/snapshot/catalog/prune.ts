import { basename, dirname, join } from "node:path";
import { discardDirectory, namesIn, removeDirectory } from "../../storage/whole-directory.ts";
import { hiddenName, nameInHidden } from "../format/name.ts";
import type { KeptSnapshot } from "./kept.ts";

/**
 * Removes a snapshot so that a half-removed one can never pass for a whole: first its name, then its files.
 * @param onGone called when it has lost its name
 * @throws Error from the file system; the snapshot then still has its name, or is gone for every reader
 */
export async function removeSnapshot({ path }: KeptSnapshot, onGone: () => void): Promise<void> {
  const doomed = join(dirname(path), hiddenName(basename(path), "removed"));
  await removeDirectory(path, doomed, onGone);
}

/** Leftovers of interrupted removals in the snapshots directory: no longer snapshots, but they take up disk space. */
export async function listRemoved(directory: string): Promise<string[]> {
  const names = await namesIn(directory);
  return names
    .filter((name) => nameInHidden(name, "removed") !== undefined)
    .map((name) => join(directory, name));
}

/** Finishes what {@link removeSnapshot} began; another process may be doing the same. */
export const sweepRemoved = (doomed: string): Promise<void> => discardDirectory(doomed);
