import { sleep } from "../../units/sleep.ts";
import { endOf } from "../format/lines.ts";
import { seqOf, trailLinesBackward } from "../journal/segments.ts";
import { type Filter, type Match, newestOf } from "./query.ts";

/** How often the trail is looked at; file notifications are missing on network and container file systems. ms */
const LOOK_EVERY_MS = 250;

/**
 * Events that fit, as they are appended from now on, until the signal ends it.
 * @throws TrailError when the trail cannot be read
 */
export async function* follow(file: string, filter: Filter, signal: AbortSignal): AsyncGenerator<Match> {
  let last = newestSeq(file);
  let seen = sizeOf(file);
  while (!signal.aborted) {
    const size = sizeOf(file);
    if (size !== seen) {
      const fresh = [...linesAfter(file, last)];
      yield* newestOf(fresh, { ...filter, limit: fresh.length }).matches;
      if (fresh[0] !== undefined) last = seqOf(fresh[0]);
    }
    seen = size;
    await sleep(LOOK_EVERY_MS, signal).catch(() => {});
  }
}

function* linesAfter(file: string, seq: number): Generator<string> {
  for (const line of trailLinesBackward(file)) {
    if (seqOf(line) <= seq) return;
    yield line;
  }
}

function newestSeq(file: string): number {
  for (const line of trailLinesBackward(file)) {
    const seq = seqOf(line);
    if (Number.isFinite(seq)) return seq;
  }
  return 0;
}

function sizeOf(file: string): string {
  const end = endOf(file);
  return end === undefined ? "" : `${end.dev} ${end.ino} ${end.size}`;
}
