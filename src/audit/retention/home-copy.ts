/** Removes from the home copy, which holds the events of all projects, what a prune removes from a trail. */
import { removeFile } from "../../storage/unsynced.ts";
import { SEGMENT_BYTES_MAX } from "../format/limits.ts";
import { lineOf, type TrailLine } from "../format/trail-line.ts";
import { PRIVATE, readIfThere, writeDurably } from "../journal/durable.ts";
import { cutLines, decompressed } from "../journal/forward.ts";
import { copyLog, withHomeLock } from "../journal/home.ts";
import { compressed } from "../journal/rotate.ts";
import { closedSegments, segmentLines } from "../journal/segments.ts";
import { collectHashes, type Hashes } from "../verify/hashes.ts";
import { keptLines } from "./kept-file.ts";
import type { TrailPrunePlan } from "./plan.ts";

/**
 * Removes from every file of the home copy the lines of the pruned files, and of earlier kept events that are no longer
 * kept. What the plan keeps stays. A file that becomes empty is removed.
 * @param home `~/.contextcore` @throws TrailError when a file cannot be read or written; what was done stays done
 */
export async function forgetInHome(home: string, plan: TrailPrunePlan): Promise<void> {
  const doomed = hashesOf(plan);
  const keptSeqs = new Set(plan.kept.map((text) => lineOf(text).seq));
  const log = copyLog(home);
  await withHomeLock(log, async () => {
    for (const { path, compressed: packed } of [...closedSegments(log), { path: log, compressed: false }]) {
      const bytes = packed ? decompressed(path) : (readIfThere(path, SEGMENT_BYTES_MAX) ?? Buffer.alloc(0));
      const rest = without(bytes, doomed, keptSeqs);
      if (rest === undefined) continue;
      if (rest.length === 0) removeFile(path);
      else writeDurably(path, packed ? compressed(rest) : rest, PRIVATE);
    }
  });
}

/** The hashes of the lines in the pruned files, and of those that earlier prunes kept. */
function hashesOf({ file, segments }: TrailPrunePlan): Hashes {
  const hashes = collectHashes();
  const add = ({ seq, hash }: TrailLine): void => hashes.add(seq, hash);
  for (const text of keptLines(file)) add(lineOf(text));
  for (const { segment, stays } of segments)
    if (stays === undefined) for (const line of segmentLines(segment)) add(line);
  return hashes;
}

/** The bytes without the doomed lines; `undefined` when they contain none. */
function without(bytes: Buffer, doomed: Hashes, kept: ReadonlySet<number>): Buffer | undefined {
  const pieces: Buffer[] = [];
  let from = 0; // where the text after the last removed line begins
  for (const line of cutLines([bytes])) {
    if (kept.has(line.seq) || !doomed.has(line)) continue;
    pieces.push(bytes.subarray(from, line.start));
    from = line.end + 1;
  }
  return from === 0 ? undefined : Buffer.concat([...pieces, bytes.subarray(from)]);
}
