import * as v from "valibot";
import type { Config } from "../config/config.ts";
import { DESTROY_OPTIONS, type DestroyOption, isSaved, lossesWith } from "../destroy/losing.ts";
import type { Taken } from "../inventory/taken.ts";
import { commandText } from "../programs/command-text.ts";
import type { Destroyed } from "../tasks/destroy.ts";
import { lossJson, lossSchema, untouchedSchema } from "./inventory.ts";
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

export const DESTROY_PLAN = defineResult({
  name: "destroy.plan",
  version: 1,
  about: "how the stack would be destroyed, and what that would lose",
  schema: v.object({
    stack: v.string(),
    command: v.pipe(v.string(), v.description("as it would be typed into a shell, secrets blotted out")),
    untouched: untouchedSchema,
    options: v.array(
      v.object({
        option: v.picklist(DESTROY_OPTIONS),
        exports: v.pipe(v.array(v.string()), v.description("the backends that would be exported first")),
        losses: v.pipe(v.array(lossSchema), v.description("what would be lost for good")),
      }),
    ),
  }),
});

/** What each of these options would save and lose. */
export const destroyPlanJson = (
  { name, destroy }: Pick<Config, "name" | "destroy">,
  options: readonly DestroyOption[],
  { findings, losses, touching }: Taken,
): ValueOf<typeof DESTROY_PLAN> => ({
  stack: name,
  command: commandText(destroy.command),
  untouched: [...touching.untouched],
  options: options.map((option) => ({
    option,
    exports: findings.filter((one) => isSaved(option, one)).map((one) => one.name),
    losses: lossesWith(option, findings, losses).map(lossJson),
  })),
});

/** @param done absent: nothing was begun @param message what is true in the end */
export const destroyJson = (stack: string, message: string, done?: Destroyed): ValueOf<typeof DESTROY> => ({
  stack,
  ...(done === undefined || "agrees" in done.end
    ? { outcome: "untouched" }
    : { outcome: done.end.state, failure: done.end.failure }),
  message,
  backup: done?.backup ?? "no",
  snapshot: done?.snapshot?.path === undefined ? undefined : snapshotJson(done.snapshot.path),
  losses: (done?.losses ?? []).map(lossJson),
});
