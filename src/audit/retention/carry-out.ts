/**
 * Carries out a plan: closed files are replaced by one event, in the trail and in the home copy.
 */
import { basename, join } from "node:path";
import { isThere } from "../../storage/entries.ts";
import { readOwnSync } from "../../storage/own-file.ts";
import { removeFile } from "../../storage/unsynced.ts";
import { messageOf } from "../../units/message-of.ts";
import { TrailError } from "../format/error.ts";
import type { Did, Ending, RecordEnd } from "../format/event.ts";
import { SEGMENT_BYTES_MAX } from "../format/limits.ts";
import { makeDirectory, writeDurably } from "../journal/durable.ts";
import { lockOf } from "../journal/journal.ts";
import { withTrailLock } from "../journal/lock.ts";
import { forgetInHome } from "./home-copy.ts";
import { removeOldKept, writeKept } from "./kept-file.ts";
import { type Doomed, doomedOf, type PrunedRange, segmentHash, type TrailPrunePlan } from "./plan.ts";

/** Where a prune archives what it removes, and the home that it also removes from. */
export interface PrunePlaces {
  /** A directory for the removed files. */
  readonly archive: string;
  /** `~/.contextcore` */
  readonly home: string;
}

/** How a prune records what it does. */
interface Recording {
  readonly did: Did;
  readonly recordEnd: RecordEnd;
}

/**
 * Copies the files to the archive and reads them back, writes the events that are kept, records all that, and only then
 * removes: first from the home copy, and the files last, so that the next prune finishes one that was stopped anywhere.
 * @returns what was recorded
 * @throws LeftoverError when the prune is recorded but not everything could be removed
 * @throws TrailError when nothing was removed
 */
export function carryOutPrune(
  plan: TrailPrunePlan,
  { archive, home }: PrunePlaces,
  { did, recordEnd }: Recording,
): Promise<Ending> {
  const { file, kept, range } = plan;
  const doomed = doomedOf(plan);
  return withTrailLock(`${lockOf(file)}.prune`, async () => {
    for (const one of doomed) archiveSegment(one, archive);
    const keptFile = writeKept(file, kept);
    const details = { ...(range && detailsOf(range)), ...keptFile, archive };
    await recordEnd({ outcome: "success", details });
    try {
      await forgetInHome(home, plan);
      for (const { segment } of doomed) removeFile(segment.path);
      removeOldKept(file, keptFile.kept_file);
    } catch (cause) {
      const left = doomed.map(({ segment }) => segment.path).filter((path) => isThere(path));
      did({ left: left.map((path) => basename(path)) });
      throw new LeftoverError(cause);
    }
    return { outcome: "success", details };
  });
}

/** The prune is recorded, but some of what it should remove is still there. */
export class LeftoverError extends Error {
  override readonly name = "LeftoverError";
  readonly hint = "Fix that and run `contextcore audit prune` again to remove the rest.";

  constructor(cause: unknown) {
    super(`not all that was pruned could be removed: ${messageOf(cause)}`, { cause });
  }
}

const detailsOf = (range: PrunedRange) => ({
  events: range.events,
  first_seq: range.firstSeq,
  last_seq: range.lastSeq,
  first_hash: range.firstHash,
  last_hash: range.lastHash,
});

function archiveSegment({ segment: { path }, sha256 }: Doomed, archive: string): void {
  makeDirectory(archive);
  const copy = join(archive, basename(path));
  const bytes = readOwnSync(path, SEGMENT_BYTES_MAX);
  if (segmentHash(bytes) !== sha256)
    throw new TrailError(`${path} has changed since the plan was made; nothing was removed`, {
      hint: "`contextcore audit verify` shows whether it still holds what was recorded.",
    });
  writeDurably(copy, bytes, { ifAbsent: true });
  if (!readOwnSync(copy, SEGMENT_BYTES_MAX).equals(bytes)) {
    throw new TrailError(`${copy} differs from ${path}`, {
      hint: "Choose another archive directory, or move that file away.",
    });
  }
}
