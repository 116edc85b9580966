/** The damaged parts of a snapshot by plugin, so that they can be exported again. */

import type { Block } from "../snapshot/format/block.ts";
import { coalesce } from "../snapshot/format/ranges.ts";
import type { Range } from "../units/range.ts";

/** The damaged blocks of one plugin. */
export interface Damage {
  readonly plugin: string;
  readonly blocks: number;
  /** The times of their records, ns, in as few ranges as possible; none when they are all objects. */
  readonly ranges: readonly Range[];
}

/** The damaged blocks so far. */
export interface DamageTally {
  /** Notes a block by its line in the index; each block counts once. */
  note(plugin: string, block: Block, number: number): void;
  list(): Damage[];
}

/** Begins to add up damaged blocks. */
export function createDamageTally(): DamageTally {
  const damaged = new Map<string, { readonly numbers: Set<number>; ranges: Range[] }>();
  return {
    note(plugin, { range }, number) {
      const mine = damaged.get(plugin) ?? { numbers: new Set(), ranges: [] };
      damaged.set(plugin, mine);
      if (mine.numbers.has(number)) return;
      mine.numbers.add(number);
      if (range !== undefined) mine.ranges = coalesce([...mine.ranges, range]);
    },
    list: () =>
      [...damaged].map(([plugin, { numbers, ranges }]) => ({ plugin, blocks: numbers.size, ranges })),
  };
}
