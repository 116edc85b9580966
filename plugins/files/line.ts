/** The lines of a tree: one for everything in it, and one for what tells whether it has changed. */
import { objectOf, parseShape, v } from "contextcore";
import { type Stat, textOfMoment } from "./stat.ts";

/** The data file with the tree, complete in every snapshot. */
export const TREE = "files/tree.jsonl";
/** The data file with what tells an increment what has changed. It means nothing on another machine. */
export const SEEN = "files/seen.jsonl";

const whole = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const integer = v.pipe(v.string(), v.regex(/^-?\d{1,20}$/));
const owned = {
  path: v.string(),
  /** Octal. */
  mode: v.pipe(v.string(), v.regex(/^[0-7]{4}$/)),
  uid: whole,
  gid: whole,
  /** ns since 1970. */
  mtime: integer,
  /** By name, base64. */
  xattrs: v.optional(objectOf(v.string())),
};
const file = v.object({
  type: v.literal("file"),
  ...owned,
  size: whole,
  /** Where its bytes lie: without its holes, before compression. Absent: it is empty. */
  content: v.optional(v.object({ file: v.string(), offset: whole, bytes: whole, sha256: v.string() })),
  /** Where in the file those bytes belong, each offset and length. Absent: it has no holes. */
  data: v.optional(v.array(v.tuple([whole, whole]))),
  /** The path of a file before it that it is another name of. */
  same: v.optional(v.string()),
});
const directory = v.object({ type: v.literal("directory"), ...owned });
const link = v.object({ type: v.literal("link"), ...owned, target: v.string() });
const treeLine = v.variant("type", [file, directory, link]);

/** A file, a directory or a symbolic link. */
export type TreeLine = v.InferOutput<typeof treeLine>;
/** A file's line. */
export type FileLine = v.InferOutput<typeof file>;

/** Reads a line of the tree. @throws PluginError `invalid` when it is none */
export const parseTreeLine = (text: string): TreeLine => parseShape("files: a line", treeLine, text);

/** The line that tells an increment whether something has changed. */
export const seenLine = (path: string, { ino, size, ctime }: Stat): string =>
  `{"path":${JSON.stringify(path)},"seen":"${ino} ${size} ${textOfMoment(ctime)}"}\n`;

/** What each counts as. */
export const UNITS: Readonly<Record<TreeLine["type"], string>> = {
  file: "files",
  directory: "directories",
  link: "links",
};
