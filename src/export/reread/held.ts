/** Which records are held already: some 11 bytes for each, 22 where a record may be held with other contents. */

import type { LineRecord } from "../../snapshot/format/line-format.ts";
import { createKeySet, type KeySet } from "../../units/key-set.ts";

/**
 * - `held`: it is there.
 * - `differs`: it is there, with other contents.
 * - `new`: it is not there; from now on it is.
 */
export type HeldVerdict = "held" | "differs" | "new";

/** The records that are held, with a count of identical ones. */
export interface Held {
  /** Notes a record that is held. */
  note(record: LineRecord): void;
  /** Notes a trace that is at least partly held. @returns whether it was not */
  noteTrace(id: string): boolean;
  /** Judges the records of one line after another; `seen` are the earlier records of the same step. */
  judge(records: readonly LineRecord[], seen: KeySet): readonly HeldVerdict[];
}

/** Holds nothing yet. */
export function createHeld(): Held {
  const keys = createKeySet();
  const add = (record: LineRecord): void => {
    countUp(keys, record.identity);
    if (hasContents(record)) keys.add(contentsKey(record));
  };
  return {
    note: add,
    noteTrace: (id) => keys.add(`trace ${id}`),
    judge(records, seen) {
      // Unchanged records claim their place first: of two with the same identity, the other one is missing.
      const isThere = records.map((record) => hasContents(record) && keys.has(contentsKey(record)));
      const verdicts: HeldVerdict[] = records.map(() => "held");
      for (const [index, record] of records.entries()) if (isThere[index]) countUp(seen, record.identity);
      for (const [index, record] of records.entries()) {
        if (isThere[index]) continue;
        const isHeld = keys.has(numbered(record.identity, countUp(seen, record.identity)));
        if (!isHeld) add(record);
        verdicts[index] = !isHeld ? "new" : hasContents(record) ? "differs" : "held";
      }
      return verdicts;
    },
  };
}

const numbered = (identity: string, number: number): string => `${number} ${identity}`;

/** Adds one more. @returns how many there are now */
function countUp(keys: KeySet, identity: string): number {
  for (let number = 1; ; number += 1) if (keys.add(numbered(identity, number))) return number;
}

const hasContents = (record: LineRecord): boolean => record.content !== record.identity;

const contentsKey = ({ content }: LineRecord): string => `contents ${content}`;
