/** What an export and the processes that run its steps tell each other. */
import * as v from "valibot";
import { objectOf } from "../../contract/any-names.ts";
import type { Cursor } from "../../contract/contract.ts";
import { sentLinesSchema } from "../../copies/straight/commits.ts";
import { isObject } from "../../units/json.ts";

const safeInteger = v.pipe(v.number(), v.safeInteger(), v.minValue(0));

/** The first call, `begin`: whose export it is, and where it goes. */
export const beginSchema = v.object({
  project: v.object({
    directory: v.string(),
    configFile: v.optional(v.string()),
    overrides: objectOf(v.string()),
  }),
  /** A store of the configuration, or its address. */
  place: v.string(),
  /** The snapshot's name there, where its plan lies. */
  name: v.string(),
});
/** See {@link beginSchema}. */
export type WorkerOrder = v.InferOutput<typeof beginSchema>;

/** Every further call, `step`. */
export const stepSchema = v.object({
  backend: v.string(),
  cursor: v.custom<Cursor>(isObject, "not a cursor"),
  /** By the server's clock, ns, as a text. */
  now: v.pipe(
    v.string(),
    v.regex(/^\d{1,20}$/),
    v.transform((text) => BigInt(text)),
  ),
  /** How long the plugin may take, ms. */
  limitMs: v.pipe(v.number(), v.minValue(1)),
  /** In the names of what is sent. */
  attempt: v.pipe(v.string(), v.regex(/^[\da-z]{1,32}$/)),
});
/** See {@link stepSchema}. */
export type StepOrder = v.InferOutput<typeof stepSchema>;

/** The answer to that. */
export const workedSchema = v.union([
  v.literal("here"),
  v.object({ ...sentLinesSchema.entries, bytes: safeInteger }),
]);
