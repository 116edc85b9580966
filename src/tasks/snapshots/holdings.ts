/** What is kept here and in places, as far as it is known without asking any place. */
import { join } from "node:path";
import type { Config } from "../../config/config.ts";
import type { CopyHead } from "../../copies/read/find-copy.ts";
import { heldStorage } from "../../copies/record/held-storage.ts";
import {
  COPIES_FOLDER,
  type KnownCopies,
  type KnownCopy,
  knownCopies,
} from "../../copies/record/known-copies.ts";
import { MANIFEST_BYTES_MAX } from "../../snapshot/format/limits.ts";
import { MANIFEST_FILE } from "../../snapshot/read/manifest-file.ts";
import { isThere } from "../../storage/entries.ts";
import type { Storage } from "../../storage/storage.ts";
import { fromMs, toRfc3339 } from "../../units/range.ts";
import type { SnapshotPart } from "../../verify/part.ts";
import type { VerifyReport } from "../../verify/verify.ts";
import { SealedError } from "../task/errors.ts";
import type { PlacedName } from "./placed-name.ts";

/** Where a project's holdings are. */
export type Holder = Pick<Config, "directory" | "backups" | "stores">;

/** Nobody can be told how to read a copy in a place that the configuration does not name any more. */
export const isPlaceOf =
  ({ stores }: Pick<Config, "stores">): ((place: string) => boolean) =>
  (place) =>
    Object.hasOwn(stores, place);

/** Everything that is kept, here or as a sound copy: snapshots of which only a copy is left are named by their place. */
export const holdingsOf = (
  config: Holder,
  copy?: (known: KnownCopy) => Storage | undefined,
): Promise<Storage> =>
  heldStorage({
    backups: config.backups,
    known: copiesKnownTo(config),
    isPlace: isPlaceOf(config),
    ...(copy === undefined ? {} : { copy }),
  });

/** What a project knows of its copies. */
export const copiesKnownTo = ({ directory }: Pick<Config, "directory">): KnownCopies =>
  knownCopies(directory);

/** Whether there is any. */
export const knowsCopies = ({ directory }: Pick<Config, "directory">): boolean =>
  isThere(join(directory, COPIES_FOLDER));

interface Look extends Pick<KnownCopy["checked"], "depth" | "sound"> {
  /** All of its data is known to be right. */
  readonly isProof?: boolean;
}

/** What was seen of a copy at this moment. */
export function seenNow(
  place: string,
  { copy, sha256, objects, bytes }: CopyHead,
  { depth, sound, isProof = sound && depth === "whole" }: Look,
): KnownCopy {
  const at = toRfc3339(fromMs(Date.now()));
  return {
    place,
    name: copy.snapshot,
    copy: sha256,
    manifest: copy.manifest,
    objects,
    bytes,
    checked: { at, depth, sound },
    ...(isProof ? { proved: at } : {}),
  };
}

/** `undefined` of a copy that nobody here can decrypt. */
async function manifestText(files: Storage): Promise<string | undefined> {
  try {
    return Buffer.from(await files.read(MANIFEST_FILE, MANIFEST_BYTES_MAX)).toString();
  } catch (error) {
    if (error instanceof SealedError) return undefined;
    throw error;
  }
}

interface Checked {
  /** Absent: it is no copy in a place, or its `copy.json` is damaged. */
  readonly copy: CopyHead | undefined;
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
    const text = sound ? await manifestText(files) : undefined;
    await known.remember(seenNow(place, copy, { depth: how, sound }), text);
    return;
  }
  const before = await known.find({ place, name });
  if (before === undefined) return;
  const at = toRfc3339(fromMs(Date.now()));
  await known.remember({ ...before, checked: { at, depth: "listed", sound: false } });
}
