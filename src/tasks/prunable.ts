/** What a prune looks at and removes: the snapshots directory, or the copies in a place. */
import type { StoredObject } from "../contract/contract.ts";
import { PLAN_FILE, plainName } from "../copies/format/bookkeeping.ts";
import { COPY_FILE } from "../copies/format/copy-file.ts";
import { lockedUntil, removeCopy, removeObjects, type Withheld } from "../copies/place/remove-copy.ts";
import { findCopy } from "../copies/read/find-copy.ts";
import { type Rubbish, rubbishIn } from "../copies/read/survey.ts";
import { nameOf } from "../snapshot/catalog/chain.ts";
import { type KeptSnapshot, keptAt, readKept, type Unreadable } from "../snapshot/catalog/kept.ts";
import { listRemoved, removeSnapshot, sweepRemoved } from "../snapshot/catalog/prune.ts";
import { SnapshotError } from "../snapshot/format/errors.ts";
import { fromMs } from "../units/range.ts";
import { counted } from "../units/words.ts";
import { asListed, listPlace, type PlaceListing } from "./list-snapshots.ts";
import { copiesKnownTo } from "./snapshots/holdings.ts";
import type { PlacesGiven } from "./snapshots/places.ts";
import type { TaskContext } from "./task/task.ts";

/** Something that is no snapshot, and goes with the next prune. */
interface Leftover {
  readonly path: string;
  readonly identity: string;
  /** Rest of a sentence about it: `remains of an interrupted removal`. */
  readonly what: string;
  /** @returns what is not let go */
  sweep(): Promise<readonly Withheld[]>;
}

/** Snapshots that may be removed, and how. */
export interface Prunable {
  readonly snapshots: readonly KeptSnapshot[];
  readonly unreadable: readonly Pick<Unreadable, "path" | "reason">[];
  readonly leftovers: readonly Leftover[];
  /** What is wrong with some of them, by path: nothing else goes because of what these hold. */
  readonly damaged: ReadonlyMap<string, string>;
  /** Snapshots elsewhere, which may continue these. */
  readonly continuing: readonly KeptSnapshot[];
  /** Why it cannot be removed now, if it cannot. */
  lockOf(snapshot: KeptSnapshot): Promise<string | undefined>;
  /** Whether it is the one that was planned for. */
  isSame(snapshot: KeptSnapshot): Promise<boolean>;
  /** @param onGone called when nobody finds it any more @returns what is not let go; if it was not called, all of it */
  remove(snapshot: KeptSnapshot, onGone: () => void): Promise<readonly Withheld[]>;
}

const NOTHING_WITHHELD: readonly Withheld[] = [];

async function nothingWithheld(work: Promise<void>): Promise<readonly Withheld[]> {
  await work;
  return NOTHING_WITHHELD;
}

/** The snapshots directory. */
export async function prunableHere({ config: { backups } }: Pick<TaskContext, "config">): Promise<Prunable> {
  const { snapshots, superseded = [], unreadable } = await readKept(backups, asListed);
  const leftovers = [
    ...(await listRemoved(backups)).map((path) => ({
      path,
      identity: path,
      what: "remains of an interrupted removal",
      sweep: () => nothingWithheld(sweepRemoved(path)),
    })),
    ...superseded.map((one) => ({
      path: one.path,
      identity: one.manifest.sha256,
      what: "has a successor beside it that was written anew without some of its data",
      sweep: () => nothingWithheld(removeSnapshot(one, () => {})),
    })),
  ];
  return {
    snapshots,
    unreadable,
    leftovers,
    damaged: new Map(),
    continuing: [],
    lockOf: async () => undefined,
    async isSame({ files, manifest }) {
      const now = await keptAt(files).catch(ifNotCredible);
      return now?.manifest.sha256 === manifest.sha256;
    },
    async remove(snapshot, onGone) {
      await removeSnapshot(snapshot, onGone);
      return NOTHING_WITHHELD;
    },
  };
}

