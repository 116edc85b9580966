/** In which units single records are counted, and as what. */
import type { Counts } from "../../contract/contract.ts";
import type { Block } from "./block.ts";
import { formatOf } from "./formats.ts";
import type { LineRecord } from "./line-format.ts";

/** By the contract's rule, `spansInRange` counts spans. */
const baseOf = (unit: string): string => unit.replace(/InRange$/, "");

/** Whether a block's records themselves tell what they count as in this unit. */
export const isCountedByRecord = ({ of, file }: Pick<Block, "of" | "file">, unit: string): boolean =>
  formatOf(of ?? file)?.counted?.includes(baseOf(unit)) ?? false;

/** What one record within the range counts as, in some units. */
export const countsOf = ({ units: own }: LineRecord, units: readonly string[]): Counts =>
  Object.fromEntries(units.filter((unit) => own.includes(baseOf(unit))).map((unit) => [unit, 1]));
