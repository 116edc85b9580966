import { type FileHandle, mkdir, open } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Block } from "./block.ts";
import { writeAll, writeFailure } from "./disk.ts";
import { SnapshotError } from "./errors.ts";

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
    await mkdir(dirname(full), { recursive: true });
    return dataFile(full, path, await open(full, "w"), new Bun.CryptoHasher("sha256"), 0);
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

/** @throws SnapshotError when the file is not there. */
export async function recoverDataFile(directory: string, path: string): Promise<RecoveredFile> {
  const full = join(directory, path);
  const handle = await openExisting(full);
  const hasher = new Bun.CryptoHasher("sha256");
  let size = 0;
  return {
    async accept(block) {
      const bytes = Buffer.allocUnsafe(block.bytes);
      const { bytesRead } = await handle.read(bytes, 0, block.bytes, block.offset);
      const digest = new Bun.CryptoHasher("sha256").update(bytes).digest("hex");
      if (block.offset !== size || bytesRead !== block.bytes || digest !== block.sha256) {
        await handle.close();
        throw damaged(full, block.offset);
      }
      hasher.update(bytes);
      size += block.bytes;
    },
    async continue() {
      await handle.truncate(size);
      return dataFile(full, path, handle, hasher, size);
    },
  };
}

async function openExisting(full: string): Promise<FileHandle> {
  try {
    return await open(full, "r+");
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

function dataFile(
  full: string,
  path: string,
  handle: FileHandle,
  hasher: Bun.CryptoHasher,
  start: number,
): DataFile {
  let size = start;
  const guarded = async (work: () => Promise<void>): Promise<void> => {
    try {
      await work();
    } catch (error) {
      throw writeFailure(full, error);
    }
  };
  return {
    path,
    size: () => size,
    append: (bytes) =>
      guarded(async () => {
        await writeAll(handle, bytes, size);
        hasher.update(bytes);
        size += bytes.length;
      }),
    sync: () => guarded(() => handle.sync()),
    close: () => guarded(() => handle.close()),
    sha256: () => hasher.copy().digest("hex"),
  };
}
