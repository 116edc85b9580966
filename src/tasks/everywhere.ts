/** Every snapshot that there is of this project: here, and as copies in all places. Each is asked now, since nothing may be overlooked. */

import type { Place } from "../copies/place/place.ts";
import type { KnownCopy } from "../copies/record/known-copies.ts";
import { nameOf } from "../snapshot/catalog/chain.ts";
import { type KeptSnapshot, misnamedIn, readKept } from "../snapshot/catalog/kept.ts";
import { isKnownAs } from "../snapshot/catalog/lineage.ts";
import { messageOf } from "../units/message-of.ts";
import { type Heads, hasOwnClass, headsOf, keepsMore } from "./everywhere-heads.ts";
import { asListed, listPlace, type PlaceListing } from "./list-snapshots.ts";
import { copiesKnownTo } from "./snapshots/holdings.ts";
import type { PlacesGiven } from "./snapshots/places.ts";
import type { TaskContext } from "./task/task.ts";

/** A copy, of a snapshot as it is or as it was. */
export interface CopyThere {
  readonly place: string;
  readonly open: Place;
  /** The snapshot's name, under which it lies there. */
  readonly name: string;
  /** The hash of its manifest. */
  readonly manifest: string;
}

/** One snapshot, wherever it is. */
export interface EverySnapshot {
  readonly name: string;
  /** The hash of its manifest. */
  readonly sha256: string;
  /** Where it is read: in the snapshots directory, or else a copy. Absent: nobody here can decrypt it. */
  readonly kept?: KeptSnapshot;
  /** The very same snapshot, wherever else it can be read: what is damaged in one place may be sound in another. */
  readonly elsewhere: readonly KeptSnapshot[];
  readonly isHere: boolean;
  /** What it was, where an interrupted rewriting has left that in the snapshots directory. */
  readonly superseded: readonly KeptSnapshot[];
  /** All of its copies, also of what it was. */
  readonly copies: readonly CopyThere[];
  /** Places that could not be asked and are known to have a copy, with the reason. */
  readonly unasked: readonly {
    readonly place: string;
    readonly where: string;
    readonly manifest: string;
    readonly reason: string;
  }[];
}

/** Everything that there is. */
export interface Everywhere {
  /** Oldest first; those that nobody here can read last. */
  readonly snapshots: readonly EverySnapshot[];
  /** The places that answered. */
  readonly places: readonly Place[];
  /** Places that could not be asked, with the reason. */
  readonly unasked: readonly { readonly place: string; readonly reason: string }[];
  /** Copies and exports in places that were interrupted, each with the command that finishes it. */
  readonly unfinished: PlaceListing["unfinished"];
  /** What looks like a snapshot and cannot be believed, with the reason. */
  readonly unreadable: readonly { readonly path: string; readonly reason: string }[];
}

/** Looks at the snapshots directory and into every configured place. @throws SnapshotError when the directory cannot be read; the signal's reason */
export async function lookEverywhere(context: TaskContext, asked: PlacesGiven = {}): Promise<Everywhere> {
  const here = await readKept(context.config.backups, asListed);
  const listings: PlaceListing[] = [];
  const unasked: { place: string; reason: string }[] = [];
  for (const place of enabledIn(context.config)) {
    try {
      listings.push(await listPlace(context, place, asked));
    } catch (error) {
      context.signal.throwIfAborted();
      unasked.push({ place, reason: messageOf(error) });
    }
  }
  const unreadable = [
    ...here.unreadable,
    ...(await misnamedIn(context.config.backups)),
    ...listings.flatMap((one) => one.unreadable),
  ];
  return {
    snapshots: await snapshotsIn({ here, listings, unasked }, context),
    places: listings.map(({ open }) => open),
    unasked,
    unfinished: listings.flatMap((one) => one.unfinished),
    unreadable: unreadable.map(({ path, reason }) => ({ path, reason })),
  };
}

const enabledIn = ({ stores }: TaskContext["config"]): string[] =>
  Object.keys(stores).filter((name) => stores[name]?.enabled);

interface Found {
  readonly here: Awaited<ReturnType<typeof readKept>>;
  readonly listings: readonly PlaceListing[];
  readonly unasked: Everywhere["unasked"];
}

async function snapshotsIn(
  { here, listings, unasked }: Found,
  { config }: Pick<TaskContext, "config">,
): Promise<EverySnapshot[]> {
  const there = listings.flatMap(copiesIn);
  const known = (await copiesKnownTo(config).list()).filter(({ place }) =>
    unasked.some((one) => one.place === place),
  );
  const heads = headsOf({ here, listings }, config);
  const superseded = here.superseded ?? [];
  const finding = { there, known, unasked, heads, superseded, config };
  const own = heads.all.map((kept) => everywhereOf(kept, finding));
  return [...own, ...sealedIn(there, own)];
}

interface Finding extends Pick<TaskContext, "config"> {
  readonly there: readonly CopyThere[];
  /** Copies in places that could not be asked. */
  readonly known: readonly KnownCopy[];
  readonly unasked: Everywhere["unasked"];
  readonly heads: Heads;
  readonly superseded: readonly KeptSnapshot[];
}

/** One snapshot, and all that is of it. */
function everywhereOf(kept: KeptSnapshot, finding: Finding): EverySnapshot {
  const { there, heads, superseded } = finding;
  const isOf = isOfHead(kept, finding);
  const { sha256 } = kept.manifest;
  return {
    name: nameOf(kept),
    sha256,
    kept,
    elsewhere: heads.readable.filter((one) => one !== kept && one.manifest.sha256 === sha256),
    isHere: heads.here.includes(kept),
    superseded: superseded.filter(({ manifest }) => isKnownAs(kept.manifest, manifest.sha256)),
    copies: there.filter(isOf),
    unasked: finding.known.filter(isOf).map((copy) => unaskedCopy(copy, finding)),
  };
}

/** Whether a copy is one of this snapshot, as it is or as it was. */
function isOfHead(
  kept: KeptSnapshot,
  { heads, config }: Finding,
): (copy: Pick<CopyThere, "place" | "manifest">) => boolean {
  // Its copies are told with what it has become elsewhere.
  if (heads.apart.includes(kept)) return () => false;
  const isLonger = heads.longer.includes(kept);
  return ({ place, manifest }) =>
    isKnownAs(kept.manifest, manifest) &&
    (isLonger ? hasOwnClass(place, config) : !keepsMore(place, { now: kept, manifest }, config));
}

const unaskedCopy = (
  { place, name, manifest }: KnownCopy,
  { unasked }: Finding,
): EverySnapshot["unasked"][number] => ({
  place,
  where: `${place}:${name}`,
  manifest,
  reason: unasked.find((one) => one.place === place)?.reason ?? "",
});

const copiesIn = ({ open, survey: { copies } }: PlaceListing): CopyThere[] =>
  copies.flatMap(({ name, found }) =>
    found === undefined ? [] : [{ place: open.name, open, name, manifest: found.copy.manifest }],
  );

/** Copies of what nobody here can read. */
function sealedIn(copies: readonly CopyThere[], known: readonly EverySnapshot[]): EverySnapshot[] {
  const read = new Set(known.flatMap((one) => one.copies));
  const sealed = Map.groupBy(
    copies.filter((copy) => !read.has(copy)),
    ({ manifest }) => manifest,
  );
  return [...sealed].map(([sha256, own]) => ({
    name: own[0]?.name ?? sha256,
    sha256,
    elsewhere: [],
    isHere: false,
    superseded: [],
    copies: own,
    unasked: [],
  }));
}
