/** Reading a file of lines from its beginning, block by block, so that its size does not matter. */
import { closeSync, readSync } from "node:fs";
import { openOwnSync, readOwnSync } from "../../storage/own-file.ts";
import { unpackFrame } from "../../storage/zstd.ts";
import { LineError } from "../format/chain.ts";
import { cannot } from "../format/error.ts";
import { SEGMENT_BYTES_MAX } from "../format/limits.ts";
import { type LineBytes, release, requireLine } from "../format/lines.ts";

const NEWLINE = 0x0a;
const BLOCK_BYTES = 1024 * 1024;

/** A line as bytes, and its number in its file, from 1. */
export interface NumberedBytes extends LineBytes {
  number: number;
}

/**
 * Cuts blocks of whole lines into lines. One object and, where the blocks share one, one buffer serve for all of them.
 * @param blocks each ends where a line ends, without its newline
 */
export function* cutLines(blocks: Iterable<Buffer>): Generator<Readonly<NumberedBytes>> {
  const line: NumberedBytes = { number: 0, bytes: Buffer.alloc(0), start: 0, end: 0 };
  for (const block of blocks) {
    line.bytes = block;
    for (let start = 0; start <= block.length; start = line.end + 1) {
      const newline = block.indexOf(NEWLINE, start);
      line.number += 1;
      line.start = start;
      line.end = newline < 0 ? block.length : newline;
      yield line;
    }
  }
}

/** A line and its number in its file, from 1. `text` is absent where the bytes are not UTF-8. */
export interface NumberedLine {
  readonly number: number;
  readonly text: string | undefined;
}

/** The whole lines of a plain file. @throws TrailError when it cannot be read */
export function* linesForward(path: string): Generator<NumberedLine> {
  const file = openForReading(path);
  try {
    yield* numbered(blocksOf(file, path));
  } finally {
    closeSync(file);
  }
}

/** The whole lines of a file compressed with zstd. @throws TrailError when it is not whole */
export function* compressedLinesForward(path: string): Generator<NumberedLine> {
  yield* numbered(blocksIn(decompressed(path)));
}

/** The whole lines in these bytes, as one block or none; the bytes are released with it. */
export function* blocksIn(bytes: Buffer): Generator<Buffer> {
  const last = bytes.lastIndexOf(NEWLINE);
  try {
    if (last >= 0) yield bytes.subarray(0, last);
  } finally {
    release(bytes);
  }
}

/** A file compressed with zstd, whole. @param onBytes gets it as it is @throws TrailError when it is not whole */
export function decompressed(path: string, onBytes?: (bytes: Buffer) => void): Buffer {
  try {
    const bytes = readOwnSync(path, SEGMENT_BYTES_MAX);
    onBytes?.(bytes);
    const content = unpackFrame(bytes, SEGMENT_BYTES_MAX);
    release(bytes);
    return content;
  } catch (cause) {
    throw cannot("read", path, cause);
  }
}

/** A handle on a file, which the caller closes. @throws TrailError */
export function openForReading(path: string): number {
  try {
    return openOwnSync(path, "read");
  } catch (cause) {
    throw cannot("read", path, cause);
  }
}

/**
 * Blocks of an open file that end where a line ends, without its newline; each is written over by the next. A line that
 * a block cuts is read again with the next.
 * @param path for the message of an error @param end only the bytes before this @throws TrailError
 */
export function* blocksOf(file: number, path: string, end = Number.POSITIVE_INFINITY): Generator<Buffer> {
  let block = Buffer.allocUnsafe(BLOCK_BYTES);
  for (let offset = 0; offset < end; ) {
    const wanted = Math.min(block.length, end - offset);
    const read = readAt(file, path, block, wanted, offset);
    const last = block.subarray(0, read).lastIndexOf(NEWLINE);
    if (last >= 0) yield block.subarray(0, last);
    else if (read < block.length) return;
    else {
      requireLine(path, block.length);
      block = Buffer.allocUnsafe(block.length * 2);
    }
    offset += last + 1;
  }
}

function readAt(file: number, path: string, block: Buffer, length: number, offset: number): number {
  try {
    return readSync(file, block, 0, length, offset);
  } catch (cause) {
    throw cannot("read", path, cause);
  }
}

/** Decodes many lines at once; only where that fails is each looked at. */
function* numbered(blocks: Iterable<Buffer>): Generator<NumberedLine> {
  let number = 0;
  for (const block of blocks) {
    const texts = decoded(block)?.split("\n") ?? eachDecoded(block);
    for (const text of texts) {
      number += 1;
      yield { number, text };
    }
  }
}

/** Strict: a byte that was changed must not turn into a replacement character that may have stood there before. */
const STRICT = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

function decoded(bytes: Buffer): string | undefined {
  try {
    return STRICT.decode(bytes);
  } catch {
    return undefined; // the caller says which line it is
  }
}

const eachDecoded = (block: Buffer): (string | undefined)[] =>
  Array.from(cutLines([block]), ({ bytes, start, end }) => decoded(bytes.subarray(start, end)));

/** The text of one line. @throws LineError when it is not UTF-8 */
export function decodedLine(bytes: Buffer, start: number, end: number): string {
  const text = decoded(bytes.subarray(start, end));
  if (text === undefined) throw new LineError("it is not UTF-8");
  return text;
}
