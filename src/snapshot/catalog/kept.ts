/** The snapshots that are kept in one place. */
import { storageAt } from "../../storage/local.ts";
import { fileFailure } from "../../storage/refusal.ts";
import type { Storage } from "../../storage/storage.ts";
import { inParallel } from "../../units/in-parallel.ts";
import { messageOf } from "../../units/message-of.ts";
import { fromRfc3339 } from "../../units/range.ts";
import { systemCode } from "../../units/system-refusal.ts";
import { SnapshotError } from "../format/errors.ts";
import type { Manifest } from "../format/manifest.ts";
import { SNAPSHOT_NAME } from "../format/name.ts";
import { MANIFEST_FILE, readManifest } from "../read/manifest-file.ts";

/** A finished snapshot, as far as its manifest tells. */
export interface KeptSnapshot {
  /** Where its files are. */
  readonly files: Storage;
  /** The same for people, and what tells it apart from the others: its directory. */
  readonly path: string;
  readonly manifest: Manifest;
}

/** The snapshot in this place. @throws SnapshotError when there is none, or its manifest is not credible */
export const keptAt = async (files: Storage): Promise<KeptSnapshot> => ({
  files,
  path: files.root,
  manifest: await readManifest(files),
});

/** A directory that looks like a snapshot but whose manifest is not credible, with the reason. */
export interface Unreadable {
  readonly files: Storage;
  readonly path: string;
  readonly reason: string;
}

/** What a place holds under names of snapshots. */
export interface KeptSnapshots {
  /** Oldest first. */
  readonly snapshots: readonly KeptSnapshot[];
  readonly unreadable: readonly Unreadable[];
}

/** The finished snapshots in a place; none if it does not exist. @throws SnapshotError when it cannot be read */
export async function readKept(place: Storage | string): Promise<KeptSnapshots> {
  const backups = storageAt(place);
  const names = await namesOf(backups);
  const snapshots: KeptSnapshot[] = [];
  const unreadable: Unreadable[] = [];
  const look = async (name: string): Promise<void> => {
    const files = backups.within(name);
    try {
      snapshots.push(await keptAt(files));
    } catch (error) {
      // Anything else is not about this snapshot: the place cannot be reached, or is not believed.
      if (!(error instanceof SnapshotError)) throw error;
      unreadable.push({ files, path: files.root, reason: messageOf(error) });
    }
  };
  await inParallel(
    names.filter((entry) => SNAPSHOT_NAME.test(entry)),
    look,
  );
  return { snapshots: snapshots.sort(byAge), unreadable: unreadable.sort(byPath) };
}

const byPath = (a: Pick<KeptSnapshot, "path">, b: Pick<KeptSnapshot, "path">): number =>
  a.path < b.path ? -1 : 1;

/** Snapshots under another name than a snapshot's: no command counts them, so somebody has to be told of them. */
export async function misnamedIn(place: Storage | string): Promise<Unreadable[]> {
  const backups = storageAt(place);
  const misnamed: Unreadable[] = [];
  for (const name of await namesOf(backups)) {
    if (name.startsWith(".") || SNAPSHOT_NAME.test(name)) continue;
    const files = backups.within(name);
    if (await isIn(files, MANIFEST_FILE)) misnamed.push({ files, path: files.root, reason: MISNAMED });
  }
  return misnamed;
}

/** A folder that nobody may look into holds nothing that anybody could use. */
const isIn = (files: Storage, name: string): Promise<boolean> =>
  files.stat(name).then(
    (found) => found !== undefined,
    () => false,
  );

const MISNAMED =
  "it holds a snapshot, but is not called like one (20260124-143000), so `latest`, coverage and prune pass it over: rename it back, or name its path";

/** When it was begun, ns. */
export const createdAt = ({ manifest }: KeptSnapshot): bigint => fromRfc3339(manifest.created);

/** By when they were begun, because names do not order several of one second. */
const byAge = (a: KeptSnapshot, b: KeptSnapshot): number => {
  const [left, right] = [createdAt(a), createdAt(b)];
  return left < right ? -1 : left > right ? 1 : byPath(a, b);
};

async function namesOf(place: Storage): Promise<string[]> {
  try {
    return await place.names();
  } catch (cause) {
    if (systemCode(cause) === undefined) throw cause;
    const { message, ...more } = fileFailure("read", place.root, cause, { purpose: "read" });
    throw new SnapshotError(message, more);
  }
}

/** The newest complete snapshot, preferably one without a selector. @param snapshots oldest first */
export function newestComplete(snapshots: readonly KeptSnapshot[]): KeptSnapshot | undefined {
  const complete = snapshots.filter(({ manifest }) => manifest.status === "complete");
  return complete.findLast((one) => !isSelected(one)) ?? complete.at(-1);
}

/** Whether a selector restricted any part of it. */
export const isSelected = ({ manifest }: KeptSnapshot): boolean =>
  manifest.plugins.some(({ match }) => match !== undefined);
