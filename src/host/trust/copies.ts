/**
 * Copies of the files that were trusted, so that `plugin trust` can show what has changed in them. They lie by their
 * hash in `.contextcore/trusted` of the project; a copy that is not what its name says counts as none, and nothing is
 * ever loaded from one.
 */
import { existsSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { makeOwnDirectory, readOwnSync, requireOwnDirectories } from "../../storage/own-file.ts";
import { writeWhole } from "../../storage/whole-file.ts";
import { unpackFrame } from "../../storage/zstd.ts";
import type { Location } from "../plugin/locate.ts";
import { type PluginFiles, readFileOf, sha256 } from "./files.ts";
import type { PluginLock } from "./lock.ts";

/** A larger file is not source that anybody reads line by line. bytes */
const FILE_MAX = 512 * 1024;

const ownOf = (directory: string): string => join(directory, ".contextcore");
const folderOf = (directory: string): string => join(ownOf(directory), "trusted");
const pathOf = (directory: string, hash: string): string => join(folderOf(directory), `${hash}.zst`);

/** Keeps what the files hold now, as far as that is still what was looked at. */
export function keepCopies(directory: string, location: Location, { files }: PluginFiles): void {
  makeOwnDirectory(ownOf(directory), folderOf(directory), 0o700);
  for (const [name, { hash, bytes }] of files) {
    const path = pathOf(directory, hash);
    if (bytes > FILE_MAX || existsSync(path)) continue;
    const content = readFileOf(location, name);
    if (sha256(content) !== hash) continue;
    writeWhole(path, Bun.zstdCompressSync(content), { mode: 0o600 });
  }
}

/** What the file with this hash held; `undefined` when no copy was kept on this machine. */
export function copyOf(directory: string, hash: string): Uint8Array | undefined {
  const path = pathOf(directory, hash);
  if (!existsSync(path)) return undefined;
  try {
    const content = unpackFrame(readOwnSync(path, 2 * FILE_MAX, { root: ownOf(directory) }), FILE_MAX);
    return sha256(content) === hash ? content : undefined;
  } catch {
    return undefined;
  }
}

/** Removes the copies of files that no plugin of the project is trusted with any more. */
export function dropOldCopies(directory: string, lock: PluginLock): void {
  const folder = folderOf(directory);
  if (!existsSync(folder)) return;
  requireOwnDirectories(ownOf(directory), folder);
  const kept = new Set(
    Object.values(lock).flatMap(({ files }) => Object.values(files).map(({ hash }) => hash)),
  );
  for (const name of readdirSync(folder)) {
    if (name.endsWith(".zst") && !kept.has(name.slice(0, -".zst".length))) rmSync(join(folder, name));
  }
}
