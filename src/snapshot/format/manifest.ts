/**
 * `manifest.json`: what a snapshot claims. The schemas below define it; `manifest.schema.json` beside this file is generated
 * from them.
 *
 * The last member is the SHA-256 of the file's own text with that member empty (`"sha256": ""`), so that accidental changes
 * of the manifest itself are found, too.
 */
import * as v from "valibot";
import { objectOf } from "../../contract/any-names.ts";
import { IMPORTANCES, SIGNALS } from "../../contract/contract.ts";
import { textNestsDeeper } from "../../units/nesting.ts";
import { countsSchema } from "./counts.ts";
import { SnapshotError } from "./errors.ts";
import { MANIFEST_LEVELS_MAX } from "./limits.ts";
import { SNAPSHOT_NAME } from "./name.ts";
import { staysInside } from "./paths.ts";
import { problemKindSchema } from "./problem-kind.ts";
import { rangeSchema, timeSchema } from "./range-text.ts";

/** The version of the snapshot format that this program writes. */
export const FORMAT = 1;

const wholeSchema = v.pipe(v.number(), v.integer(), v.minValue(0));
const sha256Schema = v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/, "not a SHA-256 in lower-case hex"));

/** How an export, or one backend in it, ended. */
export const statusSchema = v.picklist(["complete", "partial", "failed"]);
/** `complete`; `partial`: something is missing, and the problems say what; `failed`: nothing could be read. */
export type Status = v.InferOutput<typeof statusSchema>;

/** How several ended together: `failed` only if all of them failed. */
export function overallStatus(statuses: readonly Status[]): Status {
  if (statuses.every((status) => status === "complete")) return "complete";
  return statuses.every((status) => status === "failed") ? "failed" : "partial";
}

const problemSchema = v.object({
  kind: problemKindSchema,
  reason: v.string(),
  ranges: v.pipe(
    v.array(rangeSchema),
    v.description("The parts of the time line concerned; empty: not tied to a time, or all of it"),
  ),
  items: v.pipe(v.array(v.string()), v.description("The first hundred names concerned")),
  itemsTotal: v.pipe(wholeSchema, v.description("How many items there are in all")),
});
/** Something that the snapshot lacks or holds in another form, as it is written down. */
export type ManifestProblem = v.InferOutput<typeof problemSchema>;

const fileSchema = v.object({
  path: v.pipe(v.string(), v.description("Relative to the snapshot, / between parts")),
  of: v.exactOptional(
    v.pipe(v.string(), v.description("The data file that it contains or is a part of, if its path differs")),
  ),
  kind: v.pipe(
    v.picklist(["records", "object", "bytes"]),
    v.description("records: one JSON value per line; object: one whole file; bytes: a file with any content"),
  ),
  bytes: wholeSchema,
  raw: v.exactOptional(v.pipe(wholeSchema, v.description("Size before compression, bytes"))),
  sha256: sha256Schema,
  blocks: wholeSchema,
  records: v.pipe(wholeSchema, v.description("Lines")),
  from: v.exactOptional(timeSchema),
  to: v.exactOptional(timeSchema),
  counts: countsSchema,
});
/** What the manifest claims of one file. */
export type ManifestFile = v.InferOutput<typeof fileSchema>;

const windowSchema = v.object({
  from: timeSchema,
  to: timeSchema,
  read: v.pipe(countsSchema, v.description("What the export read, by unit, including second readings")),
  firstRead: v.exactOptional(
    v.pipe(
      countsSchema,
      v.description(
        "What the first reading gave, if some of it was read twice because the server counted more",
      ),
    ),
  ),
  server: v.exactOptional(
    v.pipe(countsSchema, v.description("The server's own count; absent if it could not say")),
  ),
  agrees: v.exactOptional(v.boolean()),
  uncounted: v.exactOptional(
    v.pipe(
      v.literal(true),
      v.description("The server could count only part of it: the problems name the rest"),
    ),
  ),
});
/** A window that was counted: what was read, and what the server says. */
export type ManifestWindow = v.InferOutput<typeof windowSchema>;

