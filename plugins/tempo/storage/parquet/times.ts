import type { Range } from "contextcore";
import type { FileMetaData } from "hyparquet";

/**
 * The times of all traces in a file, ends included, from its own statistics: those in `meta.json` are of the arrival
 * where data came late. `undefined` when it has none. ns
 */
export function timesOf({ row_groups: groups }: FileMetaData): Range | undefined {
  const bounds = (column: string, which: "min_value" | "max_value"): bigint[] =>
    groups.flatMap(({ columns }) => {
      const chunk = columns.find(({ meta_data }) => meta_data?.path_in_schema.join(".") === column);
      const bound = chunk?.meta_data?.statistics?.[which];
      return typeof bound === "bigint" ? [BigInt.asUintN(64, bound)] : [];
    });
  const from = bounds("StartTimeUnixNano", "min_value");
  const to = bounds("EndTimeUnixNano", "max_value");
  if (from.length < groups.length || to.length < groups.length || groups.length === 0) return undefined;
  return { from: from.reduce((a, b) => (a < b ? a : b)), to: to.reduce((a, b) => (a > b ? a : b)) };
}
