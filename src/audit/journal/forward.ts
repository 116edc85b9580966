/** Reading a file of lines from its beginning, block by block, so that its size does not matter. */
import { closeSync, openSync, readFileSync, readSync } from "node:fs";
import { cannot } from "../format/error.ts";

const NEWLINE = 0x0a;
const BLOCK_BYTES = 1024 * 1024;

/** A line and its number in its file, from 1. `text` is absent where the bytes are not UTF-8. */
export interface NumberedLine {
  readonly number: number;
  readonly text: string | undefined;
}

/** The whole lines of a plain file. @param end only the bytes before this @throws TrailError when it cannot be read */
export function* linesForward(path: string, end = Number.POSITIVE_INFINITY): Generator<NumberedLine> {
  yield* numbered(wholeLines(path, end));
}

/** The whole lines of a file compressed with zstd. @throws TrailError when it is not whole */
export function* compressedLinesForward(path: string): Generator<NumberedLine> {
  const bytes = decompressed(path);
  const last = bytes.lastIndexOf(NEWLINE);
  if (last >= 0) yield* numbered([bytes.subarray(0, last)]);
}

/** A file compressed with zstd, whole. @throws TrailError when it is not */
export function decompressed(path: string): Buffer {
  try {
    return Bun.zstdDecompressSync(readFileSync(path));
  } catch (cause) {
    throw cannot("read", path, cause);
  }
}

/** Blocks that end where a line ends, without its newline. A line that a block cuts is read again with the next. */
function* wholeLines(path: string, end: number): Generator<Buffer> {
  const file = openSync(path, "r");
  try {
    for (let offset = 0, length = BLOCK_BYTES; offset < end; ) {
      const block = Buffer.allocUnsafe(Math.min(length, end - offset));
      const read = readSync(file, block, 0, block.length, offset);
      const last = block.subarray(0, read).lastIndexOf(NEWLINE);
      if (last >= 0) yield block.subarray(0, last);
      else if (read < length) return;
      offset += last + 1;
      length = last >= 0 ? BLOCK_BYTES : length * 2;
    }
  } catch (cause) {
    throw cannot("read", path, cause);
  } finally {
    closeSync(file);
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

function eachDecoded(block: Buffer): (string | undefined)[] {
  const texts: (string | undefined)[] = [];
  for (let start = 0; start <= block.length; ) {
    const newline = block.indexOf(NEWLINE, start);
    const end = newline < 0 ? block.length : newline;
    texts.push(decoded(block.subarray(start, end)));
    start = end + 1;
  }
  return texts;
}
