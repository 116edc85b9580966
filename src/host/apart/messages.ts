/** What a plugin's process is asked, and what it may ask: the calls by name, and what they hold. */
import * as v from "valibot";
import { objectOf } from "../../contract/any-names.ts";
import { IMPORTANCES, SIGNALS } from "../../contract/contract.ts";
import { type FaceName, HOOK_TABLE } from "../hooks/table.ts";
import { optionShapeSchema } from "./option-shape.ts";

const word = v.pipe(v.string(), v.maxLength(400));
const number = v.pipe(v.number(), v.safeInteger(), v.minValue(0));

const listOf = <Item extends v.GenericSchema>(item: Item) => v.pipe(v.array(item), v.readonly());

/** The parts that a plugin may have; each is opened separately. */
export const FACES = ["backend", "sink", "store"] as const satisfies readonly FaceName[];
/** The name of one of the {@link FACES}. */
export const faceSchema = v.picklist(FACES);

/** Every method of the contract, by the part that it belongs to. */
export const HOOKS: Readonly<Record<FaceName, readonly string[]>> = {
  backend: Object.keys(HOOK_TABLE.backend),
  sink: Object.keys(HOOK_TABLE.sink),
  store: Object.keys(HOOK_TABLE.store),
};

/** `load`: the plugin's module, and every file that it may load as code, with its hash. */
export const loadSchema = v.object({
  entry: v.string(),
  root: v.string(),
  spec: v.string(),
  files: v.array(v.tuple([v.string(), v.string()])),
  limitMs: v.number(),
});
/** What `load` sends: see {@link loadSchema}. */
export type LoadInput = v.InferOutput<typeof loadSchema>;

/** What `load` answers: the declaration as data, every member of it. */
export const declaredSchema = v.object({
  name: word,
  about: v.pipe(v.string(), v.maxLength(2_000)),
  contract: v.optional(v.number()),
  version: v.optional(word),
  signals: v.optional(listOf(v.picklist(SIGNALS))),
  importance: v.optional(v.picklist(IMPORTANCES)),
  dataFiles: v.optional(listOf(word)),
  tried: v.optional(listOf(v.pipe(v.string(), v.maxLength(100)))),
  hosts: v.optional(listOf(word)),
  scratch: v.optional(
    v.object({
      programs: listOf(word),
      args: listOf(word),
      input: v.optional(v.pipe(v.string(), v.maxLength(10_000))),
      options: objectOf(word),
      keeps: v.optional(listOf(word)),
    }),
  ),
  faces: v.array(faceSchema),
  options: v.array(v.tuple([word, optionShapeSchema])),
});
/** A plugin's declaration, by its own word: see {@link declaredSchema}. */
export type ToldDeclaration = v.InferOutput<typeof declaredSchema>;

/** `open`: an instance of the plugin. The parent chooses its number. */
export const openSchema = v.object({
  instance: number,
  face: faceSchema,
  /** As they were written, without the credentials, which stay outside. */
  options: objectOf(v.unknown()),
  /** Its server's base URL; absent if it has none. */
  url: v.optional(v.string()),
  /** Time limit of one call to it, a duration as written. */
  timeout: v.optional(v.string()),
  stepBytes: v.number(),
  /** Now, by the server's clock. ns */
  now: v.bigint(),
});
/** What `open` sends: see {@link openSchema}. */
export type OpenInput = v.InferOutput<typeof openSchema>;

/** One problem with the options: the parts of valibot's issue that a sentence is made from. */
const optionIssueSchema = v.object({
  type: word,
  message: v.pipe(v.string(), v.maxLength(4_000)),
  expected: v.nullable(v.string()),
  received: v.string(),
  path: v.array(v.object({ key: v.union([v.string(), v.number()]) })),
});

/** What `open` answers: the problems with the options, or the parts of the contract that the instance has. */
export const openedSchema = v.object({
  issues: v.optional(v.array(optionIssueSchema)),
  /** Names such as `count` and `restore.apply`. */
  has: v.array(word),
  order: v.optional(objectOf(v.picklist(["time", "index", "any"]))),
  /** What the exporter and the restorer heed. */
  selects: v.optional(listOf(v.picklist(["match"]))),
  adds: v.optional(listOf(v.picklist(["labels", "tenant"]))),
  /** The data files that its exporter continues. */
  continues: v.optional(listOf(word)),
});
/** What an instance can do, by its own word: see {@link openedSchema}. */
export type Opened = v.InferOutput<typeof openedSchema>;

