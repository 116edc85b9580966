/** Closing a file of lines that has grown enough: it gets a name of its own, and is compressed. */
import { existsSync, readFileSync, renameSync, rmSync } from "node:fs";
import { dirname } from "node:path";
import { constants, zstdCompressSync } from "node:zlib";
import { cannot, TrailError } from "../format/error.ts";
import { beginningOf, endOf } from "../format/lines.ts";
import { syncDirectory, writeDurably } from "./durable.ts";
import { closedSegments, segmentPath } from "./segments.ts";

/** A file is closed once it holds this much; some thirty thousand events. bytes */
export const ROTATE_BYTES = 16 * 1024 * 1024;

/** Whether the file is to be closed before something is added: it is big, or its first event is of another month (UTC). */
export function isRotationDue(file: string, now: number, bytesMax = ROTATE_BYTES): boolean {
  const end = endOf(file);
  if (end === undefined || end.size === 0) return false;
  if (end.size >= bytesMax) return true;
  const month = /"timestamp":"(\d{4}-\d{2})/.exec(beginningOf(file) ?? "")?.[1];
  return month !== undefined && month !== new Date(now).toISOString().slice(0, 7);
}

/**
 * Closes the file. Whoever writes to it must hold its lock.
 * @param first what the first and the last line in it are numbered
 * @throws TrailError
 */
export function closeSegment(file: string, first: number, last: number): void {
  const closed = segmentPath(file, first, last);
  if (existsSync(closed) || existsSync(`${closed}.zst`)) {
    throw new TrailError(`${file} cannot be closed: ${closed} is there already`, { hint: "Move it away." });
  }
  try {
    renameSync(file, closed);
  } catch (cause) {
    throw cannot("rename", file, cause);
  }
  syncDirectory(dirname(file));
  compressClosed(file);
}

/** Compresses what is closed. Where that fails the file stays as it is, which loses nothing, until the next is closed. */
function compressClosed(file: string): void {
  for (const { path, compressed } of closedSegments(file)) {
    try {
      if (!compressed) compress(path);
    } catch {}
  }
}

/** One frame, with a checksum of its content; the original goes once the copy was read back. */
function compress(path: string): void {
  const bytes = readFileSync(path);
  writeDurably(`${path}.zst`, zstdCompressSync(bytes, { params: { [constants.ZSTD_c_checksumFlag]: 1 } }));
  if (Bun.zstdDecompressSync(readFileSync(`${path}.zst`)).equals(bytes)) rmSync(path);
}
