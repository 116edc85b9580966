/** How big an export will be, against the room there is for it. */
import { statfs } from "node:fs/promises";
import { dirname } from "node:path";
import type { Range } from "../units/range.ts";
import type { Reached } from "./survey.ts";

/**
 * Readable JSON is larger than a server's compressed blocks, by about this factor: spans in Parquet nine times, samples in
 * TSDB chunks a dozen times and more, log lines a few times.
 */
const JSON_FOR_STORED = 10;

/** About how many bytes the export of these backends' parts will take. An estimate: rather too much than too little. */
export function estimateBytes(
  parts: readonly { readonly finding: Reached; readonly range: Range }[],
): number {
  return Math.round(parts.reduce((sum, { finding, range }) => sum + estimateOne(finding, range), 0));
}

function estimateOne({ inventory, size }: Reached, range: Range): number {
  if (size === undefined) return 0;
  const whole = size.bytes * (size.source === "disk" ? JSON_FOR_STORED : 1);
  const { oldest, newest } = inventory;
  if (oldest === undefined || newest === undefined || newest <= oldest) return whole;
  const from = range.from > oldest ? range.from : oldest;
  const to = range.to < newest ? range.to : newest;
  return to <= from ? 0 : whole * (Number(to - from) / Number(newest - oldest));
}

/** Bytes free for us where the directory is, or will be. `undefined`: the system did not say. */
export async function freeBytes(directory: string): Promise<number | undefined> {
  for (let place = directory; ; place = dirname(place)) {
    const found = await statfs(place).catch(() => undefined);
    if (found !== undefined) return found.bavail * found.bsize;
    if (dirname(place) === place) return undefined;
  }
}