/** `hook`: one call of the contract. */
export const hookSchema = v.object({
  instance: number,
  hook: v.string(),
  args: v.array(v.unknown()),
  now: v.bigint(),
});

/** `http.send`, from the plugin's process: one call to its server. */
export const httpSchema = v.object({
  instance: number,
  /** A base URL other than the instance's own. */
  base: v.exactOptional(word),
  request: v.object({
    method: v.exactOptional(v.picklist(["GET", "POST", "PUT", "PATCH", "DELETE"])),
    path: v.pipe(v.string(), v.regex(/^($|[/?])/, "does not start with `/`")),
    query: v.exactOptional(
      objectOf(v.union([v.string(), v.number(), v.bigint(), v.boolean(), v.array(v.string())])),
    ),
    headers: v.exactOptional(objectOf(v.string())),
    body: v.exactOptional(v.union([v.string(), v.instance(Uint8Array)])),
    form: v.exactOptional(objectOf(v.string())),
    json: v.exactOptional(v.unknown()),
    maxBytes: v.exactOptional(v.pipe(v.number(), v.minValue(0))),
    timeoutMs: v.exactOptional(v.pipe(v.number(), v.minValue(0))),
    accept: v.exactOptional(v.array(v.number())),
  }),
});

/** What `http.send` answers. The body is read with `http.read`, piece by piece, until `undefined`. */
export const answerSchema = v.object({
  status: v.number(),
  headers: v.array(v.tuple([v.string(), v.string()])),
  body: number,
  now: v.bigint(),
});

/** `http.read` and `http.cancel`. */
export const bodySchema = v.object({ body: number });

/** The hook `restore.matcher`: which records of these lines to write, by a selector or a finished selection. */
export const matchesSchema = v.object({
  by: v.union([v.string(), number]),
  lines: v.array(v.string()),
  file: v.string(),
});

/** The hook `restore.selection`. The parent chooses the number that identifies it in both directions. */
export const selectSchema = v.object({ match: v.string(), id: number });

/** A hook that yields, such as `export.read`. The caller chooses the stream's number, and each piece has a signal of its own. */
export const openStreamSchema = v.object({ stream: number, args: v.array(v.unknown()) });

/** `stream.next`, in either direction, and `stream.end`. */
export const streamSchema = v.object({ stream: number });

/** What `stream.next` answers: the next piece, or none at the end. */
export const nextSchema = v.pipe(v.array(v.unknown()), v.maxLength(1));

/** Some of the lines that a `selection` examines. */
export const someLinesSchema = v.array(v.object({ file: v.string(), line: v.string() }));

/** Maximum length of a log message or an unhandled error; a longer one is cut by its sender. characters */
const TOLD_LENGTH = 16_384;
const CUT = " … (cut)";

/** The message, or its beginning with a mark. */
export const cutMessage = (message: string): string =>
  message.length <= TOLD_LENGTH ? message : message.slice(0, TOLD_LENGTH - CUT.length) + CUT;

/** The note `unhandled`. */
export const toldSchema = v.pipe(v.string(), v.maxLength(TOLD_LENGTH));

/** The note `log`. */
export const logSchema = v.object({
  instance: number,
  level: v.picklist(["debug", "info", "warn"]),
  message: toldSchema,
});

/** The note `stray`: it tried to load a file that is not among its own. */
export const straySchema = v.object({ path: v.pipe(v.string(), v.maxLength(4_096)) });

/** `lab`: a server to check against, from this file or one of the built-in ones. */
export const labSchema = v.object({
  path: v.optional(v.string()),
  name: v.optional(v.string()),
  where: v.string(),
  limitMs: v.number(),
  /** Only the server without data is started, and stands for both. */
  emptyOnly: v.optional(v.boolean()),
});

/** What `lab` answers: where the server listens, and what it can do. */
export const servedSchema = v.object({
  filled: v.string(),
  empty: v.optional(v.string()),
  /** A person whose data is in it. */
  subject: v.optional(v.object({ id: v.string(), where: v.string() })),
  match: v.optional(v.string()),
  /** Whether it reports which events have arrived. */
  arrived: v.optional(v.boolean()),
});
/** Where a lab listens, by its own word: see {@link servedSchema}. */
export type Served = v.InferOutput<typeof servedSchema>;

/** An extra path of a lab's server: it lists the lines that have arrived there. */
export const ARRIVED_PATH = "/-/contextcore/arrived";
