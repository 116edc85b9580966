/**
 * Copies of trusted files, so that `plugin trust` can show what has changed in them. They are named by their hash in the
 * project's `.contextcore/trusted`. A copy that does not match its name is ignored, and no code is ever loaded from a copy.
 */
import { join } from "node:path";
import { entriesIn, isThere } from "../../storage/entries.ts";
import { makeOwnDirectory, readOwnSync, requireOwnDirectories } from "../../storage/own-file.ts";
import { removeFile } from "../../storage/unsynced.ts";
import { writeWhole } from "../../storage/whole-file.ts";
import { unpackFrame } from "../../storage/zstd.ts";
import type { Location } from "../plugin/locate.ts";
import { type PluginFiles, readFileOf, sha256 } from "./files.ts";
import type { PluginLock } from "./lock.ts";

/** Nobody reads a larger file line by line. bytes */
const FILE_MAX = 512 * 1024;

const ownOf = (directory: string): string => join(directory, ".contextcore");
const folderOf = (directory: string): string => join(ownOf(directory), "trusted");
const pathOf = (directory: string, hash: string): string => join(folderOf(directory), `${hash}.zst`);

/** Stores the files' present contents, if they are still what was shown. */
export function keepCopies(directory: string, location: Location, { files }: PluginFiles): void {
  makeOwnDirectory(ownOf(directory), folderOf(directory), 0o700);
  for (const [name, { hash, bytes }] of files) {
    const path = pathOf(directory, hash);
    if (bytes > FILE_MAX || isThere(path)) continue;
    const content = readFileOf(location, name);
    if (sha256(content) !== hash) continue;
    writeWhole(path, Bun.zstdCompressSync(content), { mode: 0o600 });
  }
}

/** The contents of the file with this hash; `undefined` when this machine has no copy. */
export function copyOf(directory: string, hash: string): Uint8Array | undefined {
  const path = pathOf(directory, hash);
  if (!isThere(path)) return undefined;
  try {
    const content = unpackFrame(readOwnSync(path, 2 * FILE_MAX, { root: ownOf(directory) }), FILE_MAX);
    return sha256(content) === hash ? content : undefined;
  } catch {
    return undefined;
  }
}

/** Removes the copies of files that are no longer trusted for any plugin of the project. */
export function dropOldCopies(directory: string, lock: PluginLock): void {
  const folder = folderOf(directory);
  if (!isThere(folder)) return;
  requireOwnDirectories(ownOf(directory), folder);
  const kept = new Set(
    Object.values(lock).flatMap(({ files }) => Object.values(files).map(({ hash }) => hash)),
  );
  for (const { name } of entriesIn(folder)) {
    if (name.endsWith(".zst") && !kept.has(name.slice(0, -".zst".length))) removeFile(join(folder, name));
  }
}
