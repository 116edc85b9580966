/** The files of a snapshot being written: takes a step's bytes, and sums up each file. */
import type { Storage } from "../../storage/storage.ts";
import type { Block } from "../format/block.ts";
import { addBlock, type FileTotals, kindOf } from "../format/file-totals.ts";
import type { ManifestFile } from "../format/manifest.ts";
import { rangeToText } from "../format/range-text.ts";
import { createDataFile, type DataFile } from "./data-file.ts";
import type { WaitingFile } from "./index-commit.ts";

/** The files of one unfinished snapshot. One call at a time. All methods throw a SnapshotError when the disk refuses. */
export interface StoredFiles {
  /** Appends a block's bytes to its file, which is created if it is new. */
  append(plugin: string, bytes: Uint8Array, block: NewBlock): Promise<Stored>;
  /** Closes files that will not grow any more. */
  seal(paths: Iterable<string>): Promise<void>;
  /** Removes files of which nothing is kept. */
  discard(paths: Iterable<string>): Promise<void>;
  /** Creates an empty file unless it exists. */
  touch(path: string): Promise<void>;
  /** The sums of each file, with its SHA-256. */
  totals(): readonly WrittenFile[];
  close(): Promise<void>;
}

/** A block whose place and hash are not known yet. */
export type NewBlock = Omit<Block, "offset" | "bytes" | "sha256">;

/** A block that was handed to the system, but may not be on the disk yet. */
export interface Stored {
  readonly block: Block;
  /** The file that must be durable before the index may name the block. */
  readonly file: WaitingFile;
}

/** A file of a snapshot, as listed in the manifest. */
export type WrittenFile = Omit<FileTotals, "blockSha256"> & { readonly sha256: string };

/** What the manifest says of it. */
export const fileClaims = ({ plugin: _, of, range, ...file }: WrittenFile): ManifestFile => ({
  ...file,
  ...(of === file.path ? {} : { of }),
  ...(range === undefined ? {} : rangeToText(range)),
  counts: { ...file.counts },
});

/** The files that an interrupted export left, by path. */
export interface RecoveredFiles {
  readonly open: ReadonlyMap<string, DataFile>;
  /** SHA-256 of finished files that have several blocks. */
  readonly sealed: ReadonlyMap<string, string>;
  readonly totals: ReadonlyMap<string, FileTotals>;
}

/** The data files of a snapshot being written; each is opened when it is first written to. @param snapshot the unfinished one */
export function createStoredFiles(snapshot: Storage, recovered?: RecoveredFiles): StoredFiles {
  const open = new Map(recovered?.open);
  const sealed = new Map(recovered?.sealed);
  const totals = new Map(recovered?.totals);

  return {
    async append(plugin, bytes, fresh) {
      const file = open.get(fresh.file) ?? (await createDataFile(snapshot, fresh.file));
      const isWhole = kindOf(fresh) === "object";
      if (!isWhole) open.set(fresh.file, file);
      const sha256 = new Bun.CryptoHasher("sha256").update(bytes).digest("hex");
      const block: Block = { ...fresh, offset: file.size(), bytes: bytes.length, sha256 };
      await file.append(bytes);
      if (isWhole) await file.close();
      totals.set(fresh.file, addBlock(totals.get(fresh.file), plugin, block));
      return { block, file };
    },
    async seal(paths) {
      for (const path of paths) {
        const file = open.get(path);
        if (file === undefined) continue;
        sealed.set(path, file.sha256());
        open.delete(path);
        await file.close();
      }
    },
    async discard(paths) {
      for (const path of paths) {
        await open.get(path)?.close();
        open.delete(path);
        totals.delete(path);
        await snapshot.remove(path);
      }
    },
    async touch(path) {
      const file = await createDataFile(snapshot, path);
      await file.close();
      await snapshot.commit([path]);
    },
    totals: () =>
      [...totals.values()].map(({ blockSha256, ...one }) => ({
        ...one,
        sha256: open.get(one.path)?.sha256() ?? sealed.get(one.path) ?? blockSha256,
      })),
    async close() {
      const closed = await Promise.allSettled([...open.values()].map((file) => file.close()));
      open.clear();
      for (const one of closed) if (one.status === "rejected") throw one.reason;
    },
  };
}
