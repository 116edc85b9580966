/** Reading a file of lines from its beginning, block by block, so that its size does not matter. */
import { readOwnSync } from "../../storage/own-file.ts";
import { type OwnReader, openOwnReader } from "../../storage/own-reader.ts";
import { unpackFrame } from "../../storage/zstd.ts";
import { LineError } from "../format/chain.ts";
import { cannot } from "../format/error.ts";
import { SEGMENT_BYTES_MAX } from "../format/limits.ts";
import { release, requireLine } from "../format/lines.ts";
import { createLine, type MovingLine } from "../format/trail-line.ts";

const NEWLINE = 0x0a;
const BLOCK_BYTES = 1024 * 1024;

/**
 * Cuts blocks into lines, numbered from 1. One line object is reused for all of them.
 * @param blocks whole lines each, without the last newline
 */
export function* cutLines(blocks: Iterable<Buffer>): Generator<MovingLine> {
  const line = createLine();
  let number = 0;
  for (const block of blocks) {
    for (let start = 0; start <= block.length; start = line.end + 1) {
      const newline = block.indexOf(NEWLINE, start);
      number += 1;
      yield line.moveTo(block, start, newline < 0 ? block.length : newline, number);
    }
  }
}

/** The whole lines of a plain file. @throws TrailError when it cannot be read */
export const linesForward = (path: string): Generator<MovingLine> => cutLines(blocksInFile(path));

/** The whole lines of a file compressed with zstd. @throws TrailError when it is not whole */
export function* compressedLinesForward(path: string): Generator<MovingLine> {
  yield* cutLines(blocksIn(decompressed(path)));
}

/** Like {@link blocksOf}, for a file by its name. @throws TrailError when it cannot be read */
export function* blocksInFile(path: string): Generator<Buffer> {
  using file = openForReading(path);
  yield* blocksOf(file, path);
}

/** The whole lines in these bytes, as one block or none. The bytes are freed after it. */
export function* blocksIn(bytes: Buffer): Generator<Buffer> {
  const last = bytes.lastIndexOf(NEWLINE);
  try {
    if (last >= 0) yield bytes.subarray(0, last);
  } finally {
    release(bytes);
  }
}

/** All of a file compressed with zstd. @param onBytes receives the compressed bytes @throws TrailError when it is not whole */
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

/** Opens a file, which the caller closes. @throws TrailError */
export function openForReading(path: string): OwnReader {
  try {
    return openOwnReader(path);
  } catch (cause) {
    throw cannot("read", path, cause);
  }
}

/**
 * Blocks of an open file that end where a line ends, without its newline. Each overwrites the one before. A line that is cut
 * at the end of one read is read again with the next.
 * @param path for error messages @param end only the bytes before this @throws TrailError
 */
export function* blocksOf(file: OwnReader, path: string, end = Number.POSITIVE_INFINITY): Generator<Buffer> {
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

function readAt(file: OwnReader, path: string, block: Buffer, length: number, offset: number): number {
  try {
    return file.read(block, offset, length);
  } catch (cause) {
    throw cannot("read", path, cause);
  }
}

/** Strict, because a changed byte must not become the replacement character, which may have been there before. */
const STRICT = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** The text of one line that is to be proved. @throws LineError when it is not UTF-8 */
export function decodedLine(bytes: Buffer, start: number, end: number): string {
  try {
    return STRICT.decode(bytes.subarray(start, end));
  } catch {
    throw new LineError("it is not UTF-8");
  }
}
