/** Which records are held already: 16 bytes for each, 32 where a record may be held with other contents. */

import { createKeySet, type KeySet } from "../../snapshot/format/key-set.ts";
import type { LineRecord } from "../../snapshot/format/line-format.ts";

/**
 * - `held`: it is there.
 * - `differs`: it is there, with other contents.
 * - `new`: it is not there; from now on it is.
 */
export type Verdict = "held" | "differs" | "new";

/** The records that are held. Of records that are equal in everything it knows how many there are. */
export interface Held {
  /** Notes a record that is held. */
  note(record: LineRecord): void;
  /** Notes a trace that is held, be it only in part. @returns whether it was not */
  noteTrace(id: string): boolean;
  /** Judges the records of one line after the other; `seen` are those of the same step before it. */
  judge(records: readonly LineRecord[], seen: KeySet): readonly Verdict[];
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
      // Those that are there as they are take their place first: of two with one identity, the other one is lacking.
      const isThere = records.map((record) => hasContents(record) && keys.has(contentsKey(record)));
      const verdicts: Verdict[] = records.map(() => "held");
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

/** Adds one more of the same. @returns the how many-th it is */
function countUp(keys: KeySet, identity: string): number {
  for (let number = 1; ; number += 1) if (keys.add(numbered(identity, number))) return number;
}

const hasContents = (record: LineRecord): boolean => record.content !== record.identity;

const contentsKey = ({ content }: LineRecord): string => `contents ${content}`;
