/** What several results have in common: the same thing has the same name and the same form in all of them. */
import * as v from "valibot";
import type { Unwritten } from "../dashboards/attempts.ts";
import { snapshotName } from "../snapshot/format/name.ts";

/** RFC 3339. Times that other programs gave may have any number of digits, or an offset. */
export const time = v.pipe(
  v.string(),
  v.regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/),
  v.description("RFC 3339"),
);

/** A path that is absolute. */
export const absolutePath = v.pipe(v.string(), v.description("absolute"));

/** A snapshot by name and by place, as every result names it. */
export const snapshotSchema = v.object({
  name: v.string(),
  path: v.pipe(v.string(), v.description("absolute; of a copy PLACE:NAME")),
});

/** A snapshot, by where it lies. */
export const snapshotJson = (at: string): v.InferOutput<typeof snapshotSchema> => ({
  name: snapshotName(at),
  path: at,
});

/** Something that was not done, and why. */
export const undoneSchema = v.object({
  subject: v.pipe(v.string(), v.description("the file, the dashboard, or the folder's path")),
  reason: v.string(),
});

/** Each thing that was not done, and why. */
export const undoneJson = (all: readonly Unwritten[]): v.InferOutput<typeof undoneSchema>[] =>
  all.map(({ what, reason }) => ({ subject: what, reason }));

/** Says that a part is in a format of its own, which a page specifies, with the names that it has there. */
export const verbatim = <Schema extends v.GenericSchema>(schema: Schema, what: string) =>
  v.pipe(schema, v.title(what));
