/** `archive` of `contextcore.yaml`: which backends' old data moves into a place. */
import * as v from "valibot";
import { objectOf } from "../contract/any-names.ts";
import { duration } from "../contract/options.ts";
import { parseDuration } from "../units/duration.ts";

const archived = v.strictObject({
  after: v.unwrap(
    duration("data that is older than this is archived, as 2y", "2y", { min: "1d", max: "100y" }),
  ),
  to: v.pipe(v.string(), v.nonEmpty("empty: name a store"), v.description("the store that keeps it")),
  // biome-ignore lint/suspicious/noThenProperty: it is what the setting is called, and a text
  then: v.optional(
    v.pipe(
      v.picklist(["keep", "delete"]),
      v.description("what becomes of it here once the archive is proved: keep, or delete"),
    ),
    "keep",
  ),
});

/** By the names of backends. */
export const archiveSchema = v.nullish(
  v.pipe(
    objectOf(archived),
    v.description("what `retention archive` moves into a store, by backend: after, to, then"),
  ),
  {},
);

/** What is archived of one backend. */
export interface Archiving {
  /** ns */
  readonly after: bigint;
  /** The store. */
  readonly to: string;
  /** What becomes of it here. */
  readonly afterwards: "keep" | "delete";
}

/** The same with durations as ns. */
export const archivingIn = (written: v.InferOutput<typeof archiveSchema>): Record<string, Archiving> =>
  Object.fromEntries(
    Object.entries(written ?? {}).map(([name, { after, to, then }]) => [
      name,
      { after: parseDuration(after), to, afterwards: then },
    ]),
  );
