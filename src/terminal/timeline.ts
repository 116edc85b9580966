import type { Range } from "../units/range.ts";

/**
 * Draws which parts of a time line are covered, in `cells` characters: full, partial, empty, or before the first covered
 * moment. A tiny gap never rounds to full, and a tiny piece never to empty.
 */
export function drawTimeline(whole: Range, covered: readonly Range[], cells: number): string {
  const length = whole.to - whole.from;
  if (length <= 0n) return "";
  const begins = covered.map(({ from }) => from).sort((a, b) => (a < b ? -1 : 1));
  const first = begins[0] ?? whole.from;
  return Array.from({ length: cells }, (_, index) => {
    const from = whole.from + (length * BigInt(index)) / BigInt(cells);
    const to = whole.from + (length * BigInt(index + 1)) / BigInt(cells);
    return to <= first ? BEFORE : shade(overlap({ from, to }, covered), to - from);
  }).join("");
}

const BEFORE = "┄";

const shade = (covered: bigint, length: bigint): string =>
  covered === 0n ? "·" : covered < length ? "▒" : "█";

const overlap = (cell: Range, covered: readonly Range[]): bigint =>
  covered.reduce((sum, { from, to }) => {
    const start = from > cell.from ? from : cell.from;
    const end = to < cell.to ? to : cell.to;
    return end > start ? sum + end - start : sum;
  }, 0n);