/** The copies in a place. Those that are not credible or not believed are left alone. */
export async function prunableIn(
  context: TaskContext,
  name: string,
  given: PlacesGiven & { readonly unfinished: boolean },
): Promise<Prunable> {
  const listing = await listPlace(context, name, given);
  const { open } = listing;
  const now = fromMs(Date.now());
  const rubbish = believedRubbish(listing, now);
  const isTaken = ({ isExport }: Rubbish): boolean => isExport === undefined || given.unfinished;
  const resumable = ({ name: one }: Rubbish) => ({ path: open.shown(one), reason: RESUMABLE });
  return {
    snapshots: listing.snapshots.map(({ snapshot }) => snapshot),
    unreadable: [...leftAlone(listing), ...rubbish.filter((one) => !isTaken(one)).map(resumable)],
    leftovers: rubbish.filter(isTaken).map((one) => leftoverIn(listing, one)),
    damaged: damagedIn(listing),
    continuing: (await readKept(context.config.backups, asListed)).snapshots,
    async lockOf(snapshot) {
      const until = await lockedUntil(open, nameOf(snapshot), now);
      return until && `locked until ${until}`;
    },
    async isSame(snapshot) {
      const found = await findCopy(open, nameOf(snapshot)).catch(ifNotCredible);
      return found?.copy.manifest === snapshot.manifest.sha256;
    },
    async remove(snapshot, onGone) {
      const copy = { place: open.name, name: nameOf(snapshot) };
      let isGone = false;
      const withheld = await removeCopy(open, copy.name, () => {
        isGone = true;
        onGone();
      });
      if (isGone) await copiesKnownTo(context.config).forget(copy);
      return withheld;
    },
  };
}

/** It has been changed since. */
function ifNotCredible(error: unknown): undefined {
  if (!(error instanceof SnapshotError)) throw error;
}

/** A copy with flaws is still one, and may go. */
function leftAlone({ snapshots, sealed, unreadable }: PlaceListing): Prunable["unreadable"] {
  const judged = new Set([
    ...snapshots.map(({ snapshot }) => snapshot.path),
    ...sealed.map(({ path }) => path),
  ]);
  const unknown = sealed.map(({ path }) => ({ path, reason: SEALED }));
  return [...unreadable.filter(({ path }) => !judged.has(path)), ...unknown];
}

/** As far as a listing tells, or a verification has told. */
function damagedIn({ snapshots, unreadable }: PlaceListing): Map<string, string> {
  const reasons = new Map(unreadable.map(({ path, reason }) => [path, reason]));
  const damaged = snapshots.filter(({ held }) => held.some(({ checked }) => !checked.sound));
  return new Map(damaged.map(({ snapshot: { path } }) => [path, reasons.get(path) ?? "its data is damaged"]));
}

const RESUMABLE =
  "it is an export that was interrupted more than two days ago: contextcore export --resume finishes it, --unfinished removes it";

const SEALED =
  "it is encrypted, and nothing is known here of what it holds: name its identity with --identity FILE";

/** Not what lies among the objects of somebody else's copy. */
function believedRubbish({ survey, snapshots }: PlaceListing, now: bigint): Rubbish[] {
  const ours = new Set(snapshots.map(({ snapshot }) => nameOf(snapshot)));
  const copies = survey.copies.filter(({ name }) => ours.has(name));
  return rubbishIn({ ...survey, copies }, now);
}

function leftoverIn({ open, survey }: PlaceListing, { name, objects, isExport }: Rubbish): Leftover {
  const seen = objects.map((one) => [one.name, one.size, String(one.modified)]);
  const isCopy = survey.copies.some((copy) => copy.name === name);
  return {
    path: open.shown(name),
    identity: new Bun.CryptoHasher("sha256").update(JSON.stringify(seen)).digest("hex"),
    what: `has ${counted(objects.length, "object")} ${isExport ? "of an export that was not finished" : "that no copy names"}, older than two days`,
    async sweep() {
      const there = await open.list(`${name}/`);
      // Somebody has finished the copy meanwhile.
      if (!isCopy && there.has(`${name}/${COPY_FILE}`)) return [];
      const doomed = unchanged(objects, there);
      // An export without its plan is not gone on with.
      const isPlan = (one: string): boolean => plainName(one) === `${name}/${PLAN_FILE}`;
      const withheld = await removeObjects(open, doomed.filter(isPlan));
      return [
        ...withheld,
        ...(await removeObjects(
          open,
          doomed.filter((one) => !isPlan(one)),
        )),
      ];
    },
  };
}

/** What somebody has written to meanwhile is none of it any more. */
const unchanged = (objects: readonly StoredObject[], there: ReadonlyMap<string, StoredObject>): string[] =>
  objects.filter(({ name, modified }) => there.get(name)?.modified === modified).map(({ name }) => name);
