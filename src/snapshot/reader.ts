/** Opens a finished snapshot and reads its blocks, each checked against the index before it is believed. */
import { type FileHandle, open } from "node:fs/promises";
import { join } from "node:path";
import { type Block, parseIndexLine } from "./block.ts";
import { decompressBlock } from "./compress.ts";
import { SnapshotError, systemCode } from "./errors.ts";
import { fileLines } from "./lines.ts";
import { type Manifest, parseManifest } from "./manifest.ts";
import { staysInside } from "./paths.ts";

/** A block and whose it is. */
export interface PlacedBlock {
  readonly plugin: string;
  readonly block: Block;
}

export interface OpenSnapshot {
  readonly directory: string;
  readonly manifest: Manifest;
  /** All blocks in the order they were written. @throws SnapshotError naming the line of the index that is wrong */
  blocks(): AsyncGenerator<PlacedBlock>;
  /** A block's bytes, decompressed. @throws SnapshotError naming the file and offset when they are not what was written */
  read(block: Block): Promise<Uint8Array>;
  close(): Promise<void>;
}

/** @throws SnapshotError when the directory holds no finished snapshot. */
export async function openSnapshot(directory: string): Promise<OpenSnapshot> {
  const manifest = await readManifest(directory);
  const handles = new Map<string, Promise<FileHandle>>();
  const handleOf = (file: string): Promise<FileHandle> => {
    const handle = handles.get(file) ?? open(join(directory, file), "r");
    handles.set(file, handle);
    return handle;
  };
  return {
    directory,
    manifest,
    blocks: () => indexBlocks(directory),
    async read(block) {
      try {
        return await readBlock(await handleOf(block.file), block);
      } catch (cause) {
        const what = cause instanceof Error ? cause.message : String(cause);
        throw new SnapshotError(`${join(directory, block.file)}, block at ${block.offset}: ${what}`, {
          cause,
        });
      }
    },
    async close() {
      for (const handle of handles.values()) await (await handle).close();
    },
  };
}

async function readManifest(directory: string): Promise<Manifest> {
  const path = join(directory, "manifest.json");
  try {
    return parseManifest(await Bun.file(path).text(), path);
  } catch (cause) {
    if (systemCode(cause) !== "ENOENT") throw cause;
    throw new SnapshotError(`${directory} holds no finished snapshot: manifest.json is not there`, {
      cause,
      hint: directory.endsWith(".partial")
        ? "Finish it with `contextcore export --resume`."
        : "`contextcore snapshots list` shows those that are kept.",
    });
  }
}

async function* indexBlocks(directory: string): AsyncGenerator<PlacedBlock> {
  const path = join(directory, "blocks.jsonl");
  let number = 0;
  for await (const { bytes, whole } of fileLines(path)) {
    number += 1;
    const where = `${path}, line ${number}`;
    if (!whole) throw new SnapshotError(`${where}: it is cut short`);
    const { plugin, block } = readLine(bytes, where);
    if (block === undefined) continue;
    if (!staysInside(block.file))
      throw new SnapshotError(`${where}: names ${block.file}, outside the snapshot`);
    yield { plugin, block };
  }
}

function readLine(bytes: Uint8Array, where: string): ReturnType<typeof parseIndexLine> {
  try {
    return parseIndexLine(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch (cause) {
    throw new SnapshotError(`${where}: it is not a line of an index`, { cause });
  }
}

async function readBlock(handle: FileHandle, block: Block): Promise<Uint8Array> {
  const stored = new Uint8Array(block.bytes);
  const { bytesRead } = await handle.read(stored, 0, block.bytes, block.offset);
  if (bytesRead !== block.bytes)
    throw new SnapshotError(`the file ends ${block.bytes - bytesRead} bytes too early`);
  if (new Bun.CryptoHasher("sha256").update(stored).digest("hex") !== block.sha256) {
    throw new SnapshotError("its bytes do not fit their checksum; they were changed after they were written");
  }
  return block.raw === undefined ? stored : decompressBlock(stored, block.raw);
}
