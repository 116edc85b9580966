import * as v from "valibot";
import { fromRfc3339, type Range, toRfc3339 } from "../../units/range.ts";

/** A time as written in a snapshot's files: RFC 3339, UTC, up to nanoseconds. */
export const timeSchema = v.pipe(
  v.string(),
  v.regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?Z$/, "not an RFC 3339 time in UTC"),
);

/** A half-open range as written in a snapshot's files. */
export const rangeSchema = v.object({ from: timeSchema, to: timeSchema });

/** A range as two RFC 3339 times. */
type RangeText = v.InferOutput<typeof rangeSchema>;

/** A range as manifests and reports write it: RFC 3339, UTC. */
export const rangeToText = ({ from, to }: Range): RangeText => ({ from: toRfc3339(from), to: toRfc3339(to) });

/** The range between two RFC 3339 times, ns. @throws RangeError when one of them is not a time. */
export const rangeFromText = ({ from, to }: RangeText): Range => ({
  from: fromRfc3339(from),
  to: fromRfc3339(to),
});
