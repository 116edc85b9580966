/** Sets of half-open ranges: pure. */
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

/** What is left of `whole` without the `holes`, in order. */
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

/** How long they are together, ns. A range that ends before it begins counts as empty; those that overlap count twice. */
export const totalLength = (ranges: readonly Range[]): bigint =>
  ranges.reduce((sum, { from, to }) => (to > from ? sum + to - from : sum), 0n);

/** For `sort`: the range that begins first comes first. */
export const byFrom = (a: Range, b: Range): number => (a.from < b.from ? -1 : a.from > b.from ? 1 : 0);
