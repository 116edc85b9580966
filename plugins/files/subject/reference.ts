/** What an erasure is told of files that were found: where each is, and what makes it this very one. */
import { type Json, parseShape, v } from "contextcore";
import type { Kind, Stat } from "../stat.ts";

const schema = v.object({
  kind: v.picklist(["file", "directory", "link"]),
  /** The path below the root, as text, and the number of the file on its file system. */
  paths: v.array(v.tuple([v.string(), v.pipe(v.string(), v.regex(/^\d{1,20}$/))])),
});

/** Some things of one kind, a directory after what is in it. */
export type Reference = v.InferOutput<typeof schema>;
/** One of them. */
export type Named = Reference["paths"][number];

/** Reads a reference. @throws PluginError `invalid` when it is none */
export const referenceOf = (one: Json): Reference =>
  parseShape("files: a reference", schema, JSON.stringify(one));

/** Something as it is found. */
export const namedAs = (path: string, { ino }: Stat): Named => [path, `${ino}`];

/** Whether it is still the same. */
export const isStill = (kind: Kind, [, ino]: Named, now: Stat): boolean =>
  now.kind === kind && `${now.ino}` === ino;
