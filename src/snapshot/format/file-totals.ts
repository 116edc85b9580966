import type { Counts } from "../../contract/contract.ts";
import { given } from "../../units/given.ts";
import { type Range, span } from "../../units/range.ts";
import type { Block } from "./block.ts";
import { addCounts } from "./counts.ts";

/** The sums over the blocks of one stored file. */
export interface FileTotals {
  readonly plugin: string;
  readonly path: string;
  readonly of: string;
  readonly kind: FileKind;
  readonly bytes: number;
  readonly raw?: number;
  readonly blocks: number;
  readonly records: number;
  readonly range?: Range;
  readonly counts: Counts;
  /** The hash of its only block; a file of several blocks has its own, of its bytes. */
  readonly blockSha256: string;
}

/** Lines of records, one small file written whole, or a file with any content in pieces. */
export type FileKind = "records" | "object" | "bytes";

/** Records have a time and objects have none; bytes are marked as such. */
export const kindOf = ({ kind, range }: Pick<Block, "kind" | "range">): FileKind =>
  kind ?? (range === undefined ? "object" : "records");

/** Adds a block to a file's totals, which are `undefined` before the first block. */
export function addBlock(before: FileTotals | undefined, plugin: string, block: Block): FileTotals {
  const counts: Record<string, number> = { ...before?.counts };
  addCounts(counts, block.counts);
  const range = joined(before?.range, block.range);
  const raw = block.raw === undefined ? before?.raw : (before?.raw ?? 0) + block.raw;
  return {
    plugin,
    path: block.file,
    of: block.of ?? block.file,
    kind: kindOf(block),
    bytes: (before?.bytes ?? 0) + block.bytes,
    ...given({ raw }),
    blocks: (before?.blocks ?? 0) + 1,
    records: (before?.records ?? 0) + block.records,
    ...given({ range }),
    counts,
    blockSha256: block.sha256,
  };
}

const joined = (a: Range | undefined, b: Range | undefined): Range | undefined =>
  a === undefined ? b : b === undefined ? a : span(a, b);