const limitSchema = v.object({
  setting: v.string(),
  value: v.string(),
  effect: v.exactOptional(v.string()),
  clamps: v.exactOptional(v.boolean()),
});

/** The snapshot that a backend of this one continues. */
export const parentSchema = v.object({
  snapshot: v.pipe(
    v.string(),
    v.regex(SNAPSHOT_NAME, "not the name of a snapshot"),
    v.description("Its name then, for people: it may lie elsewhere, or under another such name"),
  ),
  sha256: v.pipe(sha256Schema, v.description("The hash of its manifest, by which it is found")),
});
/** See {@link parentSchema}. */
export type Parent = v.InferOutput<typeof parentSchema>;

const pluginSchema = v.object({
  name: v.pipe(
    v.string(),
    v.description("The backend's name in the stack: that of its plugin or of an instance"),
  ),
  plugin: v.exactOptional(
    v.pipe(
      v.string(),
      v.description("The plugin that it is an instance of; absent: the plugin of the same name"),
    ),
  ),
  version: v.exactOptional(v.string()),
  status: statusSchema,
  signals: v.exactOptional(v.array(v.picklist(SIGNALS))),
  importance: v.exactOptional(v.picklist(IMPORTANCES)),
  class: v.exactOptional(
    v.pipe(v.string(), v.description("The class of its data; absent: it follows from the importance")),
  ),
  serverVersion: v.exactOptional(v.string()),
  url: v.exactOptional(v.pipe(v.string(), v.description("Base URL without credentials"))),
  tenant: v.exactOptional(
    v.pipe(v.string(), v.description("The tenant it was read as, empty for none; absent if unknown")),
  ),
  match: v.exactOptional(v.pipe(v.string(), v.description("The selector it was restricted to"))),
  range: v.exactOptional(v.pipe(rangeSchema, v.description("The requested range"))),
  parent: v.exactOptional(
    v.pipe(
      v.nullable(parentSchema),
      v.description(
        "The snapshot that holds this plugin's time line up to where this one begins; null: none, because everything that the server had was requested; absent: unknown, the ranges decide",
      ),
    ),
  ),
  exportedUntil: v.exactOptional(
    v.pipe(timeSchema, v.description("Where reading ended, if newer data was still settling")),
  ),
  retentionSeconds: v.exactOptional(v.union([v.number(), v.literal("unlimited")])),
  limits: v.array(limitSchema),
  notes: v.pipe(objectOf(v.string()), v.description("How it was read")),
  counts: countsSchema,
  agrees: v.exactOptional(
    v.pipe(
      v.boolean(),
      v.description(
        "Whether every count of the server equals ours; absent if it gave none, or none for some windows",
      ),
    ),
  ),
  windows: v.array(windowSchema),
  problems: v.array(problemSchema),
  files: v.array(fileSchema),
  durationMs: wholeSchema,
});
/** What the manifest claims of one backend. */
export type ManifestPlugin = v.InferOutput<typeof pluginSchema>;

/** What was taken out of a snapshot after it was made; never whose it was. */
export const erasedSchema = v.object({
  at: v.pipe(timeSchema, v.description("When")),
  event: v.pipe(v.string(), v.description("The event of the audit trail that began it")),
  was: v.pipe(sha256Schema, v.description("The hash of the manifest before")),
  why: v.pipe(
    v.picklist(["subject", "retention"]),
    v.description("subject: at the request of a person; retention: the class of the data has expired"),
  ),
  counts: v.pipe(countsSchema, v.description("How much was taken out, by unit")),
  backends: v.exactOptional(
    v.pipe(v.array(v.string()), v.description("The backends that were taken out as a whole")),
  ),
});
/** See {@link erasedSchema}. */
export type TakenOut = v.InferOutput<typeof erasedSchema>;

