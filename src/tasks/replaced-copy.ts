/** A copy in a place becomes one of the snapshot's successor: that is written and verified first, then the old one goes. */
import { shareTombstones } from "../copies/erased/share.ts";
import { lockedUntil, type Withheld } from "../copies/place/remove-copy.ts";
import { type WrittenCopy, writeCopy } from "../copies/write/write-copy.ts";
import type { KeptSnapshot } from "../snapshot/catalog/kept.ts";
import { SnapshotError } from "../snapshot/format/errors.ts";
import { fromMs } from "../units/range.ts";
import { verifySnapshot } from "../verify/verify.ts";
import { remember, requireOpenable } from "./copy.ts";
import type { CopyThere } from "./everywhere.ts";
import { isOwed, type Owed, owedReason } from "./owed.ts";
import { removedUnlessDone, removeForGood } from "./removals.ts";
import { locked } from "./retain.ts";
import { type PlacesGiven, snapshotPlaces } from "./snapshots/places.ts";
import { writingTo } from "./snapshots/writing-to.ts";
import type { TaskContext } from "./task/task.ts";

/** A copy to replace, and by what. */
interface CopyToReplace {
  readonly context: TaskContext;
  readonly copy: CopyThere;
  readonly snapshot: KeptSnapshot;
  /** The successor's name. */
  readonly name: string;
  /** It lies nowhere else yet, and not for long: nobody could finish a copy of it that is interrupted. */
  readonly isPassing: boolean;
  readonly how: PlacesGiven;
}

/** What became of it: one of the two. */
export interface ReplacedCopy {
  readonly done?: {
    readonly where: string;
    readonly was: string;
    readonly manifest: string;
    readonly sha256: string;
  };
  readonly owed?: Owed;
}

/** Replaces one copy. What the place does not let happen is owed. @throws the signal's reason */
export async function copyReplaced(replacing: CopyToReplace): Promise<ReplacedCopy> {
  const { context, copy, name, snapshot } = replacing;
  const where = `${copy.place}:${copy.name}`;
  try {
    const written = await copied(replacing);
    const owed = await removed(replacing, where);
    if (owed !== undefined) return { owed };
    const { sha256: manifest } = snapshot.manifest;
    return { done: { where: copy.open.shown(name), was: where, manifest, sha256: written.sha256 } };
  } catch (error) {
    context.signal.throwIfAborted();
    if (!isOwed(error)) throw error;
    return { owed: { where, reason: owedReason(error) } };
  }
}

/** The successor's copy, there and verified. */
async function copied({
  context,
  copy: { open, place },
  snapshot,
  name,
  isPassing,
  how,
}: CopyToReplace): Promise<WrittenCopy> {
  await requireOpenable(open.recipients, context);
  const writing = await writingTo(open, context);
  // Nothing goes from a place that does not know what it must not bring back.
  await shareTombstones(context.config, open, writing.form);
  const write = () => writeCopy({ ...writing, snapshot: snapshot.files, name });
  const written = await (isPassing ? removedUnlessDone(context.config, { open, name }, write) : write());
  await requireSound(context, { place, name, how });
  await remember(context.config, place, written, snapshot);
  await locked(open, written, snapshot, context.config);
  return written;
}

interface There extends Pick<CopyToReplace, "name" | "how"> {
  readonly place: string;
}

/** Read back from the place; where nobody here can decrypt it, every byte as it is stored. @throws SnapshotError */
async function requireSound(context: TaskContext, { place, name, how }: There): Promise<void> {
  const { kept } = await snapshotPlaces(context, { ...how, place });
  const { sound, flaws, path } = await verifySnapshot(kept.within(name), { signal: context.signal });
  if (sound) return;
  const [flaw] = flaws;
  throw new SnapshotError(`${path} is not sound: ${flaw?.subject} ${flaw?.message}`);
}

/** Removes the old copy, with all its versions. @returns what is owed, if it is withheld */
async function removed({ context, copy }: CopyToReplace, where: string): Promise<ReplacedCopy["owed"]> {
  const { open, name } = copy;
  const due = await lockedUntil(open, name, fromMs(Date.now()));
  if (due !== undefined) return { where, reason: `it is locked until ${due}`, due };
  const withheld = await removeForGood(context.config, open, name);
  return withheld.length === 0 ? undefined : { where, ...reasonOf(withheld) };
}

const reasonOf = ([first, ...others]: readonly Withheld[]) => ({
  reason: `the place does not let go of ${first?.object}${others.length === 0 ? "" : ` and ${others.length} more`}: ${first?.reason}`,
});
