/** By what it is decided whose time is over, in this project at this moment. */
import { classTimes, classTimesIn, keepingTime } from "../retention/classes.ts";
import { type BackendData, type DueRules, newestWhole } from "../retention/expiry/due.ts";
import { readHolds } from "../retention/holds/file.ts";
import { createdAt, type KeptSnapshot } from "../snapshot/catalog/kept.ts";
import { hashesOf } from "../snapshot/catalog/lineage.ts";
import { type ClassTimes, retentionClass, timeOf } from "../snapshot/catalog/retention.ts";
import { formatDuration } from "../units/duration.ts";
import { heldByText, holdsOnPlugin } from "./held-by.ts";
import { continuedBy, openExports } from "./open-exports.ts";
import type { TaskContext } from "./task/task.ts";

/** The rules for what is in the snapshots directory, or in a place. */
export interface RulesThere extends DueRules {
  /** `loki is transient, kept for 30d, and 31d old` */
  told(data: BackendData): string;
}

/** Makes the rules for one place after another. @param place absent: the snapshots directory @param snapshots those there, oldest first */
export type RulesFor = (place: string | undefined, snapshots: readonly KeptSnapshot[]) => RulesThere;

/** @param now ns @throws SnapshotError; HoldError */
export async function dueRulesOf(
  { config, backends }: Pick<TaskContext, "config" | "backends">,
  evenNewest: boolean,
  now: bigint,
): Promise<RulesFor> {
  const open = await openExports(config);
  const holds = readHolds(config);
  const configured = new Set(backends.map(({ name }) => name));
  return (place, snapshots) => {
    const times = place === undefined ? classTimes(config) : classTimesIn(place, config);
    const newest = newestWhole(snapshots);
    const isNewest = ({ snapshot, plugin: { name } }: BackendData): boolean =>
      configured.has(name) && newest.get(name) === snapshot.manifest.sha256;
    return {
      now,
      until: ({ snapshot, plugin }) => createdAt(snapshot) + timeOf(retentionClass(plugin), times),
      hashesOf: ({ manifest }) => hashesOf(manifest),
      stays(data) {
        const held = holdsOnPlugin(holds, data.plugin);
        if (held.length > 0) return heldByText(held);
        if (!evenNewest && isNewest(data)) return `no newer snapshot holds ${data.plugin.name} whole`;
        return continuedBy(open, data, hashesOf(data.snapshot.manifest));
      },
      told: (data) => toldOf(data, times, now),
    };
  };
}

function toldOf({ snapshot, plugin }: BackendData, times: ClassTimes, now: bigint): string {
  const kind = retentionClass(plugin);
  const age = formatDuration(now - createdAt(snapshot));
  return `${plugin.name} is ${kind}, kept for ${keepingTime(timeOf(kind, times))}, and ${age} old`;
}
