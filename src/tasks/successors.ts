/**
 * A snapshot written anew, here and everywhere: its successor is made once, every place that holds it gets a copy of that, which is
 * verified there, and only then what was there before goes. What cannot be done now is owed, and done when this is asked again.
 */
import { join } from "node:path";
import type { Place } from "../copies/place/place.ts";
import { nameOf } from "../snapshot/catalog/chain.ts";
import type { KeptSnapshot } from "../snapshot/catalog/kept.ts";
import { SnapshotError } from "../snapshot/format/errors.ts";
import { secondOf } from "../snapshot/format/name.ts";
import type { Rewriting } from "../snapshot/rewrite/rewriting.ts";
import { sweepRewriting } from "../snapshot/rewrite/successor.ts";
import { type LockFailure, withLock } from "../storage/lock.ts";
import { makeOwnDirectory } from "../storage/own-file.ts";
import { discardDirectory } from "../storage/whole-directory.ts";
import type { EverySnapshot, Everywhere } from "./everywhere.ts";
import { isOwed, type Owed, owedReason, SEALED_HERE } from "./owed.ts";
import { finishRemovals } from "./removals.ts";
import { copyReplaced, type ReplacedCopy } from "./replaced-copy.ts";
import type { PlacesGiven } from "./snapshots/places.ts";
import {
  type MadeSuccessor,
  type ReplacedThere,
  type SnapshotReplacing,
  successorOf,
} from "./successor-made.ts";
import type { TaskContext } from "./task/task.ts";

/** What became of one snapshot. */
export interface ReplacedSnapshot extends Omit<MadeSuccessor, "snapshot"> {
  /** What it is now; absent: nobody here can read it. */
  readonly snapshot?: KeptSnapshot;
}

/** Where unencrypted successors lie of which only encrypted copies are kept, until these are written. */
const SCRATCH = join(".contextcore", "rewriting");

/** How places are opened, and which of them answered. */
type Replacement = PlacesGiven & Pick<Everywhere, "places">;

/**
 * Writes a snapshot anew and puts that in its stead wherever it is.
 * @param rewriting absent: it was written anew before, and only what was owed then is done
 * @throws the signal's reason; SnapshotError when another process is at it. What concerns one place is owed there
 */
export function replaceEverywhere(
  context: TaskContext,
  one: EverySnapshot,
  rewriting: Rewriting | undefined,
  how: Replacement,
): Promise<ReplacedSnapshot> {
  const isOfIt = ({ where }: Owed): boolean => where.includes(secondOf(one.name));
  return alone(context, async (scratch) => {
    const left = await swept(context, how.places);
    const done = await replaced({ context, one, how, scratch }, rewriting);
    return { ...done, owed: [...done.owed, ...left.filter(isOfIt)] };
  });
}

/**
 * Does what was owed of snapshots that were written anew before: copies of what they were are replaced, and what interrupted runs have
 * left is removed. What a place keeps for longer, since its own class says so, is no such copy.
 * @throws as {@link replaceEverywhere}
 */
export async function finishReplacing(
  context: TaskContext,
  { snapshots, places }: Everywhere,
  how: PlacesGiven = {},
): Promise<Pick<ReplacedSnapshot, "done" | "owed">> {
  const done: ReplacedThere[] = [];
  const owed = [...(await alone(context, () => swept(context, places)))];
  for (const one of snapshots.filter(isStale)) {
    const replaced = await replaceEverywhere(context, one, undefined, { ...how, places });
    done.push(...replaced.done);
    owed.push(...replaced.owed);
  }
  return { done, owed };
}

/** One process at a time, with a folder that is not there before and after. @throws SnapshotError while another one is at it */
async function alone<Result>(
  { config: { directory } }: TaskContext,
  work: (scratch: string) => Promise<Result>,
): Promise<Result> {
  const own = join(directory, ".contextcore");
  const scratch = join(directory, SCRATCH);
  makeOwnDirectory(own, undefined, 0o700);
  return withLock(join(own, "rewriting.lock"), lockFailure, async () => {
    await discardDirectory(scratch);
    try {
      return await work(scratch);
    } finally {
      await discardDirectory(scratch);
    }
  });
}

const lockFailure: LockFailure = ({ message, ...more }) => new SnapshotError(message, more);

/** Removes for good what interrupted runs have left. @returns what a place does not let go */
async function swept({ config }: TaskContext, places: readonly Place[]): Promise<Owed[]> {
  await sweepRewriting(config.backups);
  const withheld = await finishRemovals(config, places);
  return withheld.map(({ object, reason }) => ({ where: object, reason }));
}

/** Somewhere it still is what it was. */
const isStale = ({ sha256, superseded, copies, unasked }: EverySnapshot): boolean =>
  superseded.length > 0 || [...copies, ...unasked].some(({ manifest }) => manifest !== sha256);

async function replaced(
  replacing: SnapshotReplacing,
  rewriting: Rewriting | undefined,
): Promise<ReplacedSnapshot> {
  const { context, one } = replacing;
  if (one.kept === undefined) return sealed(one);
  try {
    const made = await successorOf({ ...replacing, kept: one.kept }, rewriting);
    const copies = await copiesReplaced(replacing, made.snapshot);
    const owed = [...made.owed, ...unaskedOf(one, made.snapshot)];
    return {
      ...made,
      done: [...made.done, ...copies.flatMap(({ done }) => done ?? [])],
      owed: [...owed, ...copies.flatMap((copy) => copy.owed ?? [])],
    };
  } catch (error) {
    context.signal.throwIfAborted();
    if (!isOwed(error)) throw error;
    return { remains: [], done: [], owed: everywhere(one, owedReason(error)) };
  }
}

const sealed = (one: EverySnapshot): ReplacedSnapshot => ({
  remains: [],
  done: [],
  owed: everywhere(one, SEALED_HERE),
});

function everywhere(one: EverySnapshot, reason: string): Owed[] {
  const here = one.isHere && one.kept !== undefined ? [{ where: one.kept.path, reason }] : [];
  return [
    ...here,
    ...one.copies.map(({ place, name }) => ({ where: `${place}:${name}`, reason })),
    ...unaskedOf(one),
  ];
}

/** Copies out of reach that are not what the snapshot is now. @param now absent: what it will be is not known */
const unaskedOf = ({ unasked }: EverySnapshot, now?: KeptSnapshot): Owed[] =>
  unasked
    .filter(({ manifest }) => manifest !== now?.manifest.sha256)
    .map(({ where, reason }) => ({ where, reason: `it cannot be reached: ${reason}` }));

/** Every copy of what the snapshot was becomes one of what it is. */
async function copiesReplaced(
  { context, one, how }: SnapshotReplacing,
  snapshot: KeptSnapshot,
): Promise<ReplacedCopy[]> {
  const { sha256 } = snapshot.manifest;
  const stale = one.copies.filter(({ manifest }) => manifest !== sha256);
  const isPassing = !one.isHere && snapshot !== one.kept;
  const copies: ReplacedCopy[] = [];
  for (const copy of stale) {
    context.signal.throwIfAborted();
    copies.push(await copyReplaced({ context, copy, snapshot, name: nameOf(snapshot), isPassing, how }));
  }
  return copies;
}
