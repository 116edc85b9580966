import * as v from "valibot";
import type { SinkSurvey } from "../audit/deliver/survey.ts";
import { time } from "./parts.ts";
import { defineResult, type ValueOf } from "./result.ts";

export const SINKS_LIST = defineResult({
  name: "audit.sinks.list",
  version: 1,
  about: "each sink's state",
  schema: v.object({
    sinks: v.array(
      v.object({
        sink: v.string(),
        configured: v.boolean(),
        timeLimitSeconds: v.optional(v.number()),
        waiting: v.optional(v.number()),
        delivered: v.number(),
        rejected: v.number(),
        dropped: v.number(),
        lastDelivered: v.optional(v.object({ seq: v.number(), id: v.string(), hash: v.string(), at: time })),
        lastFailure: v.optional(v.object({ message: v.string(), at: time })),
      }),
    ),
  }),
});

/** @param limitMs the sink's time limit, if it is open */
export const sinkJson = (
  { name, configured, waiting, state }: SinkSurvey,
  limitMs: number | undefined,
): ValueOf<typeof SINKS_LIST>["sinks"][number] => ({
  sink: name,
  configured,
  timeLimitSeconds: limitMs === undefined ? undefined : limitMs / 1000,
  waiting,
  delivered: state?.delivered ?? 0,
  rejected: state?.rejected ?? 0,
  dropped: state?.dropped ?? 0,
  lastDelivered: state?.receipt,
  lastFailure: state?.failure,
});

export const SINKS_TEST = defineResult({
  name: "audit.sinks.test",
  version: 1,
  about: "whether each sink could take an event now",
  schema: v.object({
    sinks: v.array(v.object({ sink: v.string(), ok: v.boolean(), reason: v.optional(v.string()) })),
  }),
});

export const SINKS_DELIVER = defineResult({
  name: "audit.sinks.deliver",
  version: 1,
  about: "what each sink has, and what still waits for it",
  schema: v.object({
    sinks: v.array(
      v.object({
        sink: v.string(),
        delivered: v.pipe(v.number(), v.description("in all")),
        waiting: v.optional(v.number()),
      }),
    ),
  }),
});
