import * as v from "valibot";
import type { Destroyed } from "../tasks/destroy.ts";
import { lossJson, lossSchema } from "./inventory.ts";
import { snapshotJson, snapshotSchema } from "./parts.ts";
import { defineResult, type ValueOf } from "./result.ts";

export const DESTROY = defineResult({
  name: "destroy",
  version: 1,
  about: "what became of the stack, and what was saved before",
  schema: v.object({
    stack: v.string(),
    outcome: v.pipe(
      v.picklist(["gone", "still-there", "not-asked", "stopped", "failed", "untouched"]),
      v.description("`untouched`: the command did not run; not-asked: the servers were not asked afterwards"),
    ),
    message: v.string(),
    failure: v.optional(v.pipe(v.string(), v.description("how the command failed"))),
    backup: v.picklist(["yes", "no", "dashboards", "incomplete"]),
    snapshot: v.optional(snapshotSchema),
    losses: v.pipe(v.array(lossSchema), v.description("what could not be read, or came too late")),
  }),
});

/** @param done absent: nothing was begun @param message what is true in the end */
export const destroyJson = (stack: string, message: string, done?: Destroyed): ValueOf<typeof DESTROY> => ({
  stack,
  ...(done === undefined || "agrees" in done.end
    ? { outcome: "untouched" }
    : { outcome: done.end.state, failure: done.end.failure }),
  message,
  backup: done?.backup ?? "no",
  snapshot: done?.snapshot && snapshotJson(done.snapshot.path),
  losses: (done?.losses ?? []).map(lossJson),
});
