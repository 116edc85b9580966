/** The snapshots kept in a directory. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { fileFailure } from "../../storage/refusal.ts";
import { namesIn } from "../../storage/whole-directory.ts";
import { messageOf } from "../../units/message-of.ts";
import { fromRfc3339 } from "../../units/range.ts";
import { SnapshotError } from "../format/errors.ts";
import type { Manifest } from "../format/manifest.ts";
import { SNAPSHOT_NAME } from "../format/name.ts";
import { MANIFEST_FILE, readManifest } from "../read/manifest-file.ts";

export interface KeptSnapshot {
  readonly path: string;
  readonly manifest: Manifest;
}

/** A directory that looks like a snapshot but whose manifest is not credible, with the reason. */
export interface Unreadable {
  readonly path: string;
  readonly reason: string;
}

export interface KeptSnapshots {
  /** Oldest first. */
  readonly snapshots: readonly KeptSnapshot[];
  readonly unreadable: readonly Unreadable[];
}

/** The finished snapshots in a directory; none if it does not exist. @throws SnapshotError when it cannot be read */
export async function readKept(directory: string): Promise<KeptSnapshots> {
  const names = await entriesOf(directory);
  const snapshots: KeptSnapshot[] = [];
  const unreadable: Unreadable[] = [];
  for (const name of names.filter((entry) => SNAPSHOT_NAME.test(entry))) {
    const path = join(directory, name);
    try {
      snapshots.push({ path, manifest: await readManifest(path) });
    } catch (error) {
      unreadable.push({ path, reason: messageOf(error) });
    }
  }
  return { snapshots: snapshots.sort(byAge), unreadable };
}

/** Snapshots under another name than a snapshot's: no command counts them, so somebody has to be told of them. */
export async function misnamedIn(directory: string): Promise<Unreadable[]> {
  const names = (await entriesOf(directory)).filter(
    (name) => !name.startsWith(".") && !SNAPSHOT_NAME.test(name),
  );
  return names
    .map((name) => join(directory, name))
    .filter((path) => existsSync(join(path, MANIFEST_FILE)))
    .sort()
    .map((path) => ({ path, reason: MISNAMED }));
}

const MISNAMED =
  "it holds a snapshot, but is not called like one (20260124-143000), so `latest`, coverage and prune pass it over: rename it back, or name its path";

/** When it was begun, ns. */
export const createdAt = ({ manifest }: KeptSnapshot): bigint => fromRfc3339(manifest.created);

/** By when they were begun, because names do not order several of one second. */
const byAge = (a: KeptSnapshot, b: KeptSnapshot): number => {
  const [left, right] = [createdAt(a), createdAt(b)];
  return left < right ? -1 : left > right ? 1 : 0;
};

async function entriesOf(directory: string): Promise<string[]> {
  try {
    return await namesIn(directory);
  } catch (cause) {
    const { message, ...more } = fileFailure("read", directory, cause, { purpose: "read" });
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
