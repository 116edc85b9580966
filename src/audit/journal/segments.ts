/**
 * The files of one trail: closed segments, named after the first and last event in them, and the file that is written
 * to. One chain runs through all of them.
 */
import { existsSync, readdirSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { requireOwnDirectories } from "../../storage/own-file.ts";
import { isMissing } from "../../storage/refusal.ts";
import { cannot } from "../format/error.ts";
import {
  type LineBytes,
  lineBytesBackward,
  linesBackward,
  linesInBackward,
  release,
  textIn,
} from "../format/lines.ts";
import { compressedLinesForward, decompressed, linesForward, type NumberedLine } from "./forward.ts";

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
 * The closed segments of the trail that is written to at `file`, oldest first.
 * @throws TrailError when its directory cannot be read
 */
export function closedSegments(file: string): readonly Segment[] {
  const { stem, extension } = partsOf(file);
  const found = new Map<number, Segment>();
  for (const name of namesIn(dirname(file)).sort()) {
    const match = /^-(\d{12})-(\d{12})(.*)$/.exec(name.startsWith(stem) ? name.slice(stem.length) : "");
    const [, first, last, ending] = match ?? [];
    if (ending !== extension && ending !== `${extension}.zst`) continue;
    const segment = { first: Number(first), last: Number(last), compressed: ending !== extension };
    if (!found.has(segment.first)) found.set(segment.first, { path: join(dirname(file), name), ...segment });
  }
  return [...found.values()].sort((a, b) => a.first - b.first);
}

/**
 * The lines of a closed segment, newest first. A reader takes no lock, so it may have been compressed meanwhile.
 * @throws TrailError when it cannot be read whole
 */
function* segmentLinesBackward({ path, compressed }: Segment): Generator<Readonly<LineBytes>> {
  if (!compressed && existsSync(path)) return yield* undecoded(path);
  const bytes = decompressed(compressed ? path : `${path}.zst`);
  try {
    yield* linesInBackward(bytes);
  } finally {
    release(bytes);
  }
}

function* undecoded(path: string): Generator<LineBytes> {
  for (const bytes of lineBytesBackward(path)) yield { bytes, start: 0, end: bytes.length };
}

/**
 * Every whole line of a file and of its closed segments, newest first. The home copy's segments are only counted.
 * @throws TrailError when one of them cannot be read whole
 */
export function* allLinesBackward(file: string): Generator<Readonly<LineBytes>> {
  yield* undecoded(file);
  for (const segment of [...closedSegments(file)].reverse()) yield* segmentLinesBackward(segment);
}

/** Every whole line of the trail, newest first. @throws TrailError when a file of it cannot be read whole */
export function* trailLinesBackward(file: string): Generator<string> {
  let oldest = Number.POSITIVE_INFINITY;
  for (const line of linesBackward(file)) {
    yield line;
    oldest = Math.min(oldest, seqOf(line));
  }
  // The file may have been closed while it was read: then it is also the newest segment.
  const closed = closedSegments(file).filter(({ first }) => first < oldest);
  for (const segment of closed.reverse())
    for (const line of segmentLinesBackward(segment)) yield textIn(line);
}

/** The lines of a closed segment, oldest first. @throws TrailError when it cannot be read whole */
export const segmentLines = ({ path, compressed }: Segment): Iterable<NumberedLine> =>
  compressed ? compressedLinesForward(path) : linesForward(path);

/**
 * The files of the trail and their lines, oldest first; also those that are closed meanwhile.
 * @throws TrailError when one of them cannot be read whole
 */
export function* trailFiles(file: string): Generator<{ name: string; lines: Iterable<NumberedLine> }> {
  let read = 0;
  for (;;) {
    const next = closedSegments(file).find(({ first }) => first > read);
    if (next === undefined) break;
    yield { name: basename(next.path), lines: segmentLines(next) };
    read = next.last;
  }
  if (existsSync(file)) yield { name: basename(file), lines: linesForward(file) };
}

/**
 * Every whole line of the trail, oldest first. What is not UTF-8 is `audit verify`'s to report.
 * @throws TrailError when a file of it cannot be read whole
 */
export function* trailLines(file: string): Generator<string> {
  for (const { lines } of trailFiles(file)) {
    for (const { text } of lines) if (text !== undefined) yield text;
  }
}

/** The number of the event in a line, without reading all of it; infinite when there is none. */
export const seqOf = (line: string): number =>
  Number(/"seq":(\d+)/.exec(line)?.[1] ?? Number.POSITIVE_INFINITY);

const SEQ = Buffer.from('"seq":');

/** The same of a line that is not decoded. */
export function seqIn({ bytes, start, end }: Readonly<LineBytes>): number {
  let at = bytes.indexOf(SEQ, start) + SEQ.length;
  if (at < start + SEQ.length || at >= end) return Number.POSITIVE_INFINITY;
  let seq = 0;
  for (; at < end && isDigit(bytes[at]); at += 1) seq = seq * 10 + ((bytes[at] ?? 0) - 0x30);
  return seq;
}

const isDigit = (byte = 0): boolean => byte >= 0x30 && byte <= 0x39;

function namesIn(directory: string): string[] {
  try {
    requireOwnDirectories(directory);
    return readdirSync(directory);
  } catch (cause) {
    if (isMissing(cause)) return [];
    throw cannot("read the directory", directory, cause);
  }
}

function partsOf(file: string): { readonly stem: string; readonly extension: string } {
  const [, stem = "", extension = ""] = /^(.*?)(\.[^.]*)?$/.exec(basename(file)) ?? [];
  return { stem, extension };
}

const padded = (seq: number): string => String(seq).padStart(12, "0");
