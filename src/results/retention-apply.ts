import * as v from "valibot";
import type { RetentionPlan, RetentionResult } from "../tasks/retention-apply.ts";
import { time } from "./parts.ts";
import { defineResult, type ValueOf } from "./result.ts";

const of = v.pipe(v.string(), v.description("the kind of data: snapshots, activity, trail"));

export const RETENTION_APPLY = defineResult({
  name: "retention.apply",
  version: 1,
  about: "what is past its time, what is gone of it, and what stays for which reason",
  schema: v.object({
    now: v.pipe(time, v.description("the time by which it was decided")),
    due: v.array(
      v.object({
        of,
        kind: v.pipe(v.string(), v.description("what it is: a snapshot, a copy, a file")),
        name: v.string(),
        reason: v.pipe(v.string(), v.description("what is past its time")),
        bytes: v.optional(v.number()),
        gone: v.pipe(v.boolean(), v.description("false of all where nothing was carried out")),
      }),
    ),
    stays: v.pipe(
      v.array(
        v.object({
          of,
          name: v.string(),
          reason: v.string(),
          owed: v.pipe(v.boolean(), v.description("it should be gone, and could not go now")),
          until: v.optional(v.pipe(time, v.description("when it can go at the earliest"))),
        }),
      ),
      v.description("past its time, and there all the same"),
    ),
  }),
});

/** @param result absent: nothing was carried out */
export function retentionApplyJson(
  { now, parts }: RetentionPlan,
  result?: RetentionResult,
): ValueOf<typeof RETENTION_APPLY> {
  const gone = new Set(result?.gone.map(({ of, name }) => `${of} ${name}`));
  const stays = result?.stays ?? parts.flatMap(({ of, due }) => due.stays.map((one) => ({ of, ...one })));
  return {
    now,
    due: parts.flatMap(({ of, due }) =>
      due.items.map(({ kind, name, what, bytes }) => ({
        ...{ of, kind, name, reason: what, bytes },
        gone: gone.has(`${of} ${name}`),
      })),
    ),
    stays: stays.map(({ of, name, reason, isOwed, until }) => ({
      ...{ of, name, reason, owed: isOwed === true, until },
    })),
  };
}
