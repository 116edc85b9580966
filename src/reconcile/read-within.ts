import { addCounts } from "../snapshot/format/counts.ts";
import { coalesce } from "../snapshot/format/ranges.ts";
import { countsOf, isCountedByRecord } from "../snapshot/format/record-counts.ts";
import type { RecordSource } from "../snapshot/read/record-source.ts";
import type { Range } from "../units/range.ts";
import type { ReadWithin } from "./count.ts";

/**
 * Looks up what was read of some ranges: records by their own times; what is only counted by the block, whole blocks. It may be
 * too much, and never too little.
 */
export const readWithin =
  (source: RecordSource): ReadWithin =>
  async (ranges, units) => {
    const times = coalesce(ranges);
    const sum: Record<string, number> = {};
    for (const block of await source.blocks(times)) {
      const single = units.filter((unit) => isCountedByRecord(block, unit));
      for (const unit of units.filter((unit) => !single.includes(unit)))
        addCounts(sum, { [unit]: block.counts[unit] ?? 0 });
      if (single.length === 0) continue;
      await source.eachRecord(block, (record) => {
        if (record.time !== undefined && isWithin(record.time, times))
          addCounts(sum, countsOf(record, single));
      });
    }
    return sum;
  };

const isWithin = ({ from }: Range, times: readonly Range[]): boolean =>
  times.some((one) => from >= one.from && from < one.to);
