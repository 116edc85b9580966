/** How long copies are locked in a place, as the configuration says of it. */
import type { Config } from "../config/config.ts";
import type { Place } from "../copies/place/place.ts";
import type { FoundCopy } from "../copies/read/find-copy.ts";
import { lockCopy } from "../copies/write/lock-copy.ts";
import { classTimesIn } from "../retention/classes.ts";
import { createdAt, type KeptSnapshot } from "../snapshot/catalog/kept.ts";
import { keptUntil } from "../snapshot/catalog/retention.ts";
import { parseDuration } from "../units/duration.ts";
import { fromMs, toRfc3339 } from "../units/range.ts";
import { UsageError } from "./task/errors.ts";
import type { TaskContext } from "./task/task.ts";

type Retaining = Pick<Place, "name" | "retain" | "retainUntil">;
type Dated = Pick<KeptSnapshot, "manifest">;

/** Until when a copy of this snapshot is to be locked there; `undefined`: it is not, or that time is over. ns */
function lockedUntil(
  { name, retain }: Retaining,
  snapshot: Dated,
  config: Pick<Config, "retention">,
): bigint | undefined {
  if (retain === undefined) return undefined;
  const until =
    retain === "classes"
      ? keptUntil(snapshot, classTimesIn(name, config))
      : createdAt(snapshot) + parseDuration(retain);
  return until > fromMs(Date.now()) ? until : undefined;
}

/** Locks what is to be locked of a copy. @returns until when, RFC 3339; `undefined`: nothing is @throws as {@link lockCopy} */
export async function locked(
  place: Place,
  copy: Pick<FoundCopy, "copy">,
  snapshot: Dated,
  config: Pick<Config, "retention">,
): Promise<string | undefined> {
  const until = lockedUntil(place, snapshot, config);
  if (until === undefined) return undefined;
  await lockCopy(place, copy, until);
  return toRfc3339(until);
}

/**
 * Says beforehand until when nobody can erase what is copied there.
 * @throws UsageError when the configuration wants a lock that the store does not have
 */
export function announceLocks(
  place: Place,
  snapshots: readonly Dated[],
  { note, config }: Pick<TaskContext, "note" | "config">,
): void {
  const { name, retain, retainUntil, lockMode } = place;
  if (retain === undefined) return;
  if (retainUntil === undefined)
    throw new UsageError(
      `${name} locks nothing, and \`retain\` is set for it`,
      `stores.${name}.lock: governance, in a bucket that was made with object lock; or no \`retain\``,
    );
  const ends = snapshots.map((one) => lockedUntil(place, one, config)).filter((until) => until !== undefined);
  const latest = ends.reduce((end, until) => (until > end ? until : end), 0n);
  if (latest === 0n) return;
  const who =
    lockMode === "compliance"
      ? "erasing it is impossible before then, for everybody, whatever the reason"
      : "before then only who may lift the lock can erase it";
  note(`what is copied to ${name} is locked until ${toRfc3339(latest)}: ${who}`);
}
