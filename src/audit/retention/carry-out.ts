/**
 * Carrying a plan out: closed files give way to one event that stands for them, in the trail and in the home copy.
 */
import { existsSync, rmSync } from "node:fs";
import { basename, join } from "node:path";
import { readOwnSync } from "../../storage/own-file.ts";
import { messageOf } from "../../units/message-of.ts";
import { TrailError } from "../format/error.ts";
import type { Ending, Trail } from "../format/event.ts";
import { SEGMENT_BYTES_MAX } from "../format/limits.ts";
import { makeDirectory, writeDurably } from "../journal/durable.ts";
import { lockOf } from "../journal/journal.ts";
import { withLock } from "../journal/lock.ts";
import type { Segment } from "../journal/segments.ts";
import { startOf } from "../record.ts";
import { forgetInHome } from "./home-copy.ts";
import { removeOldKept, writeKept } from "./kept-file.ts";
import type { PrunedRange, PrunePlan } from "./plan.ts";

/** Where a prune puts what it takes away, and where it takes from besides the trail. */
export interface PrunePlaces {
  /** A directory; the files go into it. */
  readonly archive: string;
  /** `~/.contextcore` */
  readonly home: string;
}

/**
 * Copies the files to the archive and reads them back, writes down what is kept, records it, and only then removes: first
 * from the home copy, last the files, so that a prune that was stopped anywhere is done again by the next one.
 * @throws LeftoverError when the event stands for them and not all could be removed
 * @throws TrailError when nothing was removed
 */
export async function carryOutPrune(
  plan: PrunePlan,
  trail: Trail,
  { archive, home }: PrunePlaces,
): Promise<void> {
  const { file, segments, kept, range } = plan;
  if (range === undefined) return;
  const doomed = segments.filter(({ stays }) => stays === undefined).map(({ segment }) => segment);
  await withLock(`${lockOf(file)}.prune`, async () => {
    const { id: ref } = await trail.append(startOf({ operation: "audit_prune", details: { archive } }));
    const ended = (outcome: "success" | "partial" | "failed", details: NonNullable<Ending["details"]>) =>
      trail.append({ operation: "audit_prune", outcome, ref, details });
    const keptFile = await archived(doomed, archive, () => writeKept(file, kept)).catch(async (error) => {
      await ended("failed", { error: messageOf(error) });
      throw error;
    });
    await ended("success", { ...detailsOf(range), ...keptFile, archive });
    try {
      await forgetInHome(home, plan);
      for (const { path } of doomed) rmSync(path);
      removeOldKept(file, keptFile.kept_file);
    } catch (cause) {
      const left = doomed.map(({ path }) => path).filter((path) => existsSync(path));
      await ended("partial", { error: messageOf(cause), left: left.map((path) => basename(path)) });
      throw new LeftoverError(cause);
    }
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

/** All of it on the disk twice, and the kept events written down. */
async function archived<Result>(
  doomed: readonly Segment[],
  archive: string,
  writeDown: () => Result,
): Promise<Result> {
  for (const segment of doomed) archiveSegment(segment, archive);
  return writeDown();
}

const detailsOf = (range: PrunedRange) => ({
  events: range.events,
  first_seq: range.firstSeq,
  last_seq: range.lastSeq,
  first_hash: range.firstHash,
  last_hash: range.lastHash,
});

function archiveSegment({ path }: Segment, archive: string): void {
  makeDirectory(archive);
  const copy = join(archive, basename(path));
  const bytes = readOwnSync(path, SEGMENT_BYTES_MAX);
  if (!existsSync(copy)) writeDurably(copy, bytes);
  if (!readOwnSync(copy, SEGMENT_BYTES_MAX).equals(bytes)) {
    throw new TrailError(`${copy} is not what ${path} is`, {
      hint: "Choose another archive directory, or move that file away.",
    });
  }
}
