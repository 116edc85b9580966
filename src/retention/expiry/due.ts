/**
 * Which data of the kept snapshots is past its time. Pure: the plan is a value that is shown, agreed to and carried out. A class is
 * applied by backend, so what is to go soon does not stay for years because it was saved beside a ledger.
 */

import { isComplete } from "../../snapshot/catalog/chain.ts";
import { hasTimeline } from "../../snapshot/catalog/coverage.ts";
import type { KeptSnapshot } from "../../snapshot/catalog/kept.ts";
import type { ManifestPlugin } from "../../snapshot/format/manifest.ts";

/** One backend's data in one snapshot. */
export interface BackendData {
  readonly snapshot: KeptSnapshot;
  readonly plugin: ManifestPlugin;
}

/** Data that is past its time and stays for now. */
interface StayingData extends BackendData {
  readonly reason: string;
}

/** What becomes of one snapshot. */
export interface SnapshotDue {
  readonly snapshot: KeptSnapshot;
  /** The backends whose data is past its time and goes. */
  readonly gone: readonly ManifestPlugin[];
  /** Nothing else is in it, so it goes as a whole. */
  readonly isWhole: boolean;
  readonly stays: readonly StayingData[];
}

/** By what it is decided. */
export interface DueRules {
  /** ns */
  readonly now: bigint;
  /** Until when data is kept, ns; `undefined`: for ever. */
  until(data: BackendData): bigint | undefined;
  /** Why it stays although it is past its time: a hold, an export that continues it. */
  stays(data: BackendData): string | undefined;
  /** All hashes by which others may name a snapshot: its manifest's, and those from before something was taken out. */
  hashesOf(snapshot: KeptSnapshot): readonly string[];
}

/** Decides on every snapshot, newest first; those of which nothing is past its time are left out. @param snapshots oldest first */
export function planDue(snapshots: readonly KeptSnapshot[], rules: DueRules): SnapshotDue[] {
  const needed = new Map<string, string>();
  return snapshots.toReversed().flatMap((snapshot) => {
    const due = dueOf(snapshot, rules, (plugin) => neededBy(needed, rules.hashesOf(snapshot), plugin));
    for (const plugin of snapshot.manifest.plugins)
      if (!due.gone.includes(plugin) && isNeedy(plugin))
        needed.set(`${plugin.parent?.sha256} ${plugin.name}`, snapshot.manifest.created);
    return due.gone.length + due.stays.length === 0 ? [] : [due];
  });
}

function dueOf(
  snapshot: KeptSnapshot,
  { now, until, stays }: DueRules,
  continuedBy: (plugin: ManifestPlugin) => string | undefined,
): SnapshotDue {
  const { plugins } = snapshot.manifest;
  const past = plugins.filter((plugin) => {
    const end = until({ snapshot, plugin });
    return end !== undefined && end <= now;
  });
  const staying = past.flatMap((plugin) => {
    const reason = stays({ snapshot, plugin }) ?? continuedBy(plugin);
    return reason === undefined ? [] : [{ snapshot, plugin, reason }];
  });
  const gone = past.filter((plugin) => !staying.some((one) => one.plugin === plugin));
  const isWhole = gone.length > 0 && plugins.every((plugin) => gone.includes(plugin) || isEmpty(plugin));
  // What holds no data is not worth a new snapshot.
  return { snapshot, gone: isWhole ? plugins : gone.filter((one) => !isEmpty(one)), isWhole, stays: staying };
}

const isEmpty = ({ files }: ManifestPlugin): boolean => files.length === 0;

/** An increment of data without a time line holds only what has changed. */
const isNeedy = (plugin: ManifestPlugin): boolean =>
  plugin.parent?.sha256 !== undefined && !hasTimeline(plugin);

function neededBy(
  needed: ReadonlyMap<string, string>,
  hashes: readonly string[],
  { name }: ManifestPlugin,
): string | undefined {
  const by = hashes.map((sha256) => needed.get(`${sha256} ${name}`)).find((one) => one !== undefined);
  return by && `the snapshot of ${by} continues it`;
}

/**
 * The newest snapshot that holds each backend whole. @param snapshots oldest first @returns hashes of manifests by backend
 */
export function newestWhole(snapshots: readonly KeptSnapshot[]): ReadonlyMap<string, string> {
  const newest = new Map<string, string>();
  for (const snapshot of snapshots)
    for (const plugin of snapshot.manifest.plugins)
      if (isComplete({ snapshot, plugin, held: [] })) newest.set(plugin.name, snapshot.manifest.sha256);
  return newest;
}
