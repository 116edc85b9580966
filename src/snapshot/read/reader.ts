/** Opens a finished snapshot and reads it a block at a time. Nothing is handed out whose checksum does not fit. */
import { join } from "node:path";
import { readOwnText } from "../../storage/own-file.ts";
import { UnsafeFileError } from "../../storage/unsafe-file.ts";
import { type Block, type IndexLine, parseIndexLine } from "../format/block.ts";
import { decompressBlock } from "../format/compress.ts";
import { SnapshotError, systemCode } from "../format/errors.ts";
import { INDEX_LINE_BYTES_MAX, MANIFEST_BYTES_MAX } from "../format/limits.ts";
import { fileLines, linesOf } from "../format/lines.ts";
import { type Manifest, parseManifest } from "../format/manifest.ts";
import { staysInside } from "../format/paths.ts";
import { type ByteReader, createByteReader } from "./byte-reader.ts";

export interface OpenSnapshot {
  readonly path: string;
  readonly manifest: Manifest;
  /** Every block in the order it was written, one at a time from the index. @throws SnapshotError at a line that is damaged */
  blocks(): AsyncGenerator<IndexedBlock>;
  /** The block's records or the object's text, uncompressed. @throws SnapshotError when they are not what was written */
  read(block: Block): Promise<Uint8Array>;
  /** The block's records, each without its newline. @throws SnapshotError as above */
  lines(block: Block): AsyncGenerator<string>;
  /** Looks at the block's bytes as they are stored, and at nothing in them. @returns why they cannot be believed, when that is so */
  damage(block: Block): Promise<string | undefined>;
  /** Lets go of the files. */
  close(): Promise<void>;
}

export interface IndexedBlock {
  readonly plugin: string;
  readonly block: Block;
  /** Its line in the index, from 1. */
  readonly number: number;
}

/**
 * Opens a snapshot's directory.
 * @throws SnapshotError when there is no snapshot, or its manifest cannot be believed
 */
export async function openSnapshot(path: string): Promise<OpenSnapshot> {
  const manifest = await readManifest(path);
  const bytes = createByteReader(path);
  // One view at a time is looked at, so that its memory can be used again.
  const looking = createByteReader(path, { buffers: 1 });
  const read = async (block: Block): Promise<Uint8Array> => {
    try {
      return await readBlock(bytes, block);
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw new SnapshotError(`${join(path, block.file)} at byte ${block.offset}: ${reason}`, {
        cause,
        hint: `contextcore verify ${path}`,
      });
    }
  };
  return {
    path,
    manifest,
    blocks: () => indexedBlocks(path),
    read,
    async *lines(block) {
      const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
      for (const line of linesOf(await read(block))) yield decoder.decode(line);
    },
    async damage(block) {
      try {
        await readStored(looking, block);
        return undefined;
      } catch (error) {
        return error instanceof Error ? error.message : String(error);
      }
    },
    close: async () => void (await Promise.all([bytes.close(), looking.close()])),
  };
}

/** @throws SnapshotError when it is not there or cannot be believed */
export async function readManifest(path: string): Promise<Manifest> {
  const file = join(path, "manifest.json");
  let text: string;
  try {
    text = readOwnText(file, MANIFEST_BYTES_MAX);
  } catch (cause) {
    const code = systemCode(cause);
    if (cause instanceof UnsafeFileError)
      throw new SnapshotError(`${path} is not a snapshot: ${cause.message}`, { cause, hint: cause.hint });
    const missing = code === "ENOENT" || code === "ENOTDIR";
    throw new SnapshotError(
      `${path} is not a snapshot: ${missing ? "it has no" : "cannot read its"} manifest.json`,
      {
        cause,
        hint: "Name the directory of a finished export, such as backups/20260124-143000.",
      },
    );
  }
  return parseManifest(text, file);
}

async function* indexedBlocks(path: string): AsyncGenerator<IndexedBlock> {
  let number = 0;
  for await (const { plugin, block } of indexLines(path)) {
    number += 1;
    if (block !== undefined) yield { plugin, block, number };
  }
}

/** Every line of a snapshot's index. @throws SnapshotError naming the line that is damaged */
export async function* indexLines(path: string): AsyncGenerator<IndexLine> {
  const file = join(path, "blocks.jsonl");
  const decoder = new TextDecoder("utf-8", { fatal: true });
  let number = 0;
  for await (const { bytes, whole } of fileLines(file, INDEX_LINE_BYTES_MAX)) {
    number += 1;
    yield parseOrName(() => {
      if (!whole) throw new Error("it is cut short");
      const line = parseIndexLine(decoder.decode(bytes));
      if (line.block !== undefined && !staysInside(line.block.file))
        throw new Error("its path leaves the snapshot");
      return line;
    }, `${file} line ${number}`);
  }
}

function parseOrName(parse: () => IndexLine, where: string): IndexLine {
  try {
    return parse();
  } catch (cause) {
    throw new SnapshotError(`${where}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  }
}

/** A block's bytes as they were before compression, checked against its hash. */
export async function readBlock(bytes: ByteReader, block: Block): Promise<Uint8Array> {
  const stored = await readStored(bytes, block);
  return block.raw === undefined ? stored : decompressBlock(stored, block.raw);
}

async function readStored(bytes: ByteReader, block: Block): Promise<Uint8Array> {
  const stored = await bytes.read(block.file, block.offset, block.bytes);
  const digest = new Bun.CryptoHasher("sha256").update(stored).digest("hex");
  if (digest !== block.sha256) throw new SnapshotError("its bytes do not fit its checksum");
  return stored;
}
