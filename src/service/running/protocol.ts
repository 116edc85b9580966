/** What the service and the process of a task tell each other: JSON, a line each. */

import * as v from "valibot";
import { OUTCOMES, VIAS } from "../../audit/format/event.ts";
import { objectOf } from "../../contract/any-names.ts";

/** How long a line may be, bytes: parameters in, plans and results out. */
export const TOLD_BYTES_MAX = 2 << 20;

/** A plan that is larger is shown without its JSON, and only a schedule can agree to it. Bytes */
export const PLAN_BYTES_MAX = 1 << 20;
/** A result that is larger is not kept. Bytes */
export const RESULT_BYTES_MAX = 256 << 10;

/** A message for people is cut there. Characters */
export const MESSAGE_MAX = 4_000;

const actorSchema = v.object({
  user: v.string(),
  via: v.picklist(VIAS),
  request: v.optional(v.string()),
});

/** The first line: which task, for whom. */
export const orderSchema = v.object({
  kind: v.string(),
  params: v.unknown(),
  actor: actorSchema,
  project: v.object({
    directory: v.string(),
    configFile: v.optional(v.string()),
    overrides: objectOf(v.string()),
  }),
  /** Its plan is shown, and somebody has to agree to it; so it is of whatever deletes or overwrites. */
  plans: v.boolean(),
  /** How long it waits for that, ms. */
  patienceMs: v.number(),
});
/** See {@link orderSchema}. */
export type TaskOrder = v.InferOutput<typeof orderSchema>;

/** The later lines: agree to the plan with this hash, decline it, cancel the work for somebody, stop it since the service stops. */
export const controlSchema = v.union([
  v.object({ agree: v.string(), actor: actorSchema }),
  v.object({ decline: v.string(), actor: actorSchema }),
  v.object({ cancel: v.string() }),
  v.object({ stop: v.string() }),
]);
/** See {@link controlSchema}. */
export type TaskControl = v.InferOutput<typeof controlSchema>;

const failure = v.object({ message: v.string(), hint: v.optional(v.string()) });

const progress = v.object({
  event: v.literal("progress"),
  name: v.string(),
  done: v.number(),
  bytes: v.number(),
  counts: objectOf(v.number()),
  state: v.string(),
  retries: v.number(),
  remark: v.optional(v.string()),
  goesOnInSeconds: v.optional(v.number()),
});

/** What the process tells. */
export const taskEventSchema = v.variant("event", [
  v.object({ event: v.literal("parts"), names: v.array(v.string()) }),
  progress,
  v.object({ event: v.literal("waiting"), names: v.array(v.string()) }),
  v.object({ event: v.picklist(["note", "warning"]), message: v.string() }),
  v.object({
    event: v.literal("plan"),
    sha256: v.string(),
    targets: v.array(v.object({ kind: v.string(), name: v.string(), identity: v.string() })),
    targetsTotal: v.number(),
    /** Absent: too large, or the targets say it all. */
    plan: v.optional(v.unknown()),
    isWhole: v.boolean(),
  }),
  v.object({ event: v.literal("begins") }),
  v.object({ event: v.literal("recorded"), id: v.string(), outcome: v.picklist(OUTCOMES) }),
  v.object({
    event: v.literal("ended"),
    outcome: v.picklist(OUTCOMES),
    result: v.optional(v.unknown()),
    /** Of a result that was too large, bytes. */
    resultBytes: v.optional(v.number()),
    error: v.optional(failure),
    /** What is true now, where an error ended the work. */
    truth: v.optional(v.string()),
  }),
]);
/** See {@link taskEventSchema}. */
export type TaskEvent = v.InferOutput<typeof taskEventSchema>;
/** How far a part of the work is. */
export type TaskProgress = Extract<TaskEvent, { event: "progress" }>;
