/** The only reader of `manifest.json`. */
import { storageAt } from "../../storage/local.ts";
import type { Storage } from "../../storage/storage.ts";
import { UnsafeFileError } from "../../storage/unsafe-file.ts";
import { systemCode, systemRefusal } from "../../units/system-refusal.ts";
import { SnapshotError } from "../format/errors.ts";
import { MANIFEST_BYTES_MAX } from "../format/limits.ts";
import { type Manifest, parseManifest } from "../format/manifest.ts";

/** What a snapshot claims to hold. It is written last, so a directory without it is no finished snapshot. */
export const MANIFEST_FILE = "manifest.json";

/** The manifest of a snapshot. @throws SnapshotError when it is missing or not credible */
export async function readManifest(place: Storage | string): Promise<Manifest> {
  const files = storageAt(place);
  const manifest = await manifestIfThere(files);
  if (manifest === undefined) throw noSnapshot(files.root, "it has no manifest.json");
  return manifest;
}

/** The same; `undefined` when there is none. @throws SnapshotError when it is not credible */
export async function manifestIfThere(files: Storage): Promise<Manifest | undefined> {
  let bytes: Uint8Array;
  try {
    bytes = await files.read(MANIFEST_FILE, MANIFEST_BYTES_MAX);
  } catch (cause) {
    if (["ENOENT", "ENOTDIR"].includes(systemCode(cause) ?? "")) return undefined;
    // A place that is not this machine's says itself what is wrong.
    if (systemCode(cause) === undefined) throw cause;
    if (!(cause instanceof UnsafeFileError))
      throw noSnapshot(files.root, `its manifest.json cannot be read${reasonOf(cause)}`, cause);
    throw new SnapshotError(`${files.root} is not a snapshot: ${cause.message}`, { cause, hint: cause.hint });
  }
  return parseManifest(Buffer.from(bytes).toString(), files.shown(MANIFEST_FILE));
}

const reasonOf = (cause: unknown): string => {
  const refusal = systemRefusal(cause);
  return refusal === undefined ? "" : `: ${refusal.what}`;
};

const noSnapshot = (root: string, why: string, cause?: unknown): SnapshotError =>
  new SnapshotError(`${root} is not a snapshot: ${why}`, {
    cause,
    hint: "Name the directory of a finished export, such as backups/20260124-143000.",
  });
