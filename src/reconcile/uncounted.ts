/** What a server could not count, as it is told. */
import * as v from "valibot";
import { rangeSchema, rangeToText } from "../snapshot/format/range-text.ts";
import type { Range } from "../units/range.ts";
import { listed } from "../units/words.ts";

/** Something that the server could not count. */
export interface Uncounted {
  readonly range: Range;
  /** What it is, in words; empty: everything of that time. */
  readonly items: readonly string[];
  readonly reason: string;
}

/** As reports have it. */
export const uncountedSchema = v.object({
  range: rangeSchema,
  items: v.pipe(v.array(v.string()), v.description("what it is, in words; empty: everything of that time")),
  reason: v.string(),
});
type UncountedText = v.InferOutput<typeof uncountedSchema>;

/** The same in that form. */
export const uncountedToText = ({ range, items, reason }: Uncounted): UncountedText => ({
  range: rangeToText(range),
  items: [...items],
  reason,
});

/** In one line, after the name of its backend: `lines of {app="db"} (2026-… to 2026-…): answered 500`. */
export const uncountedLine = ({ range: { from, to }, items, reason }: UncountedText): string =>
  `${items.length === 0 ? "everything" : listed(items)} (${from} to ${to}): ${reason}`;
