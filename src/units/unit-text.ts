import { counted } from "./words.ts";

/** A unit of counts for people: `spansInRange` becomes "spans in range". JSON and manifests keep the unit itself. */
export const unitText = (unit: string): string =>
  unit.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);

/** `1 entry`, `2 entries`, `1 span in range`, `1 metadata`. */
export function countedUnit(count: number, unit: string): string {
  const many = unitText(unit);
  return counted(count, count === 1 ? singular(many) : many, many);
}

/** The singular, including units that have none of their own or an irregular one. */
const singular = (text: string): string =>
  text.replace(/^[\w-]+/, (word) =>
    word === "series" || !word.endsWith("s") ? word : word.replace(/ies$/, "y").replace(/s$/, ""),
  );

/**
 * The counts worth showing, largest first. By the contract's rule for `Counts`, a unit that ends in `InRange` is the part of
 * another unit within the range (`spansInRange` of `spans`). It is left out if it equals the whole.
 */
export const countsToTell = (counts: Readonly<Record<string, number>>): [unit: string, count: number][] =>
  Object.entries(counts)
    .filter(([unit, count]) => counts[unit.replace(/InRange$/, "")] !== count || !unit.endsWith("InRange"))
    .sort(([one, a], [other, b]) => b - a || one.localeCompare(other));

/** `1,234 entries, 2 rules`, or `nothing`. */
export const countsText = (counts: Readonly<Record<string, number>>): string =>
  countsToTell(counts)
    .filter(([, count]) => count > 0)
    .map(([unit, count]) => countedUnit(count, unit))
    .join(", ") || "nothing";
