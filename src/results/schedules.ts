import * as v from "valibot";
import { OUTCOMES, type Outcome } from "../audit/format/event.ts";
import { objectOf } from "../contract/any-names.ts";
import { absolutePath, time } from "./parts.ts";
import { defineResult } from "./result.ts";

type Ended = Exclude<Outcome, "started">;

/** How a run of a schedule ended: as the trail has it; `not-started`: there was nothing to be recorded. */
export type RunOutcome = Ended | "not-started";

/** Every {@link RunOutcome}. */
export const RUN_OUTCOMES: readonly RunOutcome[] = [
  ...OUTCOMES.filter((one): one is Ended => one !== "started"),
  "not-started",
];

const outcome = v.picklist(RUN_OUTCOMES);

const lastRun = v.object({
  outcome: v.pipe(outcome, v.description("as in the trail; `not-started`: it could not even begin")),
  ended: time,
  run: v.optional(v.pipe(v.string(), v.description("the id of the task's run"))),
  message: v.optional(v.pipe(v.string(), v.description("what went wrong"))),
});

/** A schedule, and how it stands. */
const scheduleSchema = v.object({
  name: v.string(),
  task: v.pipe(v.string(), v.description("its kind")),
  params: v.pipe(objectOf(v.unknown()), v.description("what the task is told")),
  cron: v.string(),
  zone: v.pipe(v.string(), v.description("the time zone of `cron`")),
  jitterSeconds: v.pipe(v.number(), v.description("how much later than `cron` it begins")),
  catchUp: v.boolean(),
  retries: v.pipe(v.number(), v.description("how often a failed run is tried again")),
  next: v.optional(v.pipe(time, v.description("when it runs next"))),
  since: v.optional(v.pipe(time, v.description("it runs, since then"))),
  attempts: v.pipe(v.number(), v.description("how often its newest time was tried")),
  retry: v.optional(v.pipe(time, v.description("when the failed run is tried again"))),
  missed: v.optional(v.pipe(time, v.description("the newest time that has passed without a run"))),
  lastRun: v.optional(lastRun),
  succeeded: v.optional(v.pipe(time, v.description("its last success"))),
});

/** A schedule, and how it stands. */
export type ScheduleJson = v.InferOutput<typeof scheduleSchema>;

export const SCHEDULES_LIST = defineResult({
  name: "schedules.list",
  version: 1,
  about: "every schedule, when it runs next, and how it ran last",
  schema: v.object({ schedules: v.array(scheduleSchema) }),
});

export const SCHEDULES_RUN = defineResult({
  name: "schedules.run",
  version: 1,
  about: "how the run ended",
  schema: v.object({ schedule: scheduleSchema, outcome }),
});

export const SCHEDULES_EXPORT = defineResult({
  name: "schedules.export",
  version: 1,
  about: "the crontab, or the units of systemd",
  schema: v.object({
    files: v.array(
      v.object({
        name: v.string(),
        text: v.string(),
        path: v.optional(v.pipe(absolutePath, v.description("with `--output`: where it was written"))),
      }),
    ),
  }),
});
