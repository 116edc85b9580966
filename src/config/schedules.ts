/** `schedules` of `contextcore.yaml`: tasks, and when they run. Times and parameters are checked where they are understood. */
import * as v from "valibot";
import { objectOf } from "../contract/any-names.ts";
import { duration } from "../contract/options.ts";

/** Names stand in commands, in names of files and units, and in the trail. */
const NAME = /^[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?$/;

/** A project with more has other troubles. */
const SCHEDULES_MAX = 200;

const schedule = v.strictObject({
  name: v.pipe(
    v.string(),
    v.regex(NAME, "not a name (a to z, digits and dashes, at most 64)"),
    v.description("what it is called by commands, events and messages"),
  ),
  cron: v.pipe(v.string(), v.description("when it is due, in cron's five fields, or @daily and its like")),
  zone: v.optional(
    v.pipe(v.string(), v.description("the time zone of `cron`, as Europe/Berlin; default: this machine's")),
  ),
  task: v.pipe(v.string(), v.description("the kind of task, as the trail names it")),
  params: v.nullish(
    v.pipe(objectOf(v.unknown()), v.description("what the task is told, by its command's flags")),
    {},
  ),
  retry: v.nullish(
    v.strictObject({
      times: v.optional(
        v.pipe(
          v.number(),
          v.integer(),
          v.minValue(0),
          v.maxValue(20),
          v.description("how often a failed run is tried again"),
        ),
        2,
      ),
      wait: duration("how long after a failure it is tried again; each time twice as long, up to 6h", "5m", {
        min: "1s",
        max: "6h",
      }),
      resume: v.optional(
        v.pipe(v.boolean(), v.description("an interrupted export is finished instead of begun again")),
        true,
      ),
    }),
    {},
  ),
  catch_up: v.optional(
    v.pipe(v.boolean(), v.description("whether a run that was missed is made up for, once")),
    true,
  ),
  jitter: duration("how much later it may begin: always equally much for one schedule of one machine", "0s", {
    max: "24h",
  }),
});

/** All schedules, each under a name of its own. */
export const schedulesSchema = v.nullish(
  v.pipe(
    v.array(schedule),
    v.maxLength(SCHEDULES_MAX, `more than ${SCHEDULES_MAX} schedules`),
    v.check(
      (all) => new Set(all.map(({ name }) => name)).size === all.length,
      "two schedules have the same name",
    ),
    v.description("tasks, and when they run: name, cron, zone, task, params, retry, catch_up, jitter"),
  ),
  [],
);

/** A schedule with its defaults filled in; durations are still text. */
export type Schedule = v.InferOutput<typeof schedule>;
