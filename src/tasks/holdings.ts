/** What is kept here and in places, as far as it is known without asking any place. */
import { join } from "node:path";
import type { Config } from "../config/config.ts";
import type { FoundCopy } from "../copies/read/find-copy.ts";
import { heldStorage } from "../copies/record/held-storage.ts";
import {
  COPIES_FOLDER,
  type KnownCopies,
  type KnownCopy,
  knownCopies,
} from "../copies/record/known-copies.ts";
import { MANIFEST_BYTES_MAX } from "../snapshot/format/limits.ts";
import { MANIFEST_FILE } from "../snapshot/read/manifest-file.ts";
import { isThere } from "../storage/entries.ts";
import type { Storage } from "../storage/storage.ts";
import { fromMs, toRfc3339 } from "../units/range.ts";
import type { SnapshotPart } from "../verify/part.ts";
import type { VerifyReport } from "../verify/verify.ts";
import type { PlacedName } from "./placed-name.ts";

/** Where a project's holdings are. */
type Holder = Pick<Config, "directory" | "backups">;

/** Everything that is kept, here or as a sound copy: snapshots of which only a copy is left are named by their place. */
export const holdingsOf = (
  config: Holder,
  copy?: (known: KnownCopy) => Storage | undefined,
): Promise<Storage> =>
  heldStorage({
    backups: config.backups,
    known: copiesKnownTo(config),
    ...(copy === undefined ? {} : { copy }),
  });

/** What a project knows of its copies. */
export const copiesKnownTo = ({ directory }: Pick<Config, "directory">): KnownCopies =>
  knownCopies(directory);

/** Whether there is any. */
export const knowsCopies = ({ directory }: Pick<Config, "directory">): boolean =>
  isThere(join(directory, COPIES_FOLDER));

/** What is known of a copy from now on. */
export const seenNow = (
  place: string,
  { copy, sha256 }: FoundCopy,
  { depth, sound }: Pick<KnownCopy["checked"], "depth" | "sound">,
): KnownCopy => ({
  place,
  name: copy.snapshot,
  copy: sha256,
  manifest: copy.manifest,
  objects: copy.objects.length,
  bytes: copy.objects.reduce((sum, { bytes }) => sum + bytes, 0),
  checked: { at: toRfc3339(fromMs(Date.now())), depth, sound },
});

interface Checked {
  /** Absent: it is no copy in a place, or its `copy.json` is damaged. */
  readonly copy: FoundCopy | undefined;
  readonly part: SnapshotPart | undefined;
  readonly files: Storage;
}

/** What a copy in this place counts for from now on. One whose `copy.json` is damaged counts for nothing. */
export async function rememberCheck(
  config: Pick<Config, "directory">,
  { place, name }: PlacedName,
  { depth, sound }: Pick<VerifyReport, "depth" | "sound">,
  { copy, part, files }: Checked,
): Promise<void> {
  const known = copiesKnownTo(config);
  if (copy !== undefined) {
    const how = depth === "sizes" ? "listed" : part === undefined ? "whole" : "part";
    const manifest = sound ? await files.read(MANIFEST_FILE, MANIFEST_BYTES_MAX) : undefined;
    const text = manifest === undefined ? undefined : Buffer.from(manifest).toString();
    await known.remember(seenNow(place, copy, { depth: how, sound }), text);
    return;
  }
  const before = (await known.list(place)).find((one) => one.name === name);
  if (before !== undefined) await known.remember({ ...before, checked: { ...before.checked, sound: false } });
}