/** `manifest.json`: what a snapshot claims, by which it is verified. */
export const manifestSchema = v.object({
  format: v.pipe(v.literal(FORMAT), v.description("The format's version")),
  tool: v.pipe(v.string(), v.description("The program that wrote it, with its version")),
  created: timeSchema,
  finished: timeSchema,
  host: v.string(),
  user: v.string(),
  resumed: v.pipe(wholeSchema, v.description("How many times the export was resumed")),
  range: v.pipe(
    rangeSchema,
    v.description("The smallest range that includes every plugin's requested range"),
  ),
  status: statusSchema,
  bytes: v.pipe(wholeSchema, v.description("Total size of all data files")),
  compression: v.exactOptional(v.literal("zstd")),
  plugins: v.array(pluginSchema),
  erased: v.exactOptional(
    v.pipe(
      v.array(erasedSchema),
      v.description("What was taken out of it since it was made, each time, oldest first; absent: nothing"),
    ),
  ),
  index: v.object({
    path: v.literal("blocks.jsonl"),
    bytes: wholeSchema,
    sha256: sha256Schema,
    lines: wholeSchema,
  }),
  sha256: v.pipe(sha256Schema, v.description("SHA-256 of this file's text with this member empty")),
});
/** A manifest as it was read and checked. */
export type Manifest = v.InferOutput<typeof manifestSchema>;

const sha256 = (text: string): string => new Bun.CryptoHasher("sha256").update(text).digest("hex");
const ending = (digest: string): string => `"sha256": "${digest}"\n}\n`;

/** The file's text, and the manifest including its own hash. */
export function formatManifest(claims: Omit<Manifest, "sha256">): { manifest: Manifest; text: string } {
  const { sha256: _, ...ordered } = { sha256: "", ...claims };
  const blank = `${JSON.stringify({ ...ordered, sha256: "" }, null, 2)}\n`;
  const digest = sha256(blank);
  return {
    manifest: { ...ordered, sha256: digest },
    text: `${blank.slice(0, -ending("").length)}${ending(digest)}`,
  };
}

/**
 * Reads a manifest's text and checks it: its own hash, then its schema.
 * @param path of the file, for messages
 * @throws SnapshotError saying what is wrong and where.
 */
export function parseManifest(text: string, path: string): Manifest {
  const value = parseJson(text, path);
  const format = v.safeParse(v.object({ format: v.number() }), value);
  if (format.success && format.output.format > FORMAT) {
    throw new SnapshotError(
      `${path}: it has format ${format.output.format}, which is newer than this program knows`,
      {
        hint: "Use a newer contextcore.",
      },
    );
  }
  const parsed = v.safeParse(manifestSchema, value);
  if (!parsed.success) throw new SnapshotError(`${path}: ${describeIssue(parsed.issues[0])}`);
  const outside = parsed.output.plugins.flatMap(pathsOf).find((name) => !staysInside(name));
  if (outside !== undefined)
    throw new SnapshotError(`${path}: names a file outside the snapshot: ${outside}`);
  if (!provesItself(text, parsed.output.sha256)) {
    throw new SnapshotError(`${path}: checksum mismatch: it was changed after it was written`);
  }
  return parsed.output;
}

const pathsOf = ({ files }: ManifestPlugin): string[] => files.flatMap(({ path, of = path }) => [path, of]);

const provesItself = (text: string, digest: string): boolean =>
  text.endsWith(ending(digest)) && sha256(`${text.slice(0, -ending(digest).length)}${ending("")}`) === digest;

function parseJson(text: string, path: string): unknown {
  if (textNestsDeeper(text, MANIFEST_LEVELS_MAX))
    throw new SnapshotError(`${path}: nests deeper than ${MANIFEST_LEVELS_MAX} levels`);
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new SnapshotError(`${path}: not valid JSON`, { cause });
  }
}

function describeIssue(issue: v.BaseIssue<unknown>): string {
  const field = v.getDotPath(issue);
  return field === null ? issue.message : `${field}: ${issue.message}`;
}
