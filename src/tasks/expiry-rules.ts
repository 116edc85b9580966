/** By what it is decided whose time is over, in this project at this moment. */
import { classTimes, classTimesIn, keepingTime } from "../retention/classes.ts";
import { type BackendData, type DueRules, newestWhole } from "../retention/expiry/due.ts";
import { readHolds } from "../retention/holds/file.ts";
import type { Hold } from "../retention/holds/hold.ts";
import { createdAt, type KeptSnapshot } from "../snapshot/catalog/kept.ts";
import { hashesOf } from "../snapshot/catalog/lineage.ts";
import { type ClassTimes, retentionClass, timeOf } from "../snapshot/catalog/retention.ts";
import { formatDuration } from "../units/duration.ts";
import { heldByText, holdsOnPlugin } from "./held-by.ts";
import { type AskedOf, type Concerned, continuedBy, openExports, openExportsHere } from "./open-exports.ts";
import type { TaskContext } from "./task/task.ts";

/** The rules for what is in the snapshots directory, or in a place. */
export interface RulesThere extends DueRules {
  /** `loki is transient, kept for 30d, and 31d old` */
  told(data: BackendData): string;
}

/** Makes the rules for one place after another. @param place absent: the snapshots directory @param snapshots those there, oldest first */
export type RulesFor = (place: string | undefined, snapshots: readonly KeptSnapshot[]) => RulesThere;

/** What somebody may begin at any time, and what then stays. */
interface Keeping {
  readonly holds: readonly Hold[];
  readonly open: readonly AskedOf[];
}

/** @param now ns @throws SnapshotError; HoldError */
export async function dueRulesOf(context: TaskContext, evenNewest: boolean, now: bigint): Promise<RulesFor> {
  const { config, backends, failures } = context;
  const keeping: Keeping = { holds: readHolds(config), open: await openExports(context) };
  const configured = new Set([...backends, ...failures].map(({ name }) => name));
  return (place, snapshots) => {
    const times = place === undefined ? classTimes(config) : classTimesIn(place, config);
    const newest = newestWhole(snapshots);
    const isNewest = ({ snapshot, plugin: { name } }: BackendData): boolean =>
      configured.has(name) && newest.get(name) === snapshot.manifest.sha256;
    return {
      now,
      until: ({ snapshot, plugin }) => createdAt(snapshot) + timeOf(retentionClass(plugin), times),
      hashesOf: ({ manifest }) => hashesOf(manifest),
      stays: (data) =>
        keptBy(keeping, data) ??
        (!evenNewest && isNewest(data) ? `no newer snapshot holds ${data.plugin.name} whole` : undefined),
      told: (data) => toldOf(data, times, now),
    };
  };
}

function keptBy({ holds, open }: Keeping, data: Concerned): string | undefined {
  const held = holdsOnPlugin(holds, data.plugin);
  return held.length > 0 ? heldByText(held) : continuedBy(open, data);
}

/** Why something of this stays now, whatever a plan says: it was held since, or an export continues it. @throws SnapshotError; HoldError */
export async function keptSince(
  { config }: Pick<TaskContext, "config">,
  all: readonly Concerned[],
): Promise<string | undefined> {
  const keeping: Keeping = { holds: readHolds(config), open: await openExportsHere(config) };
  return all.map((one) => keptBy(keeping, one)).find((reason) => reason !== undefined);
}

function toldOf({ snapshot, plugin }: BackendData, times: ClassTimes, now: bigint): string {
  const kind = retentionClass(plugin);
  const age = formatDuration(now - createdAt(snapshot));
  return `${plugin.name} is ${kind}, kept for ${keepingTime(timeOf(kind, times))}, and ${age} old`;
}
