/**
 * A snapshot written anew, here and everywhere: its successor is made once, every place that holds it gets a copy of that, which is
 * verified there, and only then what was there before goes. What cannot be done now is owed, and done when this is asked again.
 */
import { join } from "node:path";
import type { Counts } from "../contract/contract.ts";
import type { Place } from "../copies/place/place.ts";
import { nameOf } from "../snapshot/catalog/chain.ts";
import { type KeptSnapshot, keptAt } from "../snapshot/catalog/kept.ts";
import { SnapshotError } from "../snapshot/format/errors.ts";
import { secondOf } from "../snapshot/format/name.ts";
import type { Rewriting } from "../snapshot/rewrite/rewriting.ts";
import { removePredecessor, rewriteSnapshot, sweepRewriting } from "../snapshot/rewrite/successor.ts";
import { localStorage } from "../storage/local.ts";
import { withLock } from "../storage/lock.ts";
import { makeOwnDirectory } from "../storage/own-file.ts";
import type { Storage } from "../storage/storage.ts";
import { discardDirectory } from "../storage/whole-directory.ts";
import { verifySnapshot } from "../verify/verify.ts";
import type { EverySnapshot, Everywhere } from "./everywhere.ts";
import { isOwed, type Owed, owedReason, SEALED_HERE } from "./owed.ts";
import { finishRemovals } from "./removals.ts";
import { copyReplaced, type ReplacedCopy } from "./replaced-copy.ts";
import { copiesKnownTo } from "./snapshots/holdings.ts";
import type { PlacesGiven } from "./snapshots/places.ts";
import type { TaskContext } from "./task/task.ts";

/** A place where the snapshot is not any more what it was. */
interface ReplacedThere {
  /** A path, or `offsite:20260124-143000-2`. */
  readonly where: string;
  /** What was there. */
  readonly was: string;
  /** The hash of the manifest there now. */
  readonly manifest: string;
  /** Of a copy: the SHA-256 of its `copy.json`. */
  readonly sha256?: string;
}

/** What became of one snapshot. */
export interface ReplacedSnapshot {
  /** What it is now; absent: nobody here can read it. */
  readonly snapshot?: KeptSnapshot;
  /** What was taken out of it now, by unit; absent: nothing in it went. */
  readonly counts?: Counts;
  /** The same, by backend. */
  readonly backends?: ReadonlyMap<string, Counts>;
  /** See {@link Successor}. */
  readonly remains: readonly string[];
  readonly done: readonly ReplacedThere[];
  readonly owed: readonly Owed[];
}

/** Where unencrypted successors lie of which only encrypted copies are kept, until these are written. */
const SCRATCH = join(".contextcore", "rewriting");

/**
 * Writes a snapshot anew and puts that in its stead wherever it is.
 * @param rewriting absent: it was written anew before, and only what was owed then is done
 * @throws the signal's reason; SnapshotError when another process is at it. What concerns one place is owed there
 */
export async function replaceEverywhere(
  context: TaskContext,
  one: EverySnapshot,
  rewriting: Rewriting | undefined,
  how: PlacesGiven & Pick<Everywhere, "places">,
): Promise<ReplacedSnapshot> {
  const own = join(context.config.directory, ".contextcore");
  makeOwnDirectory(own, undefined, 0o700);
  const fail = (failure: {
    readonly message: string;
    readonly hint?: string;
    readonly cause: unknown;
  }): SnapshotError => new SnapshotError(failure.message, failure);
  return withLock(join(own, "rewriting.lock"), fail, async () => {
    const scratch = join(context.config.directory, SCRATCH);
    await discardDirectory(scratch);
    const left = await swept(context, how.places);
    try {
      const done = await replaced({ context, one, how, scratch }, rewriting);
      return {
        ...done,
        owed: [...done.owed, ...left.filter(({ where }) => where.includes(secondOf(one.name)))],
      };
    } finally {
      await discardDirectory(scratch);
    }
  });
}

/** Removes for good what interrupted runs have left. @returns what a place does not let go */
async function swept({ config }: TaskContext, places: readonly Place[]): Promise<Owed[]> {
  await sweepRewriting(config.backups);
  const withheld = await finishRemovals(config, places);
  return withheld.map(({ object, reason }) => ({ where: object, reason }));
}

/**
 * Does what was owed of snapshots that were written anew before: copies of what they were are replaced, and what interrupted runs have
 * left is removed.
 * @throws as {@link replaceEverywhere}
 */
