import * as v from "valibot";
import { objectOf } from "../contract/any-names.ts";
import type { LifecyclePlan } from "../tasks/lifecycle.ts";
import { given } from "../units/given.ts";
import { NS_PER_SECOND } from "../units/range.ts";
import { defineResult, type ValueOf } from "./result.ts";

const seconds = (about: string) => v.optional(v.pipe(v.number(), v.description(about)));

export const SNAPSHOTS_LIFECYCLE = defineResult({
  name: "snapshots.lifecycle",
  version: 1,
  about: "the rules by which a place's store moves and removes by itself, and what becomes of them",
  schema: v.object({
    place: v.string(),
    supported: v.pipe(v.boolean(), v.description("the store does such things at all")),
    done: v.pipe(v.boolean(), v.description("the rules are in force")),
    rules: v.array(
      v.object({
        id: v.string(),
        change: v.picklist(["add", "replace", "keep", "remove"]),
        matches: v.optional(
          v.pipe(objectOf(v.string()), v.description("the tags of the objects that it is for; absent: all")),
        ),
        transitions: v.array(v.object({ afterSeconds: v.number(), storageClass: v.string() })),
        abandonedUploadsAfterSeconds: seconds("uploads that were never finished are removed then"),
        noncurrentAfterSeconds: seconds("versions that are not the newest are removed then"),
      }),
    ),
    archived: v.pipe(
      v.object({
        snapshotsTotal: v.number(),
        bytes: v.number(),
        takes: v.optional(v.pipe(v.string(), v.description("how long that takes, for people"))),
      }),
      v.description("what `latest` needs and would have to be retrieved from an archive first"),
    ),
    perhapsUnmarkedTotal: v.pipe(
      v.number(),
      v.description("copies from before data first moved: theirs moves only if `archive` was set by then"),
    ),
  }),
});

const inSeconds = (ns: bigint | undefined): number | undefined =>
  ns === undefined ? undefined : Number(ns / NS_PER_SECOND);

/** The rules, and what becomes of them. */
export const lifecycleJson = (
  { place, isSupported, changes, archived, perhapsUnmarked }: LifecyclePlan,
  done: boolean,
): ValueOf<typeof SNAPSHOTS_LIFECYCLE> => ({
  place,
  supported: isSupported,
  done,
  rules: changes.map(({ id, change, rule }) => ({
    id,
    change,
    ...given({ matches: rule.tags }),
    transitions: (rule.transitions ?? []).map(({ after, storageClass }) => ({
      afterSeconds: Number(after / NS_PER_SECOND),
      storageClass,
    })),
    ...given({
      abandonedUploadsAfterSeconds: inSeconds(rule.abandonedUploadsAfter),
      noncurrentAfterSeconds: inSeconds(rule.noncurrentAfter),
    }),
  })),
  archived: {
    snapshotsTotal: archived.snapshots,
    bytes: archived.bytes,
    ...given({ takes: archived.takes }),
  },
  perhapsUnmarkedTotal: perhapsUnmarked,
});
