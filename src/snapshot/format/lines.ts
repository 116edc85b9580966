import type { Storage, StoredFile } from "../../storage/storage.ts";
import { SnapshotError } from "./errors.ts";

const CHUNK_BYTES = 1 << 20;
const NEWLINE = 10;

/** One line of a file, with its place. */
export interface Line {
  /** Without its newline; a view that is valid until the next line is requested. */
  readonly bytes: Uint8Array;
  /** Where the next line starts in the file. */
  readonly end: number;
  /** False for an unfinished line after the last newline. */
  readonly whole: boolean;
}

/**
 * The lines of a file, one after another. Needs about as much memory as the longest line.
 * @param most size limit of a line, bytes
 * @throws SnapshotError for a longer line, before it is in memory; what opening the file throws
 */
export async function* fileLines(files: Storage, name: string, most: number): AsyncGenerator<Line> {
  const file = await files.open(name);
  try {
    let buffer = Buffer.allocUnsafe(CHUNK_BYTES);
    for (let start = 0; ; ) {
      const text = await filled(file, buffer, start);
      let from = 0;
      for (let to = text.indexOf(NEWLINE); to !== -1; to = text.indexOf(NEWLINE, from)) {
        yield { bytes: text.subarray(from, to), end: start + to + 1, whole: true };
        from = to + 1;
      }
      if (text.length < buffer.length) {
        if (from < text.length) yield { bytes: text.subarray(from), end: -1, whole: false };
        return;
      }
      start += from;
      const room = from > 0 ? CHUNK_BYTES : await lengthOfLine(file, start, most);
      if (room !== buffer.length) buffer = Buffer.allocUnsafe(room);
    }
  } finally {
    await file.close();
  }
}

/** Reads from `start` until the buffer is full or the file ends. */
const filled = async (file: StoredFile, buffer: Buffer, start: number): Promise<Buffer> =>
  buffer.subarray(0, await file.read(buffer, start));

/** The length of the line at `start`, up to and including its newline, or to the file's end. @throws SnapshotError */
async function lengthOfLine(file: StoredFile, start: number, most: number): Promise<number> {
  const chunk = Buffer.allocUnsafe(CHUNK_BYTES);
  for (let length = 0; length <= most; ) {
    const text = await filled(file, chunk, start + length);
    const newline = text.indexOf(NEWLINE);
    if (newline !== -1 || text.length < chunk.length)
      return length + (newline === -1 ? text.length : newline) + 1;
    length += text.length;
  }
  throw new SnapshotError(`the line at byte ${start} is longer than the limit of ${most} bytes`);
}

/** The lines of a block's bytes, each without its newline. What follows the last newline is yielded, too; the caller judges it. */
export function* linesOf(bytes: Uint8Array): Generator<Uint8Array> {
  let from = 0;
  for (let to = bytes.indexOf(NEWLINE); to !== -1; to = bytes.indexOf(NEWLINE, from)) {
    yield bytes.subarray(from, to);
    from = to + 1;
  }
  if (from < bytes.length) yield bytes.subarray(from);
}

/** After parsing this much there is much garbage: ten times as much as text. */
const PARSED_BYTES = 1 << 20;

/** {@link linesOf} for a caller that parses each line without a pause. @param relieve called after every MiB of lines, and may collect */
export function* linesToParse(bytes: Uint8Array, relieve: () => void): Generator<Uint8Array> {
  let unrelieved = 0;
  for (const line of linesOf(bytes)) {
    yield line;
    unrelieved += line.length;
    if (unrelieved < PARSED_BYTES) continue;
    unrelieved = 0;
    relieve();
  }
}

/** How many newlines there are. */
export function countLines(bytes: Uint8Array): number {
  let lines = 0;
  for (let at = bytes.indexOf(NEWLINE); at !== -1; at = bytes.indexOf(NEWLINE, at + 1)) lines += 1;
  return lines;
}
