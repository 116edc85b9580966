/** Operations on sets of half-open ranges. Pure. */
import type { Range } from "../../units/range.ts";

/** The same parts of the time line in as few ranges as possible, in order. Empty ranges are left out. */
export function coalesce(ranges: readonly Range[]): Range[] {
  const joined: Range[] = [];
  for (const range of [...ranges].filter(({ from, to }) => from < to).sort(byFrom)) {
    const last = joined.at(-1);
    if (last === undefined || range.from > last.to) joined.push(range);
    else if (range.to > last.to) joined[joined.length - 1] = { from: last.from, to: range.to };
  }
  return joined;
}

/** What remains of `whole` without the `holes`, in order. */
export function subtract(whole: Range, holes: readonly Range[]): Range[] {
  const left: Range[] = [];
  let from = whole.from;
  for (const hole of coalesce(holes)) {
    if (hole.to <= from) continue;
    if (hole.from >= whole.to) break;
    if (hole.from > from) left.push({ from, to: hole.from });
    from = hole.to;
  }
  if (from < whole.to) left.push({ from, to: whole.to });
  return left;
}

/** Their total length, ns. A range that ends before it begins counts as empty; overlaps count twice. */
export const totalLength = (ranges: readonly Range[]): bigint =>
  ranges.reduce((sum, { from, to }) => (to > from ? sum + to - from : sum), 0n);

/** For `sort`: the range that begins first comes first. */
export const byFrom = (a: Range, b: Range): number => (a.from < b.from ? -1 : a.from > b.from ? 1 : 0);
