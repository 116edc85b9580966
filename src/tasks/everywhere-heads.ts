/** What snapshots are now, of all that can be read of them: here, and as copies. Pure. */
import type { Config } from "../config/config.ts";
import { byAge, type KeptSnapshot, type KeptSnapshots } from "../snapshot/catalog/kept.ts";
import { isLessByClass, withoutSuperseded } from "../snapshot/catalog/lineage.ts";
import type { PlaceListing } from "./list-snapshots.ts";

/** Each of which something may be taken out. */
export interface Heads {
  /** All of them, oldest first. */
  readonly all: readonly KeptSnapshot[];
  /** Those in the snapshots directory. */
  readonly here: readonly KeptSnapshot[];
  /** Those of them of which a place holds what they have become: somebody has brought back a copy of what they were. */
  readonly apart: readonly KeptSnapshot[];
  /** Those that a place keeps although what they have become elsewhere is less. */
  readonly longer: readonly KeptSnapshot[];
  /** Everything that can be read, here first. */
  readonly readable: readonly KeptSnapshot[];
}

interface Readable {
  readonly here: Pick<KeptSnapshots, "snapshots" | "superseded">;
  readonly listings: readonly Pick<PlaceListing, "open" | "snapshots">[];
}

type Classes = Pick<Config, "retention">;

/** Nothing is overlooked: whatever can be read is one of them, or what one of them was in the same place. */
export function headsOf({ here, listings }: Readable, config: Classes): Heads {
  const readable = [
    ...here.snapshots,
    ...(here.superseded ?? []),
    ...listings.flatMap(({ snapshots }) => snapshots.map(({ snapshot }) => snapshot)),
  ];
  const now = withoutSuperseded(firstOfEach(readable));
  const longer = firstOfEach(listings.flatMap((listing) => keptLonger(listing, now, config)));
  const apart = here.snapshots.filter((one) => !now.includes(one) && !longer.includes(one));
  const all = [...now, ...longer, ...apart].sort(byAge);
  return { all, here: here.snapshots, apart, longer, readable };
}

/** The very same snapshot may be read here and there: here it costs least. */
const firstOfEach = (snapshots: readonly KeptSnapshot[]): KeptSnapshot[] => [
  ...new Map(snapshots.toReversed().map((one) => [one.manifest.sha256, one])).values(),
];

/** What a snapshot is now, and the manifest that a copy of it has. */
interface Compared {
  readonly now: KeptSnapshot;
  readonly manifest: string;
}

/**
 * A place with a class of its own keeps all data for that long. What it holds of a snapshot from which data was taken out meanwhile,
 * since its own class had expired, is not a copy of what is left, but a snapshot that only this place keeps.
 */
export const keepsMore = (place: string, { now, manifest }: Compared, config: Classes): boolean =>
  hasOwnClass(place, config) && isLessByClass(now.manifest, manifest);

/** Whether a place keeps everything for as long as its own class says. */
export const hasOwnClass = (place: string, { retention }: Classes): boolean =>
  Object.hasOwn(retention.of.places, place);

/** Those of a place that it keeps although what they have become elsewhere is less. */
function keptLonger(
  { open, snapshots }: Pick<PlaceListing, "open" | "snapshots">,
  elsewhere: readonly KeptSnapshot[],
  config: Classes,
): KeptSnapshot[] {
  const own = withoutSuperseded(snapshots.map(({ snapshot }) => snapshot));
  return own.filter((one) =>
    elsewhere.some((now) => keepsMore(open.name, { now, manifest: one.manifest.sha256 }, config)),
  );
}
