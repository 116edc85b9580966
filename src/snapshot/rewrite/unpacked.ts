/** Files of bytes, which are edited as a whole: unpacked beside the successor, changed there, and packed again. */
import type { Counts } from "../../contract/contract.ts";
import type { Storage, StoredFile } from "../../storage/storage.ts";
import type { Block } from "../format/block.ts";
import { compressBlock } from "../format/compress.ts";
import type { ByteReader } from "../read/byte-reader.ts";
import { readBlock } from "../read/reader.ts";

/** Where they lie while the successor is written. It goes before that gets its name. */
export const UNPACKED_FOLDER = ".unpacked";

/** A file that was changed. */
export interface ChangedFile {
  /** The pieces that stand for its block of this number, from 0, as they are stored. */
  piecesOf(number: number): AsyncGenerator<PackedPiece>;
  /** Removes it. */
  close(): Promise<void>;
}

/** A piece of a file of bytes. */
interface PackedPiece {
  readonly bytes: Uint8Array;
  /** Before compression; absent when it is not compressed. */
  readonly raw?: number;
}

/** Where to unpack, and how to read. */
interface Unpacking {
  readonly reader: ByteReader;
  readonly into: Storage;
  readonly signal: AbortSignal;
}

/**
 * Unpacks a file and has it changed.
 * @param blocks all of them, in order @param change says how much is gone, by unit; nothing: it has changed nothing
 * @returns `undefined` when nothing was changed
 */
export async function changedFile(
  blocks: readonly Block[],
  change: (path: string) => Promise<Counts>,
  { reader, into, signal }: Unpacking,
): Promise<(ChangedFile & { readonly gone: Counts }) | undefined> {
  const name = `${UNPACKED_FOLDER}/${crypto.randomUUID()}`;
  await unpack(name, blocks, { reader, into, signal });
  const gone = await change(into.shown(name));
  if (Object.keys(gone).length === 0) {
    await into.remove(name);
    return undefined;
  }
  return { gone, ...(await packedAgain(name, blocks, into)) };
}

async function unpack(
  name: string,
  blocks: readonly Block[],
  { reader, into, signal }: Unpacking,
): Promise<void> {
  const file = await into.append(name, 0);
  try {
    for (const block of blocks) {
      signal.throwIfAborted();
      await file.append(await readBlock(reader, block));
    }
  } finally {
    await file.close();
  }
}

/** A piece of a file that has grown. Bytes */
const PIECE_BYTES = 8 << 20;

async function packedAgain(name: string, blocks: readonly Block[], into: Storage): Promise<ChangedFile> {
  const file = await into.open(name);
  const size = await file.size();
  return {
    async *piecesOf(number) {
      for (const [from, to] of piecesBetween(blocks, number, size))
        yield packed(await part(file, from, to), blocks);
    },
    async close() {
      await file.close();
      await into.remove(name);
    },
  };
}

/** Each block has as much as it had, so that what has not changed is packed as before; the last one has the rest. */
function piecesBetween(blocks: readonly Block[], number: number, size: number): [number, number][] {
  const before = blocks.slice(0, number).reduce((sum, block) => sum + rawOf(block), 0);
  const own = blocks[number];
  const from = Math.min(size, before);
  const isLast = number === blocks.length - 1;
  const to = own === undefined || isLast ? size : Math.min(size, before + rawOf(own));
  const pieces: [number, number][] = [];
  const most = Math.max(PIECE_BYTES, own === undefined ? 0 : rawOf(own));
  for (let at = from; at < to; at += most) pieces.push([at, Math.min(to, at + most)]);
  return pieces;
}

const rawOf = ({ raw, bytes }: Block): number => raw ?? bytes;

async function part(file: StoredFile, from: number, to: number): Promise<Uint8Array> {
  const bytes = Buffer.allocUnsafeSlow(to - from);
  return bytes.subarray(0, await file.read(bytes, from));
}

async function packed(bytes: Uint8Array, [first]: readonly Block[]): Promise<PackedPiece> {
  return first?.raw === undefined ? { bytes } : { bytes: await compressBlock(bytes), raw: bytes.length };
}
