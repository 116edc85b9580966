/** What the command and its child processes say to each other: JSON over the channel that the runtime gives a child. */
import * as v from "valibot";

/** Which part of the check a child process plays: the environment tells it. */
export const PART = "CONTEXTCORE_CHECK_PART";
export type Part = "rules" | "lab";

/** Where the lab listens. */
export const servedSchema = v.object({
  filled: v.string(),
  empty: v.optional(v.string()),
  /** It tells which events have arrived. */
  arrived: v.optional(v.boolean()),
});
export type Served = v.InferOutput<typeof servedSchema>;

const ruleSchema = v.object({
  face: v.picklist(["backend", "sink"]),
  name: v.string(),
  why: v.string(),
});
export type Rule = v.InferOutput<typeof ruleSchema>;

export const planSchema = v.object({ plugin: v.string(), rules: v.array(ruleSchema) });
export type Plan = v.InferOutput<typeof planSchema>;

export const judgedSchema = v.object({
  kind: v.picklist(["passed", "waived", "failed"]),
  message: v.optional(v.string()),
  ms: v.number(),
  /** The rule was given up while it still ran: what it left behind could spoil the next one. */
  overdue: v.optional(v.boolean()),
});

/** The child has shown why it cannot go on, and this is its exit code, and what it said. */
export const endedSchema = v.object({ ended: v.number(), message: v.string() });

/** Every quarter of a second: it is alive, and holds so many bytes. */
export const beatSchema = v.object({ beat: v.number() });

export const questionSchema = v.variant("ask", [
  v.object({ ask: v.literal("plan"), lab: v.optional(servedSchema) }),
  v.object({ ask: v.literal("rule"), index: v.number() }),
  v.object({ ask: v.literal("serve") }),
]);
export type Question = v.InferOutput<typeof questionSchema>;
