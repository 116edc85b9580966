/** Verifies a snapshot offline: checks everything its manifest claims. */

import { watchMemory } from "../engine/memory-pressure.ts";
import type { Block, IndexLine } from "../snapshot/format/block.ts";
import type { Manifest } from "../snapshot/format/manifest.ts";
import { INDEX_FILE, indexLines } from "../snapshot/read/index-lines.ts";
import { readManifest } from "../snapshot/read/manifest-file.ts";
import { oneAhead } from "../snapshot/read/one-ahead.ts";
import { storageAt } from "../storage/local.ts";
import type { SealedFile, Storage } from "../storage/storage.ts";
import { given } from "../units/given.ts";
import { type Complain, createIndexCheck, type Flaw, type IndexCheck } from "./block-index.ts";
import { createDamageTally, type Damage, type DamageTally } from "./damage.ts";
import { createDataCheck, type DataCheck } from "./data.ts";
import { flawFrom } from "./flaw-from.ts";
import { checkListing } from "./listing.ts";
import type { SnapshotPart } from "./part.ts";
import { checkSealed, checkUnproved } from "./sealed.ts";

/**
 * - `sizes`: the manifest, the files' names and sizes, the index's checksum.
 * - `checksums`: also every byte of the data.
 * - `lines`: also every line parsed and counted.
 * - `stored`: of a copy that nobody here can decrypt, its signature and every byte as it is stored.
 */
type VerifyDepth = "sizes" | "checksums" | "lines" | "stored";

interface VerifyOptions {
  /** Default `lines`. */
  readonly depth?: Exclude<VerifyDepth, "stored">;
  /**
   * Only every `of`-th block, starting with the `index`-th (1 to `of`), so that `of` runs together read everything. Of a
   * snapshot with fewer blocks than parts, each run reads one.
   */
  readonly part?: SnapshotPart;
  /** Only blocks of these files are read, by the name of the stored file: the others are known to be right. Default: all. */
  readonly isRead?: (file: string) => boolean;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: VerifyProgress) => void;
}

interface VerifyProgress {
  readonly bytes: number;
  /** Of all blocks that will be read. */
  readonly totalBytes: number;
}

/** What was checked, and everything that is wrong. */
export interface VerifyReport {
  readonly path: string;
  readonly depth: VerifyDepth;
  /** True when nothing is wrong. */
  readonly sound: boolean;
  /** The first thousand. */
  readonly flaws: readonly Flaw[];
  readonly flawsTotal: number;
  /** What other programs have left in the directory: no part of the snapshot, and no flaw. */
  readonly litter: readonly string[];
  /** All damaged data blocks, added up. */
  readonly damaged: readonly Damage[];
  readonly files: number;
  readonly blocks: number;
  /** How many of them were read. */
  readonly blocksRead: number;
  readonly records: number;
  /** Bytes of data read. */
  readonly bytes: number;
  readonly durationMs: number;
  /** The manifest's own status: a snapshot can be sound and `partial`. Absent when the manifest is not credible. */
  readonly status?: Manifest["status"];
}

const FLAWS_MAX = 1000;

/**
 * Verifies a snapshot. A flaw is reported, never thrown.
 * @param place of the snapshot, or its directory
 * @throws the signal's reason when it is aborted; PluginError when the place cannot be read now, which is no flaw
 */
export async function verifySnapshot(
  place: Storage | string,
  options: VerifyOptions = {},
): Promise<VerifyReport> {
  const snapshot = storageAt(place);
  using _memory = watchMemory();
  const began = performance.now();
  const flaws: Flaw[] = [];
  let flawsTotal = 0;
  const complain: Complain = (flaw) => {
    flawsTotal += 1;
    if (flaws.length < FLAWS_MAX) flaws.push({ severity: "problem", ...flaw });
  };
  const sealed = await snapshot.sealed?.();
  if (sealed !== undefined) {
    const read = await sealedRead(snapshot, sealed, options, complain);
    const durationMs = Math.round(performance.now() - began);
    return { path: snapshot.root, ...read, sound: flawsTotal === 0, flaws, flawsTotal, durationMs };
  }
  const damage = createDamageTally();
  const manifest = await believableManifest(snapshot, complain);
  const read =
    manifest === undefined ? NOTHING : await checkAll(snapshot, manifest, options, { complain, damage });
  return {
    path: snapshot.root,
    depth: options.depth ?? "lines",
    sound: flawsTotal === 0,
    flaws,
    flawsTotal,
    damaged: damage.list(),
    files: manifest?.plugins.reduce((sum, plugin) => sum + plugin.files.length, 0) ?? 0,
    ...read,
    durationMs: Math.round(performance.now() - began),
    ...given({ status: manifest?.status }),
  };
}

/** Of a snapshot with fewer files than parts, each run reads one. */
async function sealedRead(
  snapshot: Storage,
  sealed: readonly SealedFile[],
  { depth, part = { index: 1, of: 1 }, signal, onProgress }: VerifyOptions,
  complain: Complain,
) {
  const isRead = depth !== "sizes";
  const of = Math.max(1, Math.min(part.of, sealed.length));
  const own = { index: ((part.index - 1) % of) + 1, of };
  const read = await checkSealed(snapshot, sealed, {
    part: isRead ? own : { index: 0, of: 1 },
    complain,
    signal,
    onBytes: (bytes, totalBytes) => onProgress?.({ bytes, totalBytes }),
  });
  const { objects: blocks, objectsRead: blocksRead, bytes } = read;
  return {
    ...NOTHING,
    depth: isRead ? ("stored" as const) : ("sizes" as const),
    damaged: [],
    files: blocks,
    blocks,
    blocksRead,
    bytes,
  };
}

