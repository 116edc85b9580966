/**
 * Blocks of several snapshots that overlap in time. Each holds what the others lack, so none can be sent whole before another:
 * a series would go back in time. The newer snapshot's records there count as added to the older one's.
 */
import { type Block, fileOf } from "../format/block.ts";
import { isJoined } from "../format/join-lines.ts";
import { byFrom } from "../format/ranges.ts";

/** A remaining block, and its snapshot: the oldest is 0. */
interface LeftBlock {
  readonly link: number;
  readonly plugin: string;
  readonly block: Block;
}

/** Blocks to join with those of older snapshots, as second readings are. */
export function findInterleaved(blocks: readonly LeftBlock[]): ReadonlySet<LeftBlock> {
  const joined = blocks.filter(({ block }) => block.range !== undefined && isJoined(fileOf(block)));
  const files = Map.groupBy(joined, ({ plugin, block }) => JSON.stringify([plugin, fileOf(block)]));
  return new Set([...files.values()].flatMap((some) => [...newerInSameTime(some)]));
}

function* newerInSameTime(blocks: readonly LeftBlock[]): Generator<LeftBlock> {
  const rangeOf = ({ block: { range } }: LeftBlock) => range ?? { from: 0n, to: 0n };
  let open: LeftBlock[] = [];
  for (const one of blocks.toSorted((a, b) => byFrom(rangeOf(a), rangeOf(b)))) {
    open = open.filter((other) => rangeOf(other).to > rangeOf(one).from);
    if (open.some(({ link }) => link < one.link)) yield one;
    yield* open.filter(({ link }) => link > one.link);
    open.push(one);
  }
}
