/** What snapshots and copies hold of each class, how old that is, and when it is due to go. Pure. */
import type { Config } from "../config/config.ts";
import { createdAt, type KeptSnapshot } from "../snapshot/catalog/kept.ts";
import { type ClassTimes, retentionClass, timeOf } from "../snapshot/catalog/retention.ts";
import type { ManifestPlugin } from "../snapshot/format/manifest.ts";
import { classTimes, classTimesIn } from "./classes.ts";

/** A snapshot that is held, with the sizes of its backends' data. */
interface HeldSnapshot {
  readonly manifest: Pick<KeptSnapshot["manifest"], "created" | "sha256"> & {
    readonly plugins: readonly (Pick<ManifestPlugin, "name" | "class" | "importance" | "status"> & {
      readonly size: { readonly bytes: number };
    })[];
  };
  /** It is in the snapshots directory, and not only in a place. */
  readonly isHere: boolean;
}

/** A copy that is known of: where it is, and the `sha256` of its snapshot's manifest. */
interface HeldCopy {
  readonly place: string;
  readonly manifest: string;
  readonly gone?: true | undefined;
}

/** The snapshots of one backend that hold data of one class, here or in one place. */
export interface ClassHolding {
  readonly class: string;
  readonly backend: string;
  /** Absent: the snapshots directory. */
  readonly place?: string;
  readonly snapshots: number;
  /** Of this backend's files, before compression for a place or encryption. */
  readonly bytes: number;
  /** When the oldest of them was begun. ns since the epoch */
  readonly oldest: bigint;
  /** How long they are kept. ns */
  readonly kept: bigint;
}

/** When the oldest of them is due to go. ns since the epoch */
export const dueAt = ({ oldest, kept }: Pick<ClassHolding, "oldest" | "kept">): bigint => oldest + kept;

/** Everything that is held, by class, place and backend; the class that is kept longest comes first. */
export function heldByClass(
  {
    snapshots,
    copies,
  }: { readonly snapshots: readonly HeldSnapshot[]; readonly copies: readonly HeldCopy[] },
  config: Pick<Config, "retention">,
): ClassHolding[] {
  const times = classTimes(config);
  const known = new Map(snapshots.map((one) => [one.manifest.sha256, one]));
  const found = new Map<string, ClassHolding>();
  for (const one of snapshots) if (one.isHere) noteIn(found, one, times);
  for (const { place, manifest, gone } of copies) {
    const one = gone ? undefined : known.get(manifest);
    if (one !== undefined) noteIn(found, one, classTimesIn(place, config), place);
  }
  const longestFirst = (a: ClassHolding, b: ClassHolding): number => {
    const [one, other] = [timeOf(a.class, times), timeOf(b.class, times)];
    return one === other ? 0 : one > other ? -1 : 1;
  };
  return [...found.values()].sort(longestFirst);
}

function noteIn(
  found: Map<string, ClassHolding>,
  snapshot: HeldSnapshot,
  times: ClassTimes,
  place?: string,
): void {
  const at = createdAt(snapshot);
  for (const plugin of snapshot.manifest.plugins) {
    if (plugin.status === "failed") continue;
    const kind = retentionClass(plugin);
    const key = JSON.stringify([kind, place, plugin.name]);
    const before = found.get(key);
    found.set(key, {
      class: kind,
      backend: plugin.name,
      ...(place === undefined ? {} : { place }),
      snapshots: (before?.snapshots ?? 0) + 1,
      bytes: (before?.bytes ?? 0) + plugin.size.bytes,
      oldest: before !== undefined && before.oldest < at ? before.oldest : at,
      kept: timeOf(kind, times),
    });
  }
}
