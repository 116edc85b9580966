/**
 * Carrying a plan out: closed files give way to one event that stands for them, in the trail and in the home copy.
 */
import { existsSync, rmSync } from "node:fs";
import { basename, join } from "node:path";
import { readOwnSync } from "../../storage/own-file.ts";
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

/** Where a prune puts what it takes away, and where it takes from besides the trail. */
export interface PrunePlaces {
  /** A directory; the files go into it. */
  readonly archive: string;
  /** `~/.contextcore` */
  readonly home: string;
}

/** How a prune is recorded on its way. */
interface Recording {
  readonly did: Did;
  readonly recordEnd: RecordEnd;
}

/**
 * Copies the files to the archive and reads them back, writes down what is kept, records it, and only then removes: first
 * from the home copy, last the files, so that a prune that was stopped anywhere is done again by the next one.
 * @returns what was recorded
 * @throws LeftoverError when the event stands for them and not all could be removed
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
      for (const { segment } of doomed) rmSync(segment.path);
      removeOldKept(file, keptFile.kept_file);
    } catch (cause) {
      const left = doomed.map(({ segment }) => segment.path).filter((path) => existsSync(path));
      did({ left: left.map((path) => basename(path)) });
      throw new LeftoverError(cause);
    }
    return { outcome: "success", details };
  });
}

/** The event stands for what was pruned, and some of it is still there. */
export class LeftoverError extends Error {
  override readonly name = "LeftoverError";
  readonly hint = "Mend that, and run `contextcore audit prune` again: it ends what this one began.";

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
    throw new TrailError(`${path} has changed since the plan was made: nothing was removed`, {
      hint: "contextcore audit verify says whether it still holds what was recorded",
    });
  writeDurably(copy, bytes, { ifAbsent: true });
  if (!readOwnSync(copy, SEGMENT_BYTES_MAX).equals(bytes)) {
    throw new TrailError(`${copy} is not what ${path} is`, {
      hint: "Choose another archive directory, or move that file away.",
    });
  }
}
