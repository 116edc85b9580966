import { sleep } from "../../units/sleep.ts";
import { endOf } from "../format/lines.ts";
import type { TrailLine } from "../format/trail-line.ts";
import { newestSeq, trailLinesBackward } from "../journal/segments.ts";
import { type Filter, type Match, newestOf } from "./query.ts";

/** How often to look at the trail, because network and container file systems do not notify. ms */
const LOOK_EVERY_MS = 250;

/**
 * Matching events as they are appended from now on, until the signal is aborted.
 * @throws TrailError when the trail cannot be read
 */
export async function* follow(file: string, filter: Filter, signal: AbortSignal): AsyncGenerator<Match> {
  let last = newestSeq(file);
  let seen = sizeOf(file);
  while (!signal.aborted) {
    const size = sizeOf(file);
    if (size !== seen) {
      const after = last;
      const fresh = linesAfter(file, after, (seq) => (last = Math.max(last, seq)));
      yield* newestOf(fresh, { ...filter, limit: Number.POSITIVE_INFINITY }).matches;
    }
    seen = size;
    await sleep(LOOK_EVERY_MS, signal).catch(() => {});
  }
}

function* linesAfter(file: string, after: number, onSeq: (seq: number) => void): Generator<TrailLine> {
  for (const line of trailLinesBackward(file)) {
    if (line.seq <= after) return;
    if (Number.isFinite(line.seq)) onSeq(line.seq);
    yield line;
  }
}

function sizeOf(file: string): string {
  const end = endOf(file);
  return end === undefined ? "" : `${end.dev} ${end.ino} ${end.size}`;
}
