/** The directory of a snapshot while it is being written: `.YYYYMMDD-HHMMSS.partial`, renamed when it is complete. */
import { basename, dirname, join } from "node:path";
import { renameDurably } from "../../storage/durable.ts";
import { isThere } from "../../storage/entries.ts";
import { fileFailure } from "../../storage/refusal.ts";
import type { Storage } from "../../storage/storage.ts";
import { beginDirectory, namesIn, publishDirectory } from "../../storage/whole-directory.ts";
import { SnapshotError } from "../format/errors.ts";
import { MANIFEST_BYTES_MAX } from "../format/limits.ts";
import { formatManifest, type Manifest } from "../format/manifest.ts";
import { hiddenName, nameInHidden, numberedName, snapshotNameAt } from "../format/name.ts";
import { INDEX_FILE } from "../read/index-lines.ts";
import { MANIFEST_FILE, manifestIfThere } from "../read/manifest-file.ts";
import { openDirectory, writeFailure } from "./disk.ts";
import { BOOKKEEPING } from "./recover.ts";

/**
 * Creates the directory of a new snapshot. Its name is the time, UTC, with `-2`, `-3` … if that is taken.
 * @param directory for snapshots; created if necessary
 * @param now ns
 * @returns the path of the unfinished snapshot
 * @throws SnapshotError when the directory cannot be written.
 */
export async function createPartial(directory: string, now: bigint): Promise<string> {
  try {
    for (let number = 1; ; number += 1) {
      const name = newName(now, number);
      const path = join(directory, hiddenName(name, "partial"));
      if (!isThere(join(directory, name)) && (await beginDirectory(path))) return path;
    }
  } catch (error) {
    throw writeFailure(directory, error);
  }
}

/** What a snapshot that begins now is called. @param now ns @param number from 1: so many names were taken, and one more */
export const newName = (now: bigint, number: number): string => numberedName(snapshotNameAt(now), number);

/**
 * Writes the manifest. From then on the snapshot is complete; only its final name is missing.
 * @throws SnapshotError
 */
export async function writeManifest(partial: string, claims: Omit<Manifest, "sha256">): Promise<Manifest> {
  const { manifest, text } = readableManifest(claims, partial);
  await openDirectory(partial).write(MANIFEST_FILE, text);
  return manifest;
}

/** The manifest's text, which can be read again. @throws SnapshotError */
export function readableManifest(
  claims: Omit<Manifest, "sha256">,
  where: string,
): ReturnType<typeof formatManifest> {
  const made = formatManifest(claims);
  if (made.text.length <= MANIFEST_BYTES_MAX) return made;
  throw new SnapshotError(`the manifest of ${where} would be too large to be read`, {
    hint: "Export in parts: one backend or a shorter range at a time.",
  });
}

/** The manifest of an unfinished snapshot, if it is complete and only not renamed yet. @throws SnapshotError */
export const finishedManifest = (partial: string): Promise<Manifest | undefined> =>
  manifestIfThere(openDirectory(partial));

/**
 * Removes the bookkeeping files and gives the snapshot its final name. May be repeated after a crash.
 * @returns the final path
 * @throws SnapshotError
 */
export async function renameFinished(partial: string, manifest: Manifest): Promise<string> {
  const directory = dirname(partial);
  try {
    const files = openDirectory(partial);
    await adoptRewritten(files, manifest);
    for (const name of BOOKKEEPING) if (name !== INDEX_FILE) await files.remove(name);
    const path = freeName(directory, nameInHidden(basename(partial), "partial") ?? basename(partial));
    await publishDirectory(partial, path);
    return path;
  } catch (error) {
    throw writeFailure(partial, error);
  }
}

/**
 * Version 0.1.0 rewrote files with a second reading beside the old ones, and renamed them once the manifest existed. A crash
 * may have happened in between.
 */
async function adoptRewritten(partial: Storage, { plugins }: Manifest): Promise<void> {
  const listed = new Set(plugins.flatMap(({ files }) => files.map((file) => file.path)));
  for await (const name of partial.list()) {
    if (!name.endsWith(REWRITTEN) || listed.has(name)) continue;
    const path = partial.shown(name);
    renameDurably(path, path.slice(0, -REWRITTEN.length));
  }
}

const REWRITTEN = ".rewritten";

function freeName(directory: string, name: string): string {
  for (let number = 1; ; number += 1) {
    const path = join(directory, numberedName(name, number));
    if (!isThere(path)) return path;
  }
}

/**
 * The unfinished snapshots in a directory that can be resumed, oldest first; none if the directory does not exist. One that
 * was killed before its request was stored holds nothing and is left out.
 */
export async function listPartials(directory: string): Promise<string[]> {
  try {
    const names = await namesIn(directory);
    return names
      .filter((name) => nameInHidden(name, "partial") !== undefined)
      .map((name) => join(directory, name))
      .filter((path) => ["request.json", MANIFEST_FILE].some((file) => isThere(join(path, file))));
  } catch (cause) {
    const { message, ...more } = fileFailure("read", directory, cause, { purpose: "read" });
    throw new SnapshotError(message, more);
  }
}
