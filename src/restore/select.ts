/** Chooses what of a snapshot is put back, and in which order. */
import type { Counts, Restorer } from "../plugin/contract.ts";
import { type Block, byBlockTime } from "../snapshot/format/block.ts";
import { addCounts } from "../snapshot/format/counts.ts";
import type { OpenSnapshot } from "../snapshot/read/reader.ts";
import { type Range, span } from "../units/range.ts";

/** A data file, or one object, that is to be written. */
export interface PlannedFile {
  /** The data file as plugins know it (`logs.json`), or the object's path. */
  readonly file: string;
  /** In the order in which they are written. */
  readonly blocks: readonly Block[];
  readonly counts: Counts;
  /** ns; absent for an object. */
  readonly range?: Range;
}

/** The files of one plugin that hold anything within `range`, in the order that its restorer asks for. */
export async function selectFiles(
  snapshot: OpenSnapshot,
  plugin: string,
  range: Range | undefined,
  restorer: Pick<Restorer, "order" | "rank">,
): Promise<PlannedFile[]> {
  const byFile = new Map<string, Block[]>();
  for await (const { plugin: owner, block } of snapshot.blocks()) {
    if (owner !== plugin || !overlaps(block, range)) continue;
    const file = block.of ?? block.file;
    const blocks = byFile.get(file);
    if (blocks === undefined) byFile.set(file, [block]);
    else blocks.push(block);
  }
  const planned = [...byFile].map(([file, blocks]) => planFile(file, blocks, restorer));
  return planned.sort((a, b) => compareFiles(a.file, b.file, restorer));
}

/** An object has no time: it is left out when a range is asked for. */
function overlaps(block: Block, range: Range | undefined): boolean {
  if (range === undefined) return true;
  return block.range !== undefined && block.range.from < range.to && block.range.to > range.from;
}

function planFile(file: string, blocks: Block[], { order }: Pick<Restorer, "order">): PlannedFile {
  const counts: Record<string, number> = {};
  for (const block of blocks) addCounts(counts, block.counts);
  const ranges = blocks.flatMap((block) => (block.range === undefined ? [] : [block.range]));
  const [first, ...others] = ranges;
  return {
    file,
    blocks: order?.[file] === "time" ? blocks.toSorted(byBlockTime) : blocks,
    counts,
    ...(first === undefined ? {} : { range: others.reduce(span, first) }),
  };
}

/** By rank, then parents before what lies in them. */
export function compareFiles(a: string, b: string, { rank }: Pick<Restorer, "rank">): number {
  const ranked = (rank?.(a) ?? 0) - (rank?.(b) ?? 0);
  const depth = (path: string): number => path.split("/").length;
  return ranked || depth(a) - depth(b) || (a < b ? -1 : 1);
}
