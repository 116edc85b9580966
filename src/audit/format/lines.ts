/** Reading a file of lines from its end, without reading the rest. */
import { type OwnReader, openOwnReader } from "../../storage/own-reader.ts";
import { UnsafeFileError } from "../../storage/unsafe-file.ts";
import { isMissing } from "../../units/system-refusal.ts";
import { cannot } from "./error.ts";
import { LINE_BYTES_MAX } from "./limits.ts";
import { createLine, type TrailLine } from "./trail-line.ts";

const NEWLINE = 0x0a;

/** Chunks start small and grow, because usually only the newest line is wanted. */
const CHUNK_BYTES_MIN = 4 * 1024;
const CHUNK_BYTES_MAX = 1024 * 1024;

/** Where a file ends, bytes, and which file it is. */
export interface FileEnd {
  readonly size: number;
  readonly dev: number;
  readonly ino: number;
  /** Bytes after the last newline: a line whose writer died, or is still writing. */
  readonly torn: number;
}

/** Where a file ends; `undefined` when there is none. @throws TrailError when it cannot be read */
export function endOf(path: string): FileEnd | undefined {
  return withReader(path, (file) => {
    const { size, dev, ino } = file;
    let torn = 0;
    for (const { bytes } of chunksBackward(path, file)) {
      const last = bytes.lastIndexOf(NEWLINE);
      torn += bytes.length - 1 - last;
      requireLine(path, torn);
      if (last >= 0) break;
    }
    return { size, dev, ino, torn };
  });
}

/** What follows the last newline of a file. @throws TrailError when it cannot be read */
export const tornOf = (path: string, { size, torn }: Pick<FileEnd, "size" | "torn">): Buffer =>
  withReader(path, (file) => {
    const bytes = Buffer.allocUnsafe(torn);
    return bytes.subarray(0, readAt(path, file, bytes, size - torn));
  }) ?? Buffer.alloc(0);

/** The first few thousand characters of a file. @throws TrailError when it cannot be read */
export function beginningOf(path: string): string | undefined {
  return withReader(path, (file) => {
    const bytes = Buffer.allocUnsafe(CHUNK_BYTES_MIN);
    return bytes.toString("utf8", 0, readAt(path, file, bytes, 0));
  });
}

/** The whole lines of a file, newest first. A torn last line is left out. @throws TrailError when it cannot be read */
export function* linesBackward(path: string): Generator<TrailLine> {
  using file = openOptional(path);
  if (file !== undefined) yield* splitBackward(path, file);
}

/** The whole lines in these bytes, last first; what follows the last newline is left out. */
export function* linesInBackward(bytes: Buffer): Generator<TrailLine> {
  const line = createLine();
  for (let end = bytes.lastIndexOf(NEWLINE); end >= 0; ) {
    const newline = end === 0 ? -1 : bytes.lastIndexOf(NEWLINE, end - 1);
    yield line.moveTo(bytes, newline + 1, end);
    end = newline;
  }
}

/** Frees the memory of bytes that are no longer used. Closed files are big, and the garbage collector is in no hurry. */
export function release({ buffer, byteLength }: Buffer): void {
  const isAlone = byteLength > 65_536 && byteLength === buffer.byteLength; // small ones share their memory
  if (isAlone && buffer instanceof ArrayBuffer) buffer.transfer(0);
}

/** `rest` is the end of a line that starts in an earlier chunk; nothing after the last newline is yielded. */
function* splitBackward(path: string, file: OwnReader): Generator<TrailLine> {
  const line = createLine();
  const joined = (parts: readonly Buffer[]): TrailLine => {
    const bytes = Buffer.concat(parts);
    return line.moveTo(bytes, 0, bytes.length);
  };
  let rest: Buffer[] | undefined;
  let open = 0; // bytes so far of the line whose beginning is still to be found
  for (const { bytes, offset } of chunksBackward(path, file)) {
    let end = bytes.length;
    open += bytes.length;
    for (
      let at = bytes.lastIndexOf(NEWLINE);
      at >= 0;
      at = at === 0 ? -1 : bytes.lastIndexOf(NEWLINE, at - 1)
    ) {
      if (rest?.length === 0) yield line.moveTo(bytes, at + 1, end);
      else if (rest !== undefined) yield joined([bytes.subarray(at + 1, end), ...rest]);
      rest = [];
      end = at;
      open = at;
    }
    requireLine(path, open);
    if (rest !== undefined) rest = [bytes.subarray(0, end), ...rest];
    if (offset === 0 && rest !== undefined) yield joined(rest);
  }
}

/** @throws TrailError for a line longer than any of ours, because it would fill the memory */
export function requireLine(path: string, bytes: number): void {
  if (bytes > LINE_BYTES_MAX)
    throw cannot("read", path, new UnsafeFileError(path, `has a line of more than ${LINE_BYTES_MAX} bytes`));
}

function* chunksBackward(path: string, file: OwnReader): Generator<{ bytes: Buffer; offset: number }> {
  let length = CHUNK_BYTES_MIN;
  for (let end = file.size; end > 0; length = Math.min(length * 4, CHUNK_BYTES_MAX)) {
    const offset = Math.max(0, end - length);
    const bytes = Buffer.allocUnsafe(end - offset);
    yield { bytes: bytes.subarray(0, readAt(path, file, bytes, offset)), offset };
    end = offset;
  }
}

function readAt(path: string, file: OwnReader, bytes: Buffer, offset: number): number {
  try {
    return file.read(bytes, offset);
  } catch (cause) {
    throw cannot("read", path, cause);
  }
}

function withReader<Result>(path: string, work: (file: OwnReader) => Result): Result | undefined {
  using file = openOptional(path);
  return file && work(file);
}

function openOptional(path: string): OwnReader | undefined {
  try {
    return openOwnReader(path);
  } catch (cause) {
    if (isMissing(cause)) return undefined;
    throw cannot("read", path, cause);
  }
}
