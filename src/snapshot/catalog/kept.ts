/** The snapshots that are kept in one place. */
import { storageAt } from "../../storage/local.ts";
import { fileFailure } from "../../storage/refusal.ts";
import type { Storage } from "../../storage/storage.ts";
import { inParallel } from "../../units/in-parallel.ts";
import { messageOf } from "../../units/message-of.ts";
import { fromRfc3339 } from "../../units/range.ts";
import { systemCode } from "../../units/system-refusal.ts";
import { SnapshotError } from "../format/errors.ts";
import type { Manifest, ManifestFile } from "../format/manifest.ts";
import { SNAPSHOT_NAME } from "../format/name.ts";
import { MANIFEST_FILE, readManifest } from "../read/manifest-file.ts";
import { withoutSuperseded } from "./lineage.ts";

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

/**
 * The same without the files that are one object each, but for one: there may be very many, and which part of a time line is
 * kept they do not say.
 */
export function withoutObjects(kept: KeptSnapshot): KeptSnapshot {
  const plugins = kept.manifest.plugins.map((plugin) => {
    const one = plugin.files.find(isObject);
    return { ...plugin, files: plugin.files.filter((file) => file === one || !isObject(file)) };
  });
  return { ...kept, manifest: { ...kept.manifest, plugins } };
}

const isObject = ({ kind }: ManifestFile): boolean => kind === "object";

/** A directory that looks like a snapshot but whose manifest is not credible, with the reason. */
export interface Unreadable {
  readonly files: Storage;
  readonly path: string;
  readonly reason: string;
  /** It may be sound: who has signed it is not believed. */
  readonly isDistrusted?: true;
}

/** Somebody has signed a snapshot who is not believed here. */
export interface Distrust extends Error {
  readonly isDistrust: true;
}

/** Whether it is that error. */
export const isDistrust = (error: unknown): error is Distrust =>
  error instanceof Error && "isDistrust" in error;

/** What a place holds under names of snapshots. */
export interface KeptSnapshots {
  /** Oldest first; without those of which a successor is there, too. */
  readonly snapshots: readonly KeptSnapshot[];
  /** Those of which a successor is there: an interrupted rewriting has left them. */
  readonly superseded?: readonly KeptSnapshot[];
  readonly unreadable: readonly Unreadable[];
}

/**
 * The finished snapshots in a place; none if it does not exist. One whose signer is not believed stops nobody from reading the others.
 * @param held what of each is held, such as {@link withoutObjects}; default: all of it
 * @throws SnapshotError when it cannot be read; a {@link Distrust} when there is no other than such
 */
export async function readKept(
  place: Storage | string,
  held = (kept: KeptSnapshot): KeptSnapshot => kept,
): Promise<KeptSnapshots> {
  const backups = storageAt(place);
  const names = await namesOf(backups);
  const snapshots: KeptSnapshot[] = [];
  const unreadable: Unreadable[] = [];
  const distrusts: Distrust[] = [];
  const look = async (name: string): Promise<void> => {
    const files = backups.within(name);
    try {
      snapshots.push(held(await keptAt(files)));
    } catch (error) {
      // Anything else is not about this snapshot: the place cannot be reached.
      if (isDistrust(error)) distrusts.push(error);
      else if (!(error instanceof SnapshotError)) throw error;
      const why = { reason: messageOf(error), ...(isDistrust(error) ? { isDistrusted: true as const } : {}) };
      unreadable.push({ files, path: files.root, ...why });
    }
  };
  await inParallel(
    names.filter((entry) => SNAPSHOT_NAME.test(entry)),
    look,
  );
  const [distrust] = distrusts;
  if (distrust !== undefined && snapshots.length === 0) throw distrust;
  const current = withoutSuperseded(snapshots);
  const superseded = snapshots.filter((one) => !current.includes(one));
  return {
    snapshots: current.sort(byAge),
    ...(superseded.length === 0 ? {} : { superseded }),
    unreadable: unreadable.sort(byPath),
  };
}

/** In the order of their paths. */
export const byPath = (a: Pick<KeptSnapshot, "path">, b: Pick<KeptSnapshot, "path">): number =>
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

interface Begun {
  readonly manifest: Pick<Manifest, "created">;
}

/** A thousand of them are sorted again whenever there is one more. */
const begun = new WeakMap<Begun["manifest"], bigint>();

/** When it was begun, ns. */
export function createdAt({ manifest }: Begun): bigint {
  const at = begun.get(manifest) ?? fromRfc3339(manifest.created);
  begun.set(manifest, at);
  return at;
}

/** By when they were begun, because names do not order several of one second. */
export const byAge = (
  a: Begun & Pick<KeptSnapshot, "path">,
  b: Begun & Pick<KeptSnapshot, "path">,
): number => {
  const [left, right] = [createdAt(a), createdAt(b)];
  return left < right ? -1 : left > right ? 1 : byPath(a, b);
};

/** What is directly in it. @throws SnapshotError when it cannot be read */
export async function namesOf(place: Storage): Promise<string[]> {
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
