import * as v from "valibot";
import type { RetentionShown } from "../tasks/retention-show.ts";
import { NS_PER_SECOND, toRfc3339 } from "../units/range.ts";
import { time } from "./parts.ts";
import { defineResult, type ValueOf } from "./result.ts";

export const RETENTION_SHOW = defineResult({
  name: "retention.show",
  version: 1,
  about: "what there is of each class, when it goes, and where servers do otherwise",
  schema: v.object({
    stack: v.string(),
    classes: v.array(
      v.object({
        class: v.string(),
        keptSeconds: v.pipe(
          v.number(),
          v.description(
            "how long data of this class is kept; of one that is not defined any more: as the longest",
          ),
        ),
        isDefined: v.pipe(v.boolean(), v.description("false: only snapshots made before still name it")),
      }),
    ),
    holdings: v.array(
      v.object({
        class: v.optional(v.pipe(v.string(), v.description("absent: a time of its own is set"))),
        what: v.pipe(
          v.picklist(["server", "snapshots", "copies", "runs", "trail"]),
          v.description(
            "where it is: on its server, in snapshots here, as copies in a place, in the log of runs, in the trail",
          ),
        ),
        backend: v.optional(v.string()),
        place: v.optional(v.string()),
        keptSeconds: v.number(),
        count: v.optional(v.pipe(v.number(), v.description("snapshots, copies or runs"))),
        bytes: v.optional(v.number()),
        oldest: v.optional(time),
        due: v.optional(v.pipe(time, v.description("when the time of the oldest is over"))),
        isDue: v.pipe(v.boolean(), v.description("that time is over")),
        serverSeconds: v.optional(
          v.pipe(v.number(), v.description("after which its server deletes it by itself")),
        ),
        isKeptForEver: v.optional(
          v.pipe(v.boolean(), v.description("its server never deletes it by itself")),
        ),
      }),
    ),
    disagreements: v.array(
      v.object({
        subject: v.pipe(v.string(), v.description("a backend, a place, trail or activity")),
        kind: v.pipe(
          v.picklist(["sooner", "later"]),
          v.description("it is deleted before its class says so, or kept for longer"),
        ),
        message: v.string(),
        setting: v.pipe(v.string(), v.description("to change")),
        hint: v.optional(v.string()),
      }),
    ),
    missing: v.array(v.object({ backend: v.string(), reason: v.string() })),
  }),
});

/** Everything that was found. Absent members are left out. */
export function retentionJson(shown: RetentionShown): ValueOf<typeof RETENTION_SHOW> {
  const { stack, classes, holdings, disagreements, missing } = shown;
  return {
    stack,
    classes: classes.map(({ name, kept, isDefined }) => ({
      class: name,
      keptSeconds: seconds(kept),
      isDefined,
    })),
    holdings: holdings.map(holdingJson),
    disagreements: disagreements.map(({ subject, kind, message, setting, hint }) => ({
      subject,
      kind,
      message,
      setting,
      hint,
    })),
    missing: missing.map(({ name, error }) => ({ backend: name, reason: error.message })),
  };
}

const holdingJson = (one: RetentionShown["holdings"][number]) => ({
  class: one.class,
  what: one.what,
  backend: one.backend,
  place: one.place,
  keptSeconds: seconds(one.kept),
  count: one.count,
  bytes: one.bytes,
  oldest: one.oldest === undefined ? undefined : toRfc3339(one.oldest),
  due: one.due === undefined ? undefined : toRfc3339(one.due),
  isDue: one.isDue,
  serverSeconds: typeof one.serverKeeps === "bigint" ? seconds(one.serverKeeps) : undefined,
  isKeptForEver: one.serverKeeps === "unlimited" ? true : undefined,
});

const seconds = (ns: bigint): number => Number(ns / NS_PER_SECOND);
