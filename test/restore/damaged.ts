/** Snapshots whose bytes changed after they were written. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

export interface IndexBlock {
  readonly number: number;
  readonly file: string;
  readonly of?: string;
  readonly offset: number;
  readonly bytes: number;
  readonly records: number;
  readonly from: string;
  readonly to: string;
  readonly counts: Record<string, number>;
}

/** The blocks of a data file, in the order of the index. */
export const blocksOf = (path: string, file: string): IndexBlock[] =>
  allBlocks(path).filter((block) => (block.of ?? block.file) === file);

/** Every block of the snapshot. */
export function allBlocks(path: string): IndexBlock[] {
  const lines = readFileSync(join(path, "blocks.jsonl"), "utf8").trimEnd().split("\n");
  return lines.flatMap((text, at) => {
    const line = JSON.parse(text);
    return line.file !== undefined ? [{ ...line, number: at + 1 }] : [];
  });
}

/** Flips one bit in the middle of the block; done twice, the block is whole again. */
export function flipBit(path: string, { file, offset, bytes }: IndexBlock): void {
  const content = readFileSync(join(path, file));
  const at = offset + Math.floor(bytes / 2);
  content[at] = (content[at] ?? 0) ^ 1;
  writeFileSync(join(path, file), content);
}

/** What a report says of a lost block. */
export const lostText = (block: IndexBlock) => ({
  file: block.file,
  block: block.number,
  bytes: { from: block.offset, to: block.offset + block.bytes },
  range: { from: block.from, to: block.to },
  counts: block.counts,
  reason: "checksum mismatch",
});

/** The same, as it is printed. */
export const lostJson = (block: IndexBlock) => ({
  ...lostText(block),
  offset: block.offset,
  bytes: block.bytes,
});
