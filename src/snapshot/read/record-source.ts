/** Where records are read from: a running export, a finished snapshot. */
import type { Json } from "../../contract/contract.ts";
import type { Range } from "../../units/range.ts";
import { type Block, fileOf } from "../format/block.ts";
import { kindOf } from "../format/file-totals.ts";
import type { LineRecord } from "../format/line-format.ts";
import { recordsOf } from "../format/record-keys.ts";
import type { OpenSnapshot } from "./reader.ts";

/** The records of one backend. */
export interface RecordSource {
  /** The blocks with records in one of the ranges, in the order they were written. */
  blocks(ranges: readonly Range[]): Promise<readonly Block[]>;
  /** Each record of a block. @throws SnapshotError when its bytes are not what was written */
  eachRecord(block: Block, visit: (record: LineRecord) => void): Promise<void>;
}

/** Whether a block has records that may lie in one of the ranges. */
export const reachesInto = (block: Block, ranges: readonly Range[]): boolean =>
  kindOf(block) === "records" &&
  ranges.some(({ from, to }) => block.range !== undefined && block.range.from < to && block.range.to >= from);

/** The records of one backend of a snapshot. */
export const backendRecords = (
  snapshot: Pick<OpenSnapshot, "blocks" | "lines">,
  backend: string,
): RecordSource => ({
  async blocks(ranges) {
    const found: Block[] = [];
    for await (const { plugin, block } of snapshot.blocks())
      if (plugin === backend && reachesInto(block, ranges)) found.push(block);
    return found;
  },
  async eachRecord(block, visit) {
    for await (const line of snapshot.lines(block)) {
      const value: Json = JSON.parse(line);
      for (const record of recordsOf(fileOf(block), value)) visit(record);
    }
  },
});
