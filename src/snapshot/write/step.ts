/** Where everything in a step goes, worked out before anything is written. */
import type { Counts } from "../../contract/contract.ts";
import type { Range } from "../../units/range.ts";
import type { Commit } from "../format/block.ts";
import { compressBlock } from "../format/compress.ts";
import type { Placement } from "./placement.ts";
import type { NewBlock } from "./stored-files.ts";

/** Records that are ready to be written: whole lines, checked. */
export interface StepRecords {
  readonly file: string;
  readonly bytes: Uint8Array;
  readonly lines: number;
  readonly range: Range;
  readonly counts: Counts;
  readonly window?: Range;
  /** Of a second reading: see `Block`. */
  readonly reread?: true;
}

export interface StepObject {
  readonly path: string;
  readonly bytes: Uint8Array;
  readonly unit: string;
}

/** A whole step: it is committed with everything it yielded, or not at all. */
export interface WholeStep {
  readonly records: readonly StepRecords[];
  readonly objects: readonly StepObject[];
  readonly commit: Commit;
}

/** A step that cannot be kept as it is, while the snapshot is sound. */
export class StepRefused extends Error {
  override readonly name = "StepRefused";
}

/** One run of bytes, and the block that will say where it is. */
export interface Part {
  readonly bytes: Uint8Array;
  readonly block: NewBlock;
}

/**
 * Finds a place for everything in a step before anything of it is written, and compresses what is to be compressed.
 * @throws StepRefused when a path of it is taken
 */
export async function placeStep(
  plugin: string,
  step: WholeStep,
  placement: Placement,
  compressed: boolean,
): Promise<Part[]> {
  const parts: Part[] = [];
  for (const records of step.records.filter((one) => one.lines > 0)) {
    const bytes = compressed ? await compressBlock(records.bytes) : records.bytes;
    const place = refusing(() => placement.locate(plugin, records.file, bytes.length));
    parts.push({ bytes, block: recordsBlock(records, place, compressed) });
  }
  for (const { path, bytes, unit } of step.objects) {
    const place = refusing(() => placement.claim(plugin, path));
    parts.push({ bytes, block: { ...named(place), records: 1, counts: { [unit]: 1 } } });
  }
  return parts;
}

function refusing<Result>(work: () => Result): Result {
  try {
    return work();
  } catch (error) {
    throw new StepRefused(error instanceof Error ? error.message : String(error), { cause: error });
  }
}

const named = ({ path, of }: { path: string; of: string }) =>
  path === of ? { file: path } : { file: path, of };

const recordsBlock = (
  records: StepRecords,
  place: { path: string; of: string },
  compressed: boolean,
): NewBlock => ({
  ...named(place),
  ...(compressed ? { raw: records.bytes.length } : {}),
  records: records.lines,
  range: records.range,
  counts: records.counts,
  ...(records.window === undefined ? {} : { window: records.window }),
  ...(records.reread === undefined ? {} : { reread: records.reread }),
});
