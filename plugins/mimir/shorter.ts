import { halves, NS_PER_SECOND, type Range } from "contextcore";

/** The shortest range that a server may find too much: below it, only fewer series help. ns */
const RANGE_MIN = 60n * NS_PER_SECOND;

/** A range that was too much for one query as two, at a whole second; `undefined` when it is a minute or less. */
export const shorter = (range: Range): readonly [Range, Range] | undefined =>
  range.to - range.from > RANGE_MIN ? halves(range, NS_PER_SECOND) : undefined;
