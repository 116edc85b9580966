/** A proof: what a snapshot has become is looked through as it was before, but for what it has in common with that. What could be erased and is still there is owed. */

import type { SubjectOutcome } from "../retention/subjects/requests/request.ts";
import { blotting } from "../retention/subjects/spellings.ts";
import { snapshotName } from "../snapshot/format/name.ts";
import { fromMs, toRfc3339 } from "../units/range.ts";
import { lookEverywhere } from "./everywhere.ts";
import type { PlacesGiven } from "./snapshots/places.ts";
import type { FoundInKept, FoundPart, ReadSnapshot, Search } from "./subject-found.ts";
import { findInKept } from "./subject-in-kept.ts";
import { keptParts } from "./subject-parts.ts";
import type { ReplacedSnapshot } from "./successors.ts";
import type { TaskContext } from "./task/task.ts";

interface Proving {
  readonly search: Pick<Search, "stays">;
  readonly subject: string;
  readonly given: PlacesGiven;
  /** Checksums of blocks that are known to hold none of it. */
  readonly clean: ReadonlySet<string>;
}

/** An outcome for all that is left of it there. */
export async function stillThere(
  context: TaskContext,
  { one }: FoundInKept,
  replaced: ReplacedSnapshot,
  { subject, search, given, clean }: Proving,
): Promise<SubjectOutcome[]> {
  const now = await readAgain(context, one, replaced, given);
  if (now === undefined) return [];
  const seen = await findInKept(context, now, subject, { isRead: ({ block }) => !clean.has(block.sha256) });
  return keptParts(seen, { blot: blotting(subject), stays: search.stays }).map(leftOutcome);
}

/** One that is only in places is read there: where its successor was made, nothing stays. */
async function readAgain(
  context: TaskContext,
  one: ReadSnapshot,
  { snapshot }: ReplacedSnapshot,
  given: PlacesGiven,
): Promise<ReadSnapshot | undefined> {
  if (snapshot === undefined) return undefined;
  const { sha256 } = snapshot.manifest;
  const name = snapshotName(snapshot.path);
  const copies = one.copies.map((copy) => ({ ...copy, name, manifest: sha256 }));
  if (one.isHere) return { ...one, name, sha256, kept: snapshot, copies };
  const { snapshots } = await lookEverywhere(context, given);
  const there = snapshots.find((other) => other.sha256 === sha256);
  return there?.kept === undefined ? undefined : { ...there, kept: there.kept };
}

function leftOutcome({
  source,
  name,
  backend,
  count,
  unit,
  where,
  stays,
  isHeld,
}: FoundPart): SubjectOutcome {
  const told = { source, name: backend === undefined ? name : `${name} ${backend}`, unit, count };
  const at = toRfc3339(fromMs(Date.now()));
  return stays === undefined
    ? { ...told, state: "owed", at, reason: `it is still in ${where}` }
    : { ...told, state: isHeld ? "owed" : "impossible", at, reason: stays };
}
