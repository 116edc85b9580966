/** Opens a finished snapshot and reads it block by block. Never returns bytes with a checksum mismatch. */

import type { Counts } from "../../contract/contract.ts";
import { storageAt } from "../../storage/local.ts";
import type { Storage } from "../../storage/storage.ts";
import { messageOf } from "../../units/message-of.ts";
import type { Block } from "../format/block.ts";
import { createClaims, type ObjectionTo } from "../format/claims.ts";
import { decompressBlock } from "../format/compress.ts";
import { SnapshotError } from "../format/errors.ts";
import { kindOf } from "../format/file-totals.ts";
import { linesOf } from "../format/lines.ts";
import type { Manifest } from "../format/manifest.ts";
import { type ByteReader, createByteReader } from "./byte-reader.ts";
import { INDEX_FILE, indexLines } from "./index-lines.ts";
import { readManifest } from "./manifest-file.ts";
import { isOfPlace } from "./of-place.ts";

/**
 * A finished snapshot, or a chain opened as one. Files are opened when they are first read, and stay open until it is closed.
 */
export interface OpenSnapshot {
  readonly path: string;
  readonly manifest: Manifest;
  /** Every block in the order written, one at a time from the index. @throws SnapshotError at a damaged line */
  blocks(): AsyncGenerator<IndexedBlock>;
  /** The block's records or the object's text, uncompressed. @param into where they may be put, if it is long enough @throws SnapshotError when they are not what was written; PluginError when where they lie cannot be read now */
  read(block: Block, into?: Uint8Array): Promise<Uint8Array>;
  /** The block's records, each without its newline. @throws SnapshotError as above */
  lines(block: Block): AsyncGenerator<string>;
  /** Checks the block's stored bytes, as far as they are near, without reading their content. @returns what is wrong with them, if anything @throws PluginError as above */
  damage(block: Block): Promise<string | undefined>;
  /** What of a block was left out when it was read, since it was erased after the snapshot was made; absent: nothing is. */
  erased?(block: Block): Counts | undefined;
  /** Whether a record in a file of bytes was erased since; absent: none was. @param content as its backend says it */
  isErased?(of: { readonly plugin: string; readonly file: string }, content: string): boolean;
  /** Closes the files. */
  close(): Promise<void>;
}

/** A block as a line of the index names it. */
export interface IndexedBlock {
  readonly plugin: string;
  readonly block: Block;
  /** Its line in the index, from 1. */
  readonly number: number;
}

/**
 * Opens a snapshot.
 * @param place of the snapshot, or its directory
 * @throws SnapshotError when there is no snapshot, or its manifest is not credible
 */
export async function openSnapshot(place: Storage | string): Promise<OpenSnapshot> {
  const files = storageAt(place);
  const { root: path } = files;
  const manifest = await readManifest(files);
  const bytes = createByteReader(files);
  // Only one view is in use at a time, so its memory can be reused.
  const looking = createByteReader(files, { buffers: 1 });
  const read = async (block: Block, into?: Uint8Array): Promise<Uint8Array> => {
    try {
      return await readBlock(bytes, block, into);
    } catch (cause) {
      if (isOfPlace(cause)) throw cause;
      const reason = messageOf(cause);
      throw new SnapshotError(`${files.shown(block.file)} at byte ${block.offset}: ${reason}`, {
        cause,
        hint: `contextcore verify ${path}`,
      });
    }
  };
  return {
    path,
    manifest,
    blocks: () => indexedBlocks(files, createClaims(manifest)),
    read,
    async *lines(block) {
      const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
      for (const line of linesOf(await read(block))) yield decoder.decode(line);
    },
    async damage(block) {
      // Parts of a file of bytes are of no use alone, so all of it is looked at before any of it is used.
      if (files.flaws !== undefined && kindOf(block) !== "bytes")
        return (await files.flaws("listed")).get(block.file);
      try {
        await readStored(looking, block);
        return undefined;
      } catch (error) {
        if (isOfPlace(error)) throw error;
        return messageOf(error);
      }
    },
    close: async () => void (await Promise.all([bytes.close(), looking.close()])),
  };
}

async function* indexedBlocks(files: Storage, objectionTo: ObjectionTo): AsyncGenerator<IndexedBlock> {
  const where = files.shown(INDEX_FILE);
  for await (const line of indexLines(files)) {
    const flaw = "flaw" in line ? line.flaw : undefined;
    if (flaw !== undefined || !line.whole)
      throw new SnapshotError(`${where} line ${line.number}: ${line.whole ? flaw : "it is cut short"}`);
    if (!("said" in line) || line.said.block === undefined) continue;
    const { plugin, block } = line.said;
    const objection = objectionTo(plugin, block);
    if (objection !== undefined)
      throw new SnapshotError(`${where} line ${line.number}: ${block.file} ${objection}`);
    yield { plugin, block, number: line.number };
  }
}

/** A block's bytes as they were before compression. @throws SnapshotError when they are not what was written */
export async function readBlock(bytes: ByteReader, block: Block, into?: Uint8Array): Promise<Uint8Array> {
  const stored = await readStored(bytes, block, into);
  return block.raw === undefined ? stored : decompressBlock(stored, block.raw);
}

/** A block's bytes as they are stored. @throws SnapshotError when they are not what was written */
export async function readStored(bytes: ByteReader, block: Block, into?: Uint8Array): Promise<Uint8Array> {
  const stored = await bytes.read(block.file, block.offset, block.bytes, into);
  const digest = new Bun.CryptoHasher("sha256").update(stored).digest("hex");
  if (digest !== block.sha256) throw new SnapshotError("checksum mismatch");
  return stored;
}
