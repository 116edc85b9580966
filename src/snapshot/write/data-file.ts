import type { GrowingFile, Storage } from "../../storage/storage.ts";
import type { Block } from "../format/block.ts";
import { SnapshotError } from "../format/errors.ts";
import type { ByteReader } from "../read/byte-reader.ts";

/** A file of a snapshot being written. It grows at its end by whole blocks, and keeps the SHA-256 of its contents. */
export interface DataFile {
  /** Relative to the snapshot. */
  readonly path: string;
  size(): number;
  append(bytes: Uint8Array): Promise<void>;
  /** Writes what was gathered, so that it can be committed. */
  flush(): Promise<void>;
  close(): Promise<void>;
  sha256(): string;
}

/** Creates a file, or empties what an earlier, uncommitted attempt left there. */
export const createDataFile = async (snapshot: Storage, path: string): Promise<DataFile> =>
  dataFile(path, await snapshot.append(path, 0), new Bun.CryptoHasher("sha256"), 0);

/** A file that an interrupted export left, whose committed blocks are checked one after another. */
export interface RecoveredFile {
  /** @throws SnapshotError when the file does not hold what was committed. */
  accept(block: Block): Promise<void>;
  /** Cuts the file back to its last committed block, after which it can grow again. */
  continue(): Promise<DataFile>;
}

/** Opens a data file that an interrupted export left: accept its committed blocks in order, then continue. @param reader of the unfinished snapshot */
export function recoverDataFile(snapshot: Storage, path: string, reader: ByteReader): RecoveredFile {
  const hasher = new Bun.CryptoHasher("sha256");
  let size = 0;
  return {
    async accept(block) {
      const bytes = await reader.read(path, block.offset, block.bytes).catch(() => undefined);
      if (bytes === undefined || block.offset !== size || sha256(bytes) !== block.sha256)
        throw damaged(snapshot, path, block.offset);
      hasher.update(bytes);
      size += block.bytes;
    },
    continue: async () => dataFile(path, await snapshot.append(path, size), hasher, size),
  };
}

const sha256 = (bytes: Uint8Array): string => new Bun.CryptoHasher("sha256").update(bytes).digest("hex");

const damaged = (snapshot: Storage, path: string, offset: number): SnapshotError =>
  new SnapshotError(`${snapshot.shown(path)} does not hold what was committed at byte ${offset}`, {
    hint: "The unfinished export was changed, or its disk is failing; start a new export.",
  });

/** Smaller blocks are gathered, so that a million small steps do not cost a million writes. */
const GATHERED_BYTES = 256 << 10;

function dataFile(path: string, file: GrowingFile, hasher: Bun.CryptoHasher, start: number): DataFile {
  let size = start;
  let gathered: Uint8Array[] = [];
  let gatheredBytes = 0;
  // Writes run one after another, each at the position that was assigned when it was requested.
  let tail: Promise<void> = Promise.resolve();

  const flush = (): Promise<void> => {
    if (gatheredBytes === 0) return tail;
    const ready = gathered.length === 1 && gathered[0] !== undefined ? gathered[0] : Buffer.concat(gathered);
    [gathered, gatheredBytes] = [[], 0];
    tail = tail.then(() => file.append(ready));
    tail.catch(() => {});
    return tail;
  };

  return {
    path,
    size: () => size,
    async append(bytes) {
      hasher.update(bytes);
      // Small buffers are copied, because their owner may reuse them; large ones are written before this resolves.
      const isSmall = bytes.length < GATHERED_BYTES;
      if (!isSmall) void flush();
      gathered.push(isSmall ? new Uint8Array(bytes) : bytes);
      gatheredBytes += bytes.length;
      size += bytes.length;
      if (gatheredBytes >= GATHERED_BYTES) await flush();
    },
    flush,
    async close() {
      try {
        await flush();
      } finally {
        await file.close();
      }
    },
    sha256: () => hasher.copy().digest("hex"),
  };
}
