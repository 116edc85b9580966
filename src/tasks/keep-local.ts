/** What places hold at this moment, and how long that lets snapshots stay here. */
import { createdAt, type KeptSnapshot } from "../snapshot/catalog/kept.ts";
import type { ManifestPlugin } from "../snapshot/format/manifest.ts";
import { formatDuration } from "../units/duration.ts";
import { messageOf } from "../units/message-of.ts";
import { fromMs } from "../units/range.ts";
import { listed } from "../units/words.ts";
import { type ListedSnapshot, listPlace } from "./list-snapshots.ts";
import { instanceOf } from "./matches.ts";
import { copiesKnownTo } from "./snapshots/holdings.ts";
import type { TaskContext } from "./task/task.ts";

/** A verified copy. */
export type VerifiedCopy = ListedSnapshot["held"][number];

/** The verified copies in places. */
export interface HeldElsewhere {
  readonly snapshots: readonly KeptSnapshot[];
  /** By the `sha256` of a snapshot's manifest. */
  readonly heldIn: ReadonlyMap<string, readonly VerifiedCopy[]>;
}

/** No place was looked at. */
export const NOWHERE: HeldElsewhere = { snapshots: [], heldIn: new Map() };

/**
 * Looks at every place that is known to have copies, and at these. One that cannot be looked at now counts for nothing, which is said: what
 * relies on it stays. A copy that nobody here has written or read as a whole counts for nothing, either.
 */
export async function copiesNow(
  context: TaskContext,
  wanted: readonly string[] = [],
): Promise<HeldElsewhere> {
  const known = await copiesKnownTo(context.config).list();
  const found: ListedSnapshot<KeptSnapshot>[] = [];
  for (const place of new Set([...known.map((one) => one.place), ...wanted]))
    found.push(...(await verifiedIn(context, place)));
  const heldIn = new Map<string, VerifiedCopy[]>();
  for (const { snapshot, held } of found) {
    const { sha256 } = snapshot.manifest;
    heldIn.set(sha256, [...(heldIn.get(sha256) ?? []), ...held]);
  }
  return { snapshots: found.map(({ snapshot }) => snapshot), heldIn };
}

async function verifiedIn(context: TaskContext, place: string): Promise<ListedSnapshot<KeptSnapshot>[]> {
  try {
    const { snapshots } = await listPlace(context, place);
    return snapshots.filter(({ held }) => held.some(isVerified));
  } catch (error) {
    context.signal.throwIfAborted();
    context.warn(`the copies in ${place} count for nothing now: ${messageOf(error)}`);
    return [];
  }
}

const isVerified = ({ proved, checked }: VerifiedCopy): boolean => checked.sound && proved !== undefined;

/** Why `keepLocal` keeps a snapshot here; no reason: it may go. */
export function keepLocalRule(
  { config: { copies }, backends }: Pick<TaskContext, "config" | "backends">,
  { heldIn }: HeldElsewhere,
): (snapshot: KeptSnapshot) => string[] {
  const now = fromMs(Date.now());
  return (snapshot) => {
    const { manifest } = snapshot;
    const places = (heldIn.get(manifest.sha256) ?? []).map(({ place }) => place);
    const lacking = copies.filter((place) => !places.includes(place));
    if (copies.length === 0) return ["no place is named in `copies`"];
    if (lacking.length > 0) return [`not verified in ${listed(lacking)}`];
    return manifest.plugins.flatMap((plugin) => {
      const limit = limitOf(plugin, backends);
      if (limit === undefined) return [`${plugin.name} has no keepLocal`];
      const isYoung = now - createdAt(snapshot) < limit;
      return isYoung ? [`${plugin.name} stays here for ${formatDuration(limit)}`] : [];
    });
  };
}

/** Of a tenant whose instance takes all that its server lists, the instance's: no server is asked. */
function limitOf({ name }: ManifestPlugin, backends: TaskContext["backends"]): bigint | undefined {
  const own = backends.find((one) => one.name === name);
  const instance = own ?? backends.find((one) => one.name === instanceOf(name));
  return instance?.keepLocal;
}