interface Read {
  readonly blocks: number;
  readonly blocksRead: number;
  readonly records: number;
  readonly bytes: number;
  readonly litter: readonly string[];
}

const NOTHING: Read = { blocks: 0, blocksRead: 0, records: 0, bytes: 0, litter: [] };

async function believableManifest(snapshot: Storage, complain: Complain): Promise<Manifest | undefined> {
  try {
    return await readManifest(snapshot);
  } catch (error) {
    complain({ subject: "manifest.json", message: flawFrom(error) });
    return undefined;
  }
}

async function checkAll(
  snapshot: Storage,
  manifest: Manifest,
  options: VerifyOptions,
  { complain, damage }: { readonly complain: Complain; readonly damage: DamageTally },
): Promise<Read> {
  const { depth = "lines", signal } = options;
  const litter = await checkListing(snapshot, manifest, complain);
  const index = createIndexCheck(manifest, complain);
  const data = createDataCheck({ snapshot, lines: depth === "lines", complain, damage });
  try {
    const read = await walkIndex({ snapshot, manifest, options, complain, index, data });
    signal?.throwIfAborted();
    index.finish();
    compareHashes(manifest, data, complain);
    if (depth !== "sizes" && options.part === undefined) await checkUnproved(snapshot, signal, complain);
    return { ...read, litter };
  } finally {
    await data.close();
  }
}

interface Walk {
  readonly snapshot: Storage;
  readonly manifest: Manifest;
  readonly options: VerifyOptions;
  readonly complain: Complain;
  readonly index: IndexCheck;
  readonly data: DataCheck;
}

/** Reads the index once, and each block at its line, one ahead of the check. */
async function walkIndex(walk: Walk): Promise<Read> {
  const { manifest, options, data } = walk;
  const { depth = "lines", signal, onProgress } = options;
  const totalBytes = depth === "sizes" ? 0 : Math.ceil(manifest.bytes / partOf(manifest, options).of);
  const read = { ...NOTHING };
  const begin = ({ plugin, block, number }: ChosenBlock) => data.begin(plugin, block, number);
  for await (const check of oneAhead(chosenBlocks(walk, read), begin)) {
    signal?.throwIfAborted();
    read.bytes += await check();
    onProgress?.({ bytes: read.bytes, totalBytes });
  }
  return read;
}

/** The part as of this snapshot's blocks: a part without a block would prove nothing, and be called sound. */
function partOf({ plugins }: Manifest, { part = { index: 1, of: 1 } }: VerifyOptions): SnapshotPart {
  const blocks = plugins.flatMap(({ files }) => files).reduce((sum, file) => sum + file.blocks, 0);
  const of = Math.max(1, Math.min(part.of, blocks));
  return { index: ((part.index - 1) % of) + 1, of };
}

interface ChosenBlock {
  readonly plugin: string;
  readonly block: Block;
  /** Of the line in the index. */
  readonly number: number;
}

/** The blocks to read; every line of the index is entered, and counted in `read`. */
async function* chosenBlocks(
  { snapshot, manifest, options, complain, index, data }: Walk,
  read: { blocks: number; blocksRead: number; records: number },
): AsyncGenerator<ChosenBlock> {
  const { depth = "lines", signal, isRead = () => true } = options;
  const part = partOf(manifest, options);
  for await (const { said, number } of checkedLines(snapshot, manifest, complain)) {
    signal?.throwIfAborted();
    index.enter(said, number);
    const { plugin, block } = said;
    if (block === undefined) continue;
    const isChosen = depth !== "sizes" && isRead(block.file) && read.blocks % part.of === part.index - 1;
    read.blocks += 1;
    read.records += block.records;
    if (!isChosen) data.skip(block);
    else {
      read.blocksRead += 1;
      yield { plugin, block, number };
    }
  }
}

/** The readable lines of the index; flaws in the others, or in the whole, are reported. */
async function* checkedLines(
  snapshot: Storage,
  { index }: Manifest,
  complain: Complain,
): AsyncGenerator<{ readonly said: IndexLine; readonly number: number }> {
  const file = INDEX_FILE;
  const hasher = new Bun.CryptoHasher("sha256");
  let lines = 0;
  try {
    for await (const line of indexLines(snapshot)) {
      lines = line.number;
      hasher.update(line.bytes);
      if (line.whole) hasher.update("\n");
      if ("flaw" in line) complain({ subject: file, message: line.flaw, line: line.number });
      else yield line;
    }
  } catch (error) {
    return complain({ subject: file, message: flawFrom(error) });
  }
  if (lines !== index.lines)
    complain({ subject: file, message: `has ${lines} lines, the manifest says ${index.lines}` });
  if (hasher.digest("hex") !== index.sha256) complain({ subject: file, message: "checksum mismatch" });
}

function compareHashes(manifest: Manifest, data: DataCheck, complain: Complain): void {
  const hashes = data.fileHashes();
  for (const { path, sha256 } of manifest.plugins.flatMap((plugin) => plugin.files)) {
    const found = hashes.get(path);
    if (found !== undefined && found !== sha256) complain({ subject: path, message: "checksum mismatch" });
  }
}
