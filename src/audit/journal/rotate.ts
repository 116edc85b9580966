/** Closes a file of lines that is big enough: renames and compresses it. */
import { basename } from "node:path";
import { constants, zstdCompressSync } from "node:zlib";
import { renameDurably } from "../../storage/durable.ts";
import { isThere } from "../../storage/entries.ts";
import { readOwnSync } from "../../storage/own-file.ts";
import { removeFile } from "../../storage/unsynced.ts";
import { systemCode } from "../../units/system-refusal.ts";
import { cannot, TrailError } from "../format/error.ts";
import type { NewEvent } from "../format/event.ts";
import { SEGMENT_BYTES_MAX } from "../format/limits.ts";
import { beginningOf, endOf } from "../format/lines.ts";
import { writeDurably } from "./durable.ts";
import { decompressed } from "./forward.ts";
import { rotationEvent } from "./rotation-event.ts";
import { closedSegments, segmentPath } from "./segments.ts";

/** The size at which a file is closed, some thirty thousand events. bytes */
const ROTATE_BYTES = 16 * 1024 * 1024;

/** Whether to close the file before the next append: it is big, or its first event is from another month (UTC). */
export function isRotationDue(file: string, now: number, bytesMax = ROTATE_BYTES): boolean {
  const end = endOf(file);
  if (end === undefined || end.size === 0) return false;
  if (end.size >= bytesMax) return true;
  const month = /"timestamp":"(\d{4}-\d{2})/.exec(beginningOf(file) ?? "")?.[1];
  return month !== undefined && month !== new Date(now).toISOString().slice(0, 7);
}

/** A closed file, compressed in memory. */
interface Compression {
  /** The closed file's path; the compressed one has `.zst` added. */
  readonly path: string;
  readonly bytes: Buffer;
  readonly compressed: Buffer;
}

/** A closed file, and what remains to be done. */
export interface Closing {
  /** Records the SHA-256 of each compressed file, because some bits of zstd data have no meaning and could change unnoticed. */
  readonly event: NewEvent;
  /**
   * Replaces the plain files by the compressed ones. Called once the event is durable, so the trail knows every compressed
   * file. If it fails, the plain file stays until the next one is closed; nothing is lost.
   */
  finish(): void;
}

/**
 * Closes the file. The caller must hold its lock.
 * @param first the number of its first line, and `last` of its last
 * @throws TrailError
 */
export function closeSegment(file: string, first: number, last: number): Closing {
  const closed = segmentPath(file, first, last);
  if (isThere(closed) || isThere(`${closed}.zst`)) {
    throw new TrailError(`${file} cannot be closed: ${closed} is there already`, { hint: "Move it away." });
  }
  try {
    renameDurably(file, closed);
  } catch (cause) {
    throw cannot("rename", file, cause);
  }
  const compressions = compressClosed(file);
  return { event: eventOf(closed, compressions), finish: () => compressions.forEach(replace) };
}

/** Compresses closed files, including those for which that failed earlier. */
function compressClosed(file: string): readonly Compression[] {
  return closedSegments(file).flatMap((segment) => (segment.compressed ? [] : compress(segment.path)));
}

/** One zstd frame, with a checksum of its content. */
export const compressed = (bytes: Buffer): Buffer =>
  zstdCompressSync(bytes, { params: { [constants.ZSTD_c_checksumFlag]: 1 } });

/** Empty when the file cannot be read now. */
function compress(path: string): Compression[] {
  try {
    const bytes = readOwnSync(path, SEGMENT_BYTES_MAX);
    return [{ path, bytes, compressed: compressed(bytes) }];
  } catch (error) {
    if (systemCode(error) === undefined) throw error;
    return [];
  }
}

function eventOf(closed: string, compressions: readonly Compression[]): NewEvent {
  const files = compressions.map(({ path, compressed }) => ({
    file: `${basename(path)}.zst`,
    sha256: Bun.SHA256.hash(compressed, "hex"),
    bytes: compressed.length,
  }));
  return rotationEvent(basename(closed), files);
}

/** Removes the original once the copy was read back. */
function replace({ path, bytes, compressed }: Compression): void {
  try {
    writeDurably(`${path}.zst`, compressed);
    if (decompressed(`${path}.zst`).equals(bytes)) removeFile(path);
  } catch {}
}
