import type { LostText } from "../../restore/lost.ts";
import { exportAgain } from "../../results/export-again.ts";
import { addCounts } from "../../snapshot/format/counts.ts";
import { rangeFromText } from "../../snapshot/format/range-text.ts";
import { coalesce } from "../../snapshot/format/ranges.ts";
import { countsText } from "../../units/unit-text.ts";
import { counted } from "../../units/words.ts";

/** Up to this many blocks are listed one per line; the report has them all. */
const SHOWN_MAX = 20;

/** Names each damaged block of a plugin, and where else its data might be. Returns no lines if nothing is damaged. */
export function lostLines(plugin: string, lost: readonly LostText[]): string[] {
  if (lost.length === 0) return [];
  const counts: Record<string, number> = {};
  for (const one of lost) addCounts(counts, one.counts);
  const ranges = coalesce(lost.flatMap(({ range }) => (range === undefined ? [] : [rangeFromText(range)])));
  const more = lost.length - SHOWN_MAX;
  return [
    `${plugin}: ${counted(lost.length, "block")} of the snapshot, left out: ${countsText(counts)}`,
    ...lost.slice(0, SHOWN_MAX).map((one) => `  ${lineOf(one)}`),
    ...(more > 0 ? [`  and ${more.toLocaleString("en")} more, all of them with --json`] : []),
    "  another copy of the snapshot may be intact; or, while the server still has the data:",
    ...exportAgain(plugin, ranges).map((command) => `  ${command}`),
  ];
}

function lineOf({ file, block, bytes, range, reason }: LostText): string {
  const times = range === undefined ? "" : `, ${range.from} to ${range.to}`;
  return `${file}, block ${block} of the index, bytes ${bytes.from} to ${bytes.to}${times}: ${reason}`;
}
