/** What the service answers of tasks: those that it offers, and their runs. */
import * as v from "valibot";
import { OUTCOMES } from "../audit/format/event.ts";
import { objectOf } from "../contract/any-names.ts";
import { time } from "./parts.ts";
import { defineResult } from "./result.ts";

const kind = v.pipe(v.string(), v.description("as the trail and the permissions name it"));

const param = v.object({
  name: v.string(),
  type: v.pipe(
    v.picklist(["flag", "value", "list"]),
    v.description("true or false, a text, or a list of texts"),
  ),
  about: v.string(),
  hint: v.optional(v.pipe(v.string(), v.description("what kind of text"))),
  values: v.optional(v.pipe(v.array(v.string()), v.description("the only ones allowed"))),
  names: v.optional(v.pipe(v.string(), v.description("what it names: backends, snapshots, places"))),
  required: v.boolean(),
  default: v.optional(v.union([v.string(), v.boolean()])),
  secret: v.optional(v.pipe(v.boolean(), v.description("it is never shown again"))),
});

export const TASK_KINDS = defineResult({
  name: "service.kinds",
  version: 1,
  about: "the tasks that the service offers, and what each can be told",
  schema: v.object({
    kinds: v.array(
      v.object({
        kind,
        about: v.string(),
        destructive: v.pipe(
          v.boolean(),
          v.description("it deletes or overwrites: its plan is shown, and has to be agreed to"),
        ),
        allowed: v.pipe(v.boolean(), v.description("the caller may run it")),
        resultName: v.pipe(v.string(), v.description("the name of what it ends with")),
        parameters: v.array(param),
        exclusive: v.pipe(
          v.array(v.array(v.string())),
          v.description("of each of these only one may be given"),
        ),
      }),
    ),
  }),
});

const STATES = ["queued", "planning", "awaiting", "running", "ended"] as const;

const brief = v.object({
  id: v.string(),
  kind,
  state: v.picklist(STATES),
  params: v.pipe(objectOf(v.unknown()), v.description("as they were given, without secrets")),
  user: v.string(),
  via: v.string(),
  request: v.optional(v.string()),
  scheduleName: v.optional(v.string()),
  continues: v.optional(v.pipe(v.string(), v.description("the interrupted task that this one finishes"))),
  created: time,
  started: v.optional(time),
  ended: v.optional(time),
  eventId: v.optional(v.pipe(v.string(), v.description("the id of its first event in the trail"))),
  outcome: v.optional(v.picklist(OUTCOMES)),
  error: v.optional(v.object({ message: v.string(), hint: v.optional(v.string()) })),
});

export const TASK_LIST = defineResult({
  name: "service.tasks",
  version: 1,
  about: "tasks that were started, the newest first",
  schema: v.object({
    tasks: v.array(brief),
    next: v.optional(
      v.pipe(v.string(), v.description("the value of `before` that gives those before these")),
    ),
  }),
});

export const TASK = defineResult({
  name: "service.task",
  version: 1,
  about: "one task: what it would do, what it does, or what it came to",
  schema: v.object({
    ...brief.entries,
    plan: v.optional(
      v.object({
        sha256: v.pipe(v.string(), v.description("what an agreement names")),
        targets: v.array(v.object({ kind: v.string(), name: v.string(), identity: v.string() })),
        targetsTotal: v.number(),
        whole: v.pipe(
          v.boolean(),
          v.description("false: it is too large to be shown, and only a schedule can agree to it"),
        ),
        shown: v.optional(v.pipe(v.unknown(), v.description("as the command line prints it"))),
      }),
    ),
    result: v.optional(v.pipe(v.unknown(), v.description("as the command line prints it"))),
    resultBytes: v.optional(v.pipe(v.number(), v.description("of a result that was too large to be kept"))),
    truth: v.optional(v.pipe(v.string(), v.description("what is true now, where an error ended the work"))),
    warnings: v.array(v.string()),
  }),
});
