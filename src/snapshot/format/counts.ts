import * as v from "valibot";
import { objectOf } from "../../contract/any-names.ts";
import type { Counts } from "../../contract/contract.ts";

/** Whole numbers by unit. */
export const countsSchema = objectOf(v.pipe(v.number(), v.integer(), v.minValue(0)));

/** Adds `more` into `total`, unit by unit. */
export function addCounts(total: Record<string, number>, more: Counts): void {
  for (const [unit, number] of Object.entries(more)) total[unit] = (total[unit] ?? 0) + number;
}

/** The counts in these units only; an absent one is 0. */
export const countsIn = (units: readonly string[], counts: Counts): Counts =>
  Object.fromEntries(units.map((unit) => [unit, counts[unit] ?? 0]));

/** The units whose numbers differ; a unit that one side does not name is 0 there. */
export function countDifferences(
  left: Counts,
  right: Counts,
): { unit: string; left: number; right: number }[] {
  const units = new Set([...Object.keys(left), ...Object.keys(right)]);
  return [...units]
    .map((unit) => ({ unit, left: left[unit] ?? 0, right: right[unit] ?? 0 }))
    .filter((one) => one.left !== one.right);
}

/** The counts without some of them, by unit. */
export const countsLess = (counts: Counts, less: Counts): Record<string, number> =>
  Object.fromEntries(
    Object.entries(counts).map(([unit, count]) => [unit, Math.max(0, count - (less[unit] ?? 0))]),
  );
