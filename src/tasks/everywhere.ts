/** Every snapshot that there is of this project: here, and as copies in all places. Each is asked now, since nothing may be overlooked. */

import type { Place } from "../copies/place/place.ts";
import { nameOf } from "../snapshot/catalog/chain.ts";
import { byAge, type KeptSnapshot, readKept } from "../snapshot/catalog/kept.ts";
import { isKnownAs, isLessByClass, withoutSuperseded } from "../snapshot/catalog/lineage.ts";
import { messageOf } from "../units/message-of.ts";
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
  const unreadable = [...here.unreadable, ...listings.flatMap((one) => one.unreadable)];
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
  const copies = listings.flatMap(copiesIn);
  const known = (await copiesKnownTo(config).list()).filter(({ place }) =>
    unasked.some((one) => one.place === place),
  );
  const readable = [
    ...here.snapshots,
    ...(here.superseded ?? []),
    ...listings.flatMap((listing) => listing.snapshots.map(({ snapshot }) => snapshot)),
  ];
  const keepsMore = keepingMore(config);
  const now = withoutSuperseded(firstOfEach(readable));
  const longer = firstOfEach(listings.flatMap((listing) => keptLonger(listing, now, keepsMore)));
  const heads = [...now, ...longer].sort(byAge);
  const reasonOf = (place: string): string => unasked.find((one) => one.place === place)?.reason ?? "";
  const own = heads.map((kept): EverySnapshot => {
    const isIt = ({ manifest }: Pick<CopyThere, "manifest">): boolean => isKnownAs(kept.manifest, manifest);
    const isCopy = ({ place, manifest }: CopyThere): boolean =>
      longer.includes(kept) ? hasOwnClass(place, config) : !keepsMore(place, kept, manifest);
    return {
      name: nameOf(kept),
      sha256: kept.manifest.sha256,
      kept,
      isHere: here.snapshots.includes(kept),
      superseded: (here.superseded ?? []).filter(({ manifest }) => isKnownAs(kept.manifest, manifest.sha256)),
      copies: copies.filter((copy) => isIt(copy) && isCopy(copy)),
      unasked: known.filter(isIt).map(({ place, name, manifest }) => ({
        place,
        where: `${place}:${name}`,
        manifest,
        reason: reasonOf(place),
      })),
    };
  });
  return [...own, ...sealedIn(copies, own)];
}

type KeepsMore = (place: string, now: KeptSnapshot, manifest: string) => boolean;

/**
 * A place with a class of its own keeps all data for that long. What it holds of a snapshot from which data was taken out meanwhile,
 * since its own class had expired, is not a copy of what is left, but a snapshot that only this place keeps.
 */
const keepingMore =
  (config: TaskContext["config"]): KeepsMore =>
  (place, { manifest: now }, manifest) =>
    hasOwnClass(place, config) && isLessByClass(now, manifest);

const hasOwnClass = (place: string, { retention }: Pick<TaskContext["config"], "retention">): boolean =>
  Object.hasOwn(retention.of.places, place);

/** Those of a place that it keeps although what they have become elsewhere is less. */
function keptLonger(
  { open, snapshots }: PlaceListing,
  elsewhere: readonly KeptSnapshot[],
  keepsMore: KeepsMore,
): KeptSnapshot[] {
  const own = withoutSuperseded(snapshots.map(({ snapshot }) => snapshot));
  return own.filter((one) => elsewhere.some((other) => keepsMore(open.name, other, one.manifest.sha256)));
}

/** The very same snapshot may be read here and there: here it costs least. */
const firstOfEach = (snapshots: readonly KeptSnapshot[]): KeptSnapshot[] => [
  ...new Map(snapshots.toReversed().map((one) => [one.manifest.sha256, one])).values(),
];

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
    isHere: false,
    superseded: [],
    copies: own,
    unasked: [],
  }));
}
