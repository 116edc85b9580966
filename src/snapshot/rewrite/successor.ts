/**
 * Puts a successor in the place of a snapshot on this machine. It is written under a name that nobody reads, proved, and given the
 * next free name of the same second; only then its predecessor goes. Whoever is killed leaves the old one, both, or the new one,
 * and never a mixture; of both, the old one counts for nothing.
 */
import { join } from "node:path";
import { isThere } from "../../storage/entries.ts";
import type { Lock } from "../../storage/lock.ts";
import type { Storage } from "../../storage/storage.ts";
import {
  beginDirectory,
  discardDirectory,
  namesIn,
  publishDirectory,
  syncTree,
} from "../../storage/whole-directory.ts";
import type { KeptSnapshot } from "../catalog/kept.ts";
import { listRemoved, removeSnapshot, sweepRemoved } from "../catalog/prune.ts";
import { SnapshotError } from "../format/errors.ts";
import { hiddenName, nameInHidden, numberedName, secondOf } from "../format/name.ts";
import { openDirectory, writeFailure } from "../write/disk.ts";
import type { Rewriting, Successor } from "./rewriting.ts";
import { UNPACKED_FOLDER } from "./unpacked.ts";
import { writeSuccessor } from "./write-successor.ts";

/** How a snapshot is written anew. */
interface RewriteOptions extends Rewriting {
  /** The directory in which the successor will lie, beside others. It is there. */
  readonly directory: string;
  /** The snapshot's name. */
  readonly name: string;
  /** Whether a name is free in all places where the successor will lie, too. Default: it is. */
  readonly isFree?: (name: string) => Promise<boolean>;
  /** Proves what was written, before it gets its name. @throws what is wrong with it */
  readonly prove: (files: Storage, isRewritten: Successor["isRewritten"]) => Promise<void>;
  /** The source is a directory on this machine, in which nobody changes a file. */
  readonly isLocal?: boolean;
  readonly signal: AbortSignal;
}

/** A successor that lies under its name. */
export interface Placed extends Successor {
  readonly path: string;
}

/**
 * Writes a snapshot anew beside others. The predecessor stays.
 * @returns `undefined` when nothing in it goes
 * @throws SnapshotError when it is damaged, nothing would be left of it, or another process is at it; what `prove` throws; the signal's reason
 */
export async function rewriteSnapshot(source: Storage, options: RewriteOptions): Promise<Placed | undefined> {
  const { directory, name, signal, prove } = options;
  const hidden = join(directory, hiddenName(name, "rewriting"));
  const lock = lockOf(directory, name);
  if (lock === undefined)
    throw new SnapshotError(`${source.root} is being written anew by another process`, {
      hint: "Wait for it to end, and run this again.",
    });
  try {
    await discardDirectory(hidden);
    const into = await begun(hidden);
    const own = options.isLocal ? source.root : undefined;
    const written = await writeSuccessor({ source, into, directory: own, rewriting: options, signal });
    if (written === undefined) return undefined;
    await discardDirectory(join(hidden, UNPACKED_FOLDER));
    await syncTree(hidden);
    await prove(into, written.isRewritten);
    const path = join(directory, await freeName(options));
    await publishDirectory(hidden, path);
    return { ...written, path };
  } finally {
    await discardDirectory(hidden);
    lock.release();
  }
}

async function begun(hidden: string): Promise<Storage> {
  try {
    if (!(await beginDirectory(hidden))) throw new SnapshotError(`${hidden} is there already`);
  } catch (error) {
    throw writeFailure(hidden, error);
  }
  return openDirectory(hidden);
}

/** A name is taken when anything has it, or had it while it is being removed. */
async function freeName({ directory, name, isFree = async () => true }: RewriteOptions): Promise<string> {
  const [, own = "1"] = name.slice(secondOf(name).length).split("-");
  for (let number = Number(own) + 1; ; number += 1) {
    const free = numberedName(secondOf(name), number);
    const names = [free, hiddenName(free, "removed"), hiddenName(free, "partial")];
    if (!names.some((one) => isThere(join(directory, one))) && (await isFree(free))) return free;
  }
}

/** Removes a snapshot that has a successor: first its name, then its files. @throws what the system throws */
export const removePredecessor = (snapshot: KeptSnapshot): Promise<void> =>
  removeSnapshot(snapshot, () => {});

/** Removes what interrupted rewritings and removals have left in a directory: it may hold what is to be gone. @throws what the system throws */
export async function sweepRewriting(directory: string): Promise<void> {
  for (const doomed of await listRemoved(directory)) await sweepRemoved(doomed);
  for (const entry of await namesIn(directory)) {
    const name = nameInHidden(entry, "rewriting");
    const lock = name === undefined ? undefined : lockOf(directory, name);
    if (lock === undefined) continue;
    await discardDirectory(join(directory, entry));
    lock.release();
  }
}

/** Who writes it anew holds it. @returns `undefined`: another process does */
const lockOf = (directory: string, name: string): Lock | undefined =>
  openDirectory(directory).lock(`${hiddenName(name, "rewriting")}.lock`, { isRemoved: true });
