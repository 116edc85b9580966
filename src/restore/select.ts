/** Chooses which parts of a snapshot to restore, and in which order. */
import type { Counts, Restorer } from "../contract/contract.ts";
import { watchMemory } from "../engine/memory-pressure.ts";
import { inRestoreRanks, orderOf } from "../host/restore-order.ts";
import { type Block, byBlockTime, fileOf } from "../snapshot/format/block.ts";
import { addCounts } from "../snapshot/format/counts.ts";
import { kindOf } from "../snapshot/format/file-totals.ts";
import { isJoined } from "../snapshot/format/join-lines.ts";
import type { OpenSnapshot } from "../snapshot/read/reader.ts";
import { given } from "../units/given.ts";
import { type Range, span } from "../units/range.ts";
import type { LostBlock } from "./lost.ts";

/** A data file, or one object, that is to be written. */
export interface PlannedFile {
  /** The data file as plugins know it (`logs.json`), or the object's path. */
  readonly file: string;
  /** In the order in which they are written. */
  readonly blocks: readonly Block[];
  readonly counts: Counts;
  /** ns; absent for an object. */
  readonly range?: Range;
  /** Its blocks may be written concurrently, also with those of other files that have the same number here. */
  readonly beside?: number;
}

/** What the index has about one plugin. */
export interface FoundBlocks {
  /** In the order they were written, by the file that the plugin knows. */
  readonly byFile: ReadonlyMap<string, readonly Block[]>;
  /** Objects excluded by a range, because they have no time. */
  readonly timeless: number;
  /** Blocks of records outside the range. */
  readonly outside: number;
  /** Chosen blocks whose bytes have changed. */
  readonly lost: readonly LostBlock[];
  /** Contents that lines name. They are checked when they are read. */
  readonly contents: readonly Block[];
}

/** Whether it is a file of any content, and not of lines. */
export const isOfBytes = ({ blocks }: Pick<PlannedFile, "blocks">): boolean =>
  blocks.some((block) => kindOf(block) === "bytes");

const NOTHING: FoundBlocks = { byFile: new Map(), timeless: 0, outside: 0, lost: [], contents: [] };

interface FindOptions {
  readonly range: Range | undefined;
  readonly signal: AbortSignal;
  /** Called after each checked block with its stored size in bytes. */
  readonly onLook?: (bytes: number) => void;
}

/**
 * Reads the index once to find what these plugins have within `range`, and checks each such block's checksum, so that damage is
 * known before anything is written.
 * @returns the findings for each plugin
 * @throws SnapshotError at a damaged line of the index; the signal's reason
 */
export async function findBlocks(
  snapshot: OpenSnapshot,
  plugins: readonly string[],
  { range, signal, onLook }: FindOptions,
): Promise<(plugin: string) => FoundBlocks> {
  using _memory = watchMemory();
  const found = new Map(plugins.map((name) => [name, newFound()]));
  for await (const { plugin, block, number } of snapshot.blocks()) {
    signal.throwIfAborted();
    const mine = found.get(plugin);
    if (mine === undefined) continue;
    if (block.content) {
      mine.contents.push(block);
      continue;
    }
    if (range !== undefined && !overlaps(block.range, range)) {
      mine[block.range === undefined ? "timeless" : "outside"] += 1;
      continue;
    }
    const reason = await snapshot.damage(block);
    if (reason === undefined) append(mine.byFile, block.of ?? block.file, block);
    if (kindOf(block) === "bytes") mine.pieces.push({ block, number });
    if (reason !== undefined) mine.lost.push({ block, number, reason });
    onLook?.(block.bytes);
  }
  for (const mine of found.values()) loseWhole(mine);
  return (plugin) => found.get(plugin) ?? NOTHING;
}

/** Part of a file of bytes is useless: if any of it is damaged, none is written. */
function loseWhole({ byFile, lost, pieces }: ReturnType<typeof newFound>): void {
  const damaged = new Set(lost.map(({ block }) => block));
  const files = new Set(
    lost.filter(({ block }) => kindOf(block) === "bytes").map(({ block }) => fileOf(block)),
  );
  for (const file of files) byFile.delete(file);
  for (const { block, number } of pieces)
    if (files.has(fileOf(block)) && !damaged.has(block))
      lost.push({ block, number, reason: "another part of its file is damaged" });
}

const newFound = () => ({
  byFile: new Map<string, Block[]>(),
  timeless: 0,
  outside: 0,
  lost: [] as LostBlock[],
  contents: [] as Block[],
  /** Pieces of files of bytes. */
  pieces: [] as Omit<LostBlock, "reason">[],
});

function append(byFile: Map<string, Block[]>, file: string, block: Block): void {
  const blocks = byFile.get(file);
  if (blocks === undefined) byFile.set(file, [block]);
  else blocks.push(block);
}

/** An object has no time, so it is excluded when a range is requested. */
const overlaps = (held: Range | undefined, range: Range): boolean =>
  held !== undefined && held.from < range.to && held.to > range.from;

/** The found blocks as files, in the order that the restorer requires. */
export async function planFiles(
  { byFile }: FoundBlocks,
  restorer: Pick<Restorer, "order" | "rank" | "ranks">,
  signal: AbortSignal,
): Promise<PlannedFile[]> {
  const planned = [...byFile].map(([file, blocks]) => planFile(file, blocks, restorer));
  const groups = await inRestoreRanks(planned, ({ file }) => file, restorer, signal);
  return groups.flatMap((group, number) =>
    group.map((file) => (isFree(file, restorer) ? { ...file, beside: number } : file)),
  );
}

/** Added records are joined with adjacent blocks, which requires time order. */
const isFree = ({ file, blocks }: PlannedFile, { order }: Pick<Restorer, "order">): boolean =>
  orderOf(file, order) === "any" && !(isJoined(file) && blocks.some(({ reread }) => reread));

function planFile(file: string, blocks: readonly Block[], { order }: Pick<Restorer, "order">): PlannedFile {
  const counts: Record<string, number> = {};
  for (const block of blocks) addCounts(counts, block.counts);
  const ranges = blocks.flatMap((block) => (block.range === undefined ? [] : [block.range]));
  const [first, ...others] = ranges;
  return {
    file,
    blocks: orderOf(file, order) === "time" ? blocks.toSorted(byBlockTime) : blocks,
    counts,
    ...given({ range: first && others.reduce(span, first) }),
  };
}
