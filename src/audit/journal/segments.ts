/**
 * The files of one trail: closed segments, named after their first and last event, and the current file. One chain runs
 * through all of them.
 */
import { basename, dirname, join } from "node:path";
import { entriesIn, isThere } from "../../storage/entries.ts";
import { requireOwnDirectories } from "../../storage/own-file.ts";
import { cannot } from "../format/error.ts";
import { linesBackward, linesInBackward, release } from "../format/lines.ts";
import type { MovingLine, TrailLine } from "../format/trail-line.ts";
import { compressedLinesForward, decompressed, linesForward } from "./forward.ts";

/** A closed file of a trail. */
export interface Segment {
  readonly path: string;
  /** `seq` of its first and last event. */
  readonly first: number;
  readonly last: number;
  readonly compressed: boolean;
}

/** `audit.jsonl` closed with events 1 to 500 becomes `audit-000000000001-000000000500.jsonl`, then `….jsonl.zst`. */
export function segmentPath(file: string, first: number, last: number): string {
  const { stem, extension } = partsOf(file);
  return join(dirname(file), `${stem}-${padded(first)}-${padded(last)}${extension}`);
}

/**
 * The closed segments of the trail whose current file is `file`, oldest first.
 * @throws TrailError when its directory cannot be read
 */
export function closedSegments(file: string): readonly Segment[] {
  const { stem, extension } = partsOf(file);
  const found = new Map<number, Segment>();
  for (const name of namesBeside(file)) {
    const match = /^-(\d{12})-(\d{12})(.*)$/.exec(name.startsWith(stem) ? name.slice(stem.length) : "");
    const [, first, last, ending] = match ?? [];
    if (ending !== extension && ending !== `${extension}.zst`) continue;
    const segment = { first: Number(first), last: Number(last), compressed: ending !== extension };
    if (!found.has(segment.first)) found.set(segment.first, { path: join(dirname(file), name), ...segment });
  }
  return [...found.values()].sort((a, b) => a.first - b.first);
}

/**
 * The lines of a closed segment, newest first. A reader takes no lock, so the segment may have been compressed meanwhile.
 * @throws TrailError when it cannot be read whole
 */
function* segmentLinesBackward({ path, compressed }: Segment): Generator<TrailLine> {
  if (!compressed && isThere(path)) return yield* linesBackward(path);
  const bytes = decompressed(compressed ? path : `${path}.zst`);
  try {
    yield* linesInBackward(bytes);
  } finally {
    release(bytes);
  }
}

/**
 * Every whole line of a file and of its closed segments, newest first. The home copy's segments are named by a counter only.
 * @throws TrailError when one of them cannot be read whole
 */
export function* allLinesBackward(file: string): Generator<TrailLine> {
  yield* linesBackward(file);
  for (const segment of [...closedSegments(file)].reverse()) yield* segmentLinesBackward(segment);
}

/**
 * Every whole line of the trail, newest first.
 * @param before files in which all events have this number or a higher one are not read
 * @throws TrailError when a file of it cannot be read whole
 */
export function* trailLinesBackward(file: string, before = Number.POSITIVE_INFINITY): Generator<TrailLine> {
  let oldest = Number.POSITIVE_INFINITY;
  for (const line of linesBackward(file)) {
    oldest = Math.min(oldest, line.seq);
    yield line;
  }
  // If the file was closed while it was read, it is now also the newest segment.
  const closed = closedSegments(file).filter(({ first }) => first < oldest && first < before);
  for (const segment of closed.reverse()) yield* segmentLinesBackward(segment);
}

/** The number of the newest event of the trail that has one; 0 when there is none. @throws TrailError as above */
export function newestSeq(file: string): number {
  for (const { seq } of trailLinesBackward(file)) if (Number.isFinite(seq)) return seq;
  return 0;
}

/** Whether this event is in the trail. @throws TrailError as above */
export function hasEvent(file: string, event: { readonly seq: number; readonly hash: string }): boolean {
  for (const line of trailLinesBackward(file)) {
    if (line.hasHash(event.hash)) return true;
    if (line.seq < event.seq) return false;
  }
  return false;
}

/** The lines of a closed segment, oldest first. @throws TrailError when it cannot be read whole */
export const segmentLines = ({ path, compressed }: Segment): Iterable<MovingLine> =>
  compressed ? compressedLinesForward(path) : linesForward(path);

/**
 * The files of the trail and their lines, oldest first, including files that are closed meanwhile.
 * @throws TrailError when one of them cannot be read whole
 */
export function* trailFiles(file: string): Generator<{ name: string; lines: Iterable<MovingLine> }> {
  let read = 0;
  for (;;) {
    const next = closedSegments(file).find(({ first }) => first > read);
    if (next === undefined) break;
    yield { name: basename(next.path), lines: segmentLines(next) };
    read = next.last;
  }
  if (isThere(file)) yield { name: basename(file), lines: linesForward(file) };
}

/** Every whole line of the trail, oldest first. @throws TrailError when a file of it cannot be read whole */
export function* trailLines(file: string): Generator<TrailLine> {
  for (const { lines } of trailFiles(file)) yield* lines;
}

function namesBeside(file: string): string[] {
  const directory = dirname(file);
  try {
    requireOwnDirectories(directory);
    return entriesIn(directory).map(({ name }) => name);
  } catch (cause) {
    throw cannot("read the directory", directory, cause);
  }
}

function partsOf(file: string): { readonly stem: string; readonly extension: string } {
  const [, stem = "", extension = ""] = /^(.*?)(\.[^.]*)?$/.exec(basename(file)) ?? [];
  return { stem, extension };
}

const padded = (seq: number): string => String(seq).padStart(12, "0");
