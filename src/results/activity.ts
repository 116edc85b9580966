import * as v from "valibot";
import { runSchema, wholeRunSchema } from "../activity/format/whole-run.ts";
import type { PurgeCount } from "../activity/purge/purge.ts";
import type { StatsRow } from "../activity/query/stats.ts";
import { given } from "../units/given.ts";
import { time } from "./parts.ts";
import { defineResult, type ValueOf } from "./result.ts";

export const ACTIVITY_LIST = defineResult({
  name: "activity.list",
  version: 1,
  about: "runs, newest last, without what was said",
  schema: v.object({ runs: v.array(runSchema) }),
});

export const ACTIVITY_SHOW = defineResult({
  name: "activity.show",
  version: 1,
  about: "one run, with its messages and tool calls",
  schema: wholeRunSchema,
});

const seconds = v.optional(
  v.pipe(v.number(), v.description("within a twentieth; absent: nothing has ended")),
);

export const ACTIVITY_STATS = defineResult({
  name: "activity.stats",
  version: 1,
  about: "runs, errors, tokens and latencies, by day or model",
  schema: v.object({
    rows: v.array(
      v.object({
        day: v.optional(v.pipe(v.string(), v.description("UTC"))),
        model: v.optional(v.pipe(v.string(), v.description("empty: nobody said it"))),
        runsTotal: v.number(),
        errorsTotal: v.number(),
        tokensInput: v.number(),
        tokensOutput: v.number(),
        uncountedTotal: v.pipe(
          v.number(),
          v.description("runs of which nobody said how many tokens they took"),
        ),
        medianSeconds: seconds,
        p95Seconds: seconds,
        firstMedianSeconds: v.optional(v.pipe(v.number(), v.description("until the answer began"))),
        firstP95Seconds: seconds,
      }),
    ),
  }),
});

export const ACTIVITY_RECORD = defineResult({
  name: "activity.record",
  version: 1,
  about: "runs that were taken in",
  schema: v.object({ ids: v.array(v.string()) }),
});

export const ACTIVITY_PURGE = defineResult({
  name: "activity.purge",
  version: 1,
  about: "runs that are too old, and what was said in them",
  schema: v.object({
    runsBefore: time,
    contentBefore: time,
    runsTotal: v.number(),
    contentsTotal: v.pipe(v.number(), v.description("runs of which only what was said goes")),
    heldBy: v.pipe(v.array(v.string()), v.description("the holds that keep some of it, by name")),
    removed: v.pipe(v.boolean(), v.description("false: they were only counted")),
  }),
});

/** @param rows in order */
export const activityStatsJson = (rows: readonly StatsRow[]): ValueOf<typeof ACTIVITY_STATS> => ({
  rows: rows.map(({ day, model, runs, errors, tokensInput, tokensOutput, uncounted, ...times }) => ({
    ...given({ day: day === undefined ? undefined : new Date(day).toISOString().slice(0, 10), model }),
    ...{ runsTotal: runs, errorsTotal: errors, tokensInput, tokensOutput, uncountedTotal: uncounted },
    ...given({
      medianSeconds: secondsOf(times.medianMs),
      p95Seconds: secondsOf(times.p95Ms),
      firstMedianSeconds: secondsOf(times.firstMedianMs),
      firstP95Seconds: secondsOf(times.firstP95Ms),
    }),
  })),
});

const secondsOf = (ms: number | undefined): number | undefined => (ms === undefined ? undefined : ms / 1_000);

/** @param removed absent: nothing was removed */
export function activityPurgeJson(
  plan: {
    readonly runsBefore: number;
    readonly contentBefore: number;
    readonly found: PurgeCount;
    readonly held: readonly string[];
  },
  removed?: PurgeCount,
): ValueOf<typeof ACTIVITY_PURGE> {
  const { runs, contents } = removed ?? plan.found;
  return {
    runsBefore: new Date(plan.runsBefore).toISOString(),
    contentBefore: new Date(plan.contentBefore).toISOString(),
    runsTotal: runs,
    contentsTotal: contents,
    heldBy: [...plan.held],
    removed: removed !== undefined,
  };
}
