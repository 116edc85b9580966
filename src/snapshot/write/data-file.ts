import type { FileHandle } from "node:fs/promises";
import { dirname, join } from "node:path";
import { makeOwnDirectory, openOwn } from "../../storage/own-file.ts";
import type { Block } from "../format/block.ts";
import { SnapshotError } from "../format/errors.ts";
import type { ByteReader } from "../read/byte-reader.ts";
import { writeAll, writeFailure } from "./disk.ts";

/** A file of a snapshot being written: it grows at its end, by whole blocks, and knows the SHA-256 of all it holds. */
export interface DataFile {
  /** Relative to the snapshot. */
  readonly path: string;
  size(): number;
  append(bytes: Uint8Array): Promise<void>;
  sync(): Promise<void>;
  close(): Promise<void>;
  sha256(): string;
}

/** Creates a file, or empties what an earlier, uncommitted attempt left there. */
export async function createDataFile(directory: string, path: string): Promise<DataFile> {
  const full = join(directory, path);
  try {
    makeOwnDirectory(directory, dirname(full));
    const handle = await openOwn(full, "create", { root: directory });
    return dataFile(full, path, handle, new Bun.CryptoHasher("sha256"), 0);
  } catch (error) {
    throw writeFailure(full, error);
  }
}

/** A file that an interrupted export left, while its committed blocks are checked one after another. */
export interface RecoveredFile {
  /** @throws SnapshotError when the file does not hold what was committed. */
  accept(block: Block): Promise<void>;
  /** Cuts the file back to its last committed block; from here on it grows again. */
  continue(): Promise<DataFile>;
}

/** Takes up a data file that an interrupted export left: accept its committed blocks in order, then continue. @param reader of the unfinished snapshot */
export function recoverDataFile(directory: string, path: string, reader: ByteReader): RecoveredFile {
  const full = join(directory, path);
  const hasher = new Bun.CryptoHasher("sha256");
  let size = 0;
  return {
    async accept(block) {
      const bytes = await reader.read(path, block.offset, block.bytes).catch(() => undefined);
      if (bytes === undefined || block.offset !== size || sha256(bytes) !== block.sha256)
        throw damaged(full, block.offset);
      hasher.update(bytes);
      size += block.bytes;
    },
    async continue() {
      const handle = await openExisting(directory, full);
      await handle.truncate(size);
      return dataFile(full, path, handle, hasher, size);
    },
  };
}

const sha256 = (bytes: Uint8Array): string => new Bun.CryptoHasher("sha256").update(bytes).digest("hex");

async function openExisting(directory: string, full: string): Promise<FileHandle> {
  try {
    return await openOwn(full, "change", { root: directory });
  } catch (cause) {
    throw new SnapshotError(`${full} was committed and cannot be opened`, {
      cause,
      hint: "The unfinished export cannot be resumed; start a new one.",
    });
  }
}

const damaged = (full: string, offset: number): SnapshotError =>
  new SnapshotError(`${full} does not hold what was committed at byte ${offset}`, {
    hint: "The unfinished export was changed or its disk is failing; start a new one.",
  });

/** Blocks smaller than this are gathered, so that an export of a million small steps is not a million writes. */
const GATHERED_BYTES = 256 << 10;

function dataFile(
  full: string,
  path: string,
  handle: FileHandle,
  hasher: Bun.CryptoHasher,
  start: number,
): DataFile {
  let size = start;
  let gathered: Uint8Array[] = [];
  let gatheredBytes = 0;
  // Writes go out one after another, each to the place that was its own when it was handed in.
  let tail: Promise<void> = Promise.resolve();

  const write = (bytes: Uint8Array, position: number): Promise<void> => {
    tail = tail
      .then(() => writeAll(handle, bytes, position))
      .catch((error) => Promise.reject(writeFailure(full, error)));
    tail.catch(() => {});
    return tail;
  };

  const flush = (): Promise<void> => {
    if (gatheredBytes === 0) return tail;
    const ready = gathered.length === 1 && gathered[0] !== undefined ? gathered[0] : Buffer.concat(gathered);
    const position = size - gatheredBytes;
    [gathered, gatheredBytes] = [[], 0];
    return write(ready, position);
  };

  return {
    path,
    size: () => size,
    async append(bytes) {
      hasher.update(bytes);
      // Small bytes are copied, since their owner may use them again; large ones are written before this resolves.
      const isSmall = bytes.length < GATHERED_BYTES;
      if (!isSmall) void flush();
      gathered.push(isSmall ? bytes.slice() : bytes);
      gatheredBytes += bytes.length;
      size += bytes.length;
      if (gatheredBytes >= GATHERED_BYTES) await flush();
    },
    async sync() {
      await flush();
      await handle.sync().catch((error) => Promise.reject(writeFailure(full, error)));
    },
    async close() {
      try {
        await flush();
      } finally {
        await handle.close();
      }
    },
    sha256: () => hasher.copy().digest("hex"),
  };
}
