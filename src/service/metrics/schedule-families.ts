/** How schedules fare. */
import { RUN_OUTCOMES, type ScheduleJson } from "../../results/schedules.ts";
import type { Family, Sample } from "./exposition.ts";
import { gauge, inSeconds, one } from "./family.ts";

/** @param schedules absent: they could not be read */
export function scheduleFamilies(schedules: readonly ScheduleJson[] = []): Family[] {
  const each = (name: string, help: string, read: (of: ScheduleJson) => number | undefined): Family =>
    gauge(
      `contextcore_schedule_${name}`,
      help,
      schedules.flatMap((of) => one(read(of), { schedule: of.name })),
    );
  return [
    each("next_run_timestamp_seconds", "when the schedule runs next, or is tried again", ({ next }) =>
      at(next),
    ),
    each("last_run_timestamp_seconds", "when its last run ended", ({ lastRun }) => at(lastRun?.ended)),
    each("last_success_timestamp_seconds", "when one last ended well; 0: none has yet", ({ succeeded }) =>
      succeeded === undefined ? 0 : at(succeeded),
    ),
    gauge(
      "contextcore_schedule_last_outcome",
      "1 of the outcome that its last run had, 0 of the others",
      schedules.flatMap(outcomesOf),
    ),
    each("running", "1 while it runs", ({ since }) => Number(since !== undefined)),
    each("missed", "1 while a time has passed without a run, and none was made up for it", ({ missed }) =>
      Number(missed !== undefined),
    ),
  ];
}

const outcomesOf = ({ name, lastRun }: ScheduleJson): Sample[] =>
  lastRun === undefined
    ? []
    : RUN_OUTCOMES.map((outcome) => ({
        labels: { schedule: name, outcome },
        value: Number(outcome === lastRun.outcome),
      }));

const at = (time: string | undefined): number | undefined =>
  inSeconds(time === undefined ? undefined : Date.parse(time));
