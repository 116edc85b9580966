/** One block of a snapshot that is written anew: what stands for it now, and what of it is gone. */
import type { Counts } from "../../contract/contract.ts";
import { canonicalJson } from "../../units/canonical-json.ts";
import { given } from "../../units/given.ts";
import type { Range } from "../../units/range.ts";
import { type Block, fileOf } from "../format/block.ts";
import { compressBlock, decompressBlock } from "../format/compress.ts";
import { kindOf } from "../format/file-totals.ts";
import type { LineRecord } from "../format/line-format.ts";
import type { ByteReader } from "../read/byte-reader.ts";
import { readStored } from "../read/reader.ts";
import type { NewBlock } from "../write/stored-files.ts";
import type { BlotName } from "./blot.ts";
import type { RewrittenBytes } from "./files-of-bytes.ts";
import { leftLines, lessCounts, withoutCounts } from "./records.ts";
import type { FileAsked, Rewriting } from "./rewriting.ts";

/** What stands for a block now. */
export interface LeftBlock {
  /** None: nothing is left of it. */
  readonly pieces: AsyncIterable<LeftPiece> | Iterable<LeftPiece>;
  /** What is gone, in the block's units. */
  readonly less: Counts;
  readonly isChanged: boolean;
}

/** A block to be written. */
interface LeftPiece {
  readonly bytes: Uint8Array;
  readonly block: NewBlock;
}

/** A block, and how it is to be written anew. */
interface BlockTask {
  readonly plugin: string;
  readonly block: Block;
  /** What was asked of its backend. */
  readonly range: Range | undefined;
  /** Its line in the index. */
  readonly line: number;
}

/** How all of them are. */
interface BlockOptions {
  readonly reader: ByteReader;
  readonly rewriting: Rewriting;
  readonly named: BlotName;
  /** See {@link rewrittenBytes}. */
  readonly bytes: ReadonlyMap<string, RewrittenBytes>;
}

/** @returns for each block what stands for it; those of a file of bytes must come in their order */
export function createLeftBlocks(options: BlockOptions): (task: BlockTask) => Promise<LeftBlock> {
  const numbers = new Map<string, number>();
  return async (task) => {
    const { block } = task;
    const changed = options.bytes.get(block.file);
    if (changed !== undefined) {
      const number = numbers.get(block.file) ?? 0;
      numbers.set(block.file, number + 1);
      return ofBytes(task, changed, number, options);
    }
    const stored = await readStored(options.reader, block);
    return (await reduced(task, stored, options)) ?? asItIs(task, stored, options);
  };
}

const whole = (pieces: readonly LeftPiece[], more: Partial<LeftBlock> = {}): LeftBlock => ({
  pieces,
  less: {},
  isChanged: true,
  ...more,
});

function asItIs({ block }: BlockTask, bytes: Uint8Array, { named }: BlockOptions): LeftBlock {
  const fresh = renamed(block, named);
  return whole([{ bytes, block: fresh }], { isChanged: fresh.file !== block.file || fresh.of !== block.of });
}

/** Contents are found by the name of their file. */
function renamed({ offset: _, bytes: __, sha256: ___, ...block }: Block, named: BlotName): NewBlock {
  if (block.content) return block;
  return { ...block, file: named(block.file), ...given({ of: block.of && named(block.of) }) };
}

/** A block without what goes; `undefined` when all of it stays. */
async function reduced(
  task: BlockTask,
  stored: Uint8Array,
  options: BlockOptions,
): Promise<LeftBlock | undefined> {
  const { plugin, block, line } = task;
  const { isGone, isConcerned = () => true } = options.rewriting;
  const kind = kindOf(block);
  if (isGone === undefined || kind === "bytes" || !isConcerned(line)) return undefined;
  const of: FileAsked = { plugin, file: fileOf(block), kind };
  const bytes = block.raw === undefined ? stored : await decompressBlock(stored, block.raw);
  if (kind === "object")
    return isGone(of, objectRecord(of.file, bytes, block)) ? whole([], { less: block.counts }) : undefined;
  return withoutRecords(task, bytes, (record) => isGone(of, record), options);
}

/** An object as one record: its text, or its JSON. */
function objectRecord(file: string, bytes: Uint8Array, { counts }: Block): LineRecord {
  const text = Buffer.from(bytes).toString();
  return { identity: file, content: canonicalOr(text), timeMs: 0, units: Object.keys(counts) };
}

function canonicalOr(text: string): string {
  try {
    return canonicalJson(JSON.parse(text));
  } catch {
    return text; // it is no JSON
  }
}

async function withoutRecords(
  { block, range }: BlockTask,
  bytes: Uint8Array,
  isGone: (record: LineRecord) => boolean,
  { named }: BlockOptions,
): Promise<LeftBlock | undefined> {
  const file = fileOf(block);
  const left = leftLines(bytes, { file, range, isGone });
  if (left === undefined) return undefined;
  if (left.lines === 0) return whole([], { less: block.counts });
  const less = lessCounts(block, file, left.gone);
  const text = Buffer.from(left.text);
  const counts = withoutCounts(block.counts, less);
  const { raw: _, ...fresh } = { ...renamed(block, named), records: left.lines, counts };
  const isPacked = block.raw !== undefined;
  const piece: LeftPiece = isPacked
    ? { bytes: await compressBlock(text), block: { ...fresh, raw: text.length } }
    : { bytes: text, block: fresh };
  return whole([piece], { less });
}

/** The first block says what is gone of the whole file. */
function ofBytes(
  { block }: BlockTask,
  file: RewrittenBytes,
  number: number,
  { named }: BlockOptions,
): LeftBlock {
  const { raw: _, ...fresh } = renamed(block, named);
  const pieces = async function* (): AsyncGenerator<LeftPiece> {
    let counts = number === 0 ? withoutCounts(block.counts, file.gone) : block.counts;
    for await (const { bytes, ...raw } of file.piecesOf(number)) {
      yield { bytes, block: { ...fresh, ...raw, counts } };
      counts = {};
    }
  };
  return { pieces: pieces(), less: number === 0 ? file.gone : {}, isChanged: true };
}