export async function finishReplacing(
  context: TaskContext,
  { snapshots, places }: Everywhere,
  how: PlacesGiven = {},
): Promise<Pick<ReplacedSnapshot, "done" | "owed">> {
  const done: ReplacedThere[] = [];
  const owed = await swept(context, places);
  for (const one of snapshots.filter(isStale)) {
    const replaced = await replaceEverywhere(context, one, undefined, { ...how, places });
    done.push(...replaced.done);
    owed.push(...replaced.owed);
  }
  return { done, owed };
}

/** Somewhere it still is what it was. */
const isStale = ({ sha256, superseded, copies, unasked }: EverySnapshot): boolean =>
  superseded.length > 0 || [...copies, ...unasked].some(({ manifest }) => manifest !== sha256);

interface Replacing {
  readonly context: TaskContext;
  readonly one: EverySnapshot;
  readonly how: PlacesGiven & Pick<Everywhere, "places">;
  readonly scratch: string;
}

async function replaced(replacing: Replacing, rewriting: Rewriting | undefined): Promise<ReplacedSnapshot> {
  const { context, one } = replacing;
  if (one.kept === undefined) return sealed(one);
  try {
    const made = await successorOf(replacing, one.kept, rewriting);
    const copies = await copiesReplaced(replacing, made.snapshot);
    return {
      ...made,
      done: [...made.done, ...copies.flatMap(({ done }) => done ?? [])],
      owed: [...unaskedOf(one, made.snapshot), ...copies.flatMap(({ owed }) => owed ?? [])],
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

interface Made extends Omit<ReplacedSnapshot, "owed"> {
  readonly snapshot: KeptSnapshot;
}

/** The snapshot as it is to be: written anew, or as it is when nothing in it goes. */
async function successorOf(
  { context, one, how, scratch }: Replacing,
  kept: KeptSnapshot,
  rewriting: Rewriting | undefined,
): Promise<Made> {
  const { backups } = context.config;
  if (!one.isHere) makeOwnDirectory(scratch, undefined, 0o700);
  const placed =
    rewriting &&
    (await rewriteSnapshot(kept.files, {
      ...rewriting,
      directory: one.isHere ? backups : scratch,
      name: one.name,
      isFree: freeIn(context, how),
      prove: (files, isRead) => proved(files, { isRead, signal: context.signal }),
      isLocal: one.isHere,
      signal: context.signal,
    }));
  const leftovers = placed !== undefined && one.isHere ? [...one.superseded, kept] : one.superseded;
  for (const before of leftovers) await removePredecessor(before);
  const snapshot = placed === undefined ? kept : await keptAt(localStorage(placed.path));
  const { sha256: manifest } = snapshot.manifest;
  const done = leftovers.map(({ path }) => ({ where: snapshot.path, was: path, manifest }));
  if (placed === undefined) return { snapshot, remains: [], done };
  const { remains, removed } = placed;
  return { snapshot, remains, done, counts: removed.counts, backends: removed.backends };
}

/** Whether nothing has that name, here or in a place, as far as places can be asked. */
function freeIn(
  { config }: TaskContext,
  { places }: Pick<Everywhere, "places">,
): (name: string) => Promise<boolean> {
  return async (name) => {
    const known = await copiesKnownTo(config).list();
    if (known.some((one) => one.name === name)) return false;
    if ((await localStorage(config.backups).names()).includes(name)) return false;
    for (const place of places) if ((await place.list(`${name}/`)).size > 0) return false;
    return true;
  };
}

interface Proving {
  readonly isRead: (file: string) => boolean;
  readonly signal: AbortSignal;
}

/** What was not written anew is what it was. @throws SnapshotError when a snapshot is not sound */
async function proved(files: Storage, how: Proving): Promise<void> {
  const { sound, flaws } = await verifySnapshot(files, how);
  if (sound) return;
  const [flaw] = flaws;
  throw new SnapshotError(`${files.root} is not sound: ${flaw?.subject} ${flaw?.message}`);
}

/** Every copy of what the snapshot was becomes one of what it is. */
async function copiesReplaced(
  { context, one, how }: Replacing,
  snapshot: KeptSnapshot,
): Promise<ReplacedCopy[]> {
  const { sha256 } = snapshot.manifest;
  const stale = one.copies.filter(({ manifest }) => manifest !== sha256);
  const copies: ReplacedCopy[] = [];
  for (const copy of stale) {
    context.signal.throwIfAborted();
    copies.push(await copyReplaced({ context, copy, snapshot, name: nameOf(snapshot), how }));
  }
  return copies;
}
