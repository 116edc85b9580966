/** The one successor of a snapshot: made from wherever that can be read, put in its stead here, proved before anything goes. */
import type { Counts } from "../contract/contract.ts";
import { type KeptSnapshot, keptAt } from "../snapshot/catalog/kept.ts";
import { SnapshotError } from "../snapshot/format/errors.ts";
import type { Rewriting } from "../snapshot/rewrite/rewriting.ts";
import { type Placed, removePredecessor, rewriteSnapshot } from "../snapshot/rewrite/successor.ts";
import { localStorage } from "../storage/local.ts";
import { makeOwnDirectory } from "../storage/own-file.ts";
import type { Storage } from "../storage/storage.ts";
import { messageOf } from "../units/message-of.ts";
import { verifySnapshot } from "../verify/verify.ts";
import type { EverySnapshot, Everywhere } from "./everywhere.ts";
import { isOwed, type Owed } from "./owed.ts";
import { copiesKnownTo } from "./snapshots/holdings.ts";
import type { PlacesGiven } from "./snapshots/places.ts";
import type { TaskContext } from "./task/task.ts";

/** A place where the snapshot is not any more what it was. */
export interface ReplacedThere {
  /** A path, or `offsite:20260124-143000-2`. */
  readonly where: string;
  /** What was there. */
  readonly was: string;
  /** The hash of the manifest there now. */
  readonly manifest: string;
  /** Of a copy: the SHA-256 of its `copy.json`. */
  readonly sha256?: string;
}

/** The successor, and what became of what was here. */
export interface MadeSuccessor {
  /** What the snapshot is now: written anew, or as it was when nothing in it goes. */
  readonly snapshot: KeptSnapshot;
  /** What was taken out of it now, by unit; absent: nothing in it went. */
  readonly counts?: Counts;
  /** The same, by backend. */
  readonly backends?: ReadonlyMap<string, Counts>;
  /** See {@link Successor}. */
  readonly remains: readonly string[];
  readonly done: readonly ReplacedThere[];
  readonly owed: readonly Owed[];
}

/** What is to be replaced, and how. */
export interface SnapshotReplacing {
  readonly context: TaskContext;
  readonly one: EverySnapshot;
  readonly how: PlacesGiven & Pick<Everywhere, "places">;
  /** Where a successor lies of which only copies are kept, until these are written. */
  readonly scratch: string;
}

/** From what. */
interface Making extends SnapshotReplacing {
  readonly kept: KeptSnapshot;
}

/** Makes it, if anything goes, and removes what was here before. @throws what every place says in which the snapshot can be read */
export async function successorOf(making: Making, rewriting: Rewriting | undefined): Promise<MadeSuccessor> {
  const { one, kept } = making;
  const placed = rewriting && (await placedFrom(making, rewriting));
  const snapshot = placed === undefined ? kept : await keptAt(localStorage(placed.path));
  const leftovers = placed !== undefined && one.isHere ? [...one.superseded, kept] : one.superseded;
  const gone = await predecessorsGone(making, snapshot, leftovers);
  if (placed === undefined) return { ...gone, snapshot, remains: [] };
  const { remains, removed } = placed;
  return { ...gone, snapshot, remains, counts: removed.counts, backends: removed.backends };
}

/** What is damaged in one place may be sound in another. @throws what the first one says when all of them fail */
async function placedFrom(making: Making, rewriting: Rewriting): Promise<Placed | undefined> {
  const failures: unknown[] = [];
  for (const source of [making.kept, ...making.one.elsewhere])
    try {
      return await rewriteSnapshot(source.files, { ...rewriting, ...placing(making, source) });
    } catch (error) {
      making.context.signal.throwIfAborted();
      if (!isOwed(error)) throw error;
      failures.push(error);
    }
  throw failures[0];
}

function placing({ context, one, how, scratch }: Making, source: KeptSnapshot) {
  const { backups } = context.config;
  const { signal } = context;
  if (!one.isHere) makeOwnDirectory(scratch, undefined, 0o700);
  return {
    directory: one.isHere ? backups : scratch,
    name: one.name,
    isFree: freeIn(context, how),
    prove: (files: Storage, isRead: (file: string) => boolean) => proved(files, { isRead, signal }),
    isLocal: one.isHere && source === one.kept,
    signal,
  };
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

/** Removes what the snapshot was. One that cannot be removed is owed, and keeps no copy from being replaced. */
async function predecessorsGone(
  { context }: Making,
  { path: where, manifest }: KeptSnapshot,
  before: readonly KeptSnapshot[],
): Promise<Pick<MadeSuccessor, "done" | "owed">> {
  const done: ReplacedThere[] = [];
  const owed: Owed[] = [];
  for (const one of before)
    try {
      await removePredecessor(one);
      done.push({ where, was: one.path, manifest: manifest.sha256 });
    } catch (error) {
      context.signal.throwIfAborted();
      owed.push({ where: one.path, reason: messageOf(error) });
    }
  return { done, owed };
}
