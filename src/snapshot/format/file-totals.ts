import type { Counts } from "../../contract/contract.ts";
import { given } from "../../units/given.ts";
import { type Range, span } from "../../units/range.ts";
import type { Block } from "./block.ts";
import { addCounts } from "./counts.ts";

/** What the blocks of one stored file add up to. */
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
  /** Of its only block; a file of several blocks has its own, from its bytes. */
  readonly blockSha256: string;
}

/** Lines of records, one whole small file, or a file of any content in pieces. */
export type FileKind = "records" | "object" | "bytes";

/** An object is not tied to a time; records are; of bytes it is said. */
export const kindOf = ({ kind, range }: Pick<Block, "kind" | "range">): FileKind =>
  kind ?? (range === undefined ? "object" : "records");

/** Adds one more block to a file's totals; `undefined`: it is the first. */
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
