import type { Counts } from "../../contract/contract.ts";
import { countedUnit, countsToTell } from "../../units/unit-text.ts";

/** `1,234 entries, 2 rules`, or `nothing`. */
export const countsText = (counts: Counts): string =>
  countsToTell(counts)
    .filter(([, count]) => count > 0)
    .map(([unit, count]) => countedUnit(count, unit))
    .join(", ") || "nothing";
