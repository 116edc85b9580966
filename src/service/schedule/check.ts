/** Whether the configured schedules can run: their times come, their tasks are there, and those take what they are told. */
import { closest } from "../../config/closest.ts";
import type { Config } from "../../config/config.ts";
import { ConfigError, type ConfigProblem } from "../../config/errors.ts";
import { UsageError } from "../../tasks/task/errors.ts";
import { readParams } from "../../tasks/task/read-params.ts";
import { given } from "../../units/given.ts";
import { hintOf } from "../../units/hint-of.ts";
import { OFFERED, offeredTask } from "../offered.ts";
import { mayRun } from "../permissions.ts";
import { type Scheduled, scheduledOf } from "./scheduled.ts";
import { timingOf } from "./timing.ts";
import { zoneOf } from "./zone.ts";

/** Everything about the schedules that does not fit; of each setting the first thing. */
export async function scheduleProblems(config: Config): Promise<ConfigProblem[]> {
  const problems = await Promise.all(
    config.schedules.map(async (schedule, index) => {
      const at = (key: string, error: Error): ConfigProblem => {
        const path = ["schedules", String(index), key];
        const where = config.where?.(["schedules", index, key]) ?? "the configuration";
        return { where, key: path.join("."), what: error.message, ...given({ hint: hintOf(error) }) };
      };
      const { cron, zone, task: kind, params } = schedule;
      const times = thrownBy(() => timingOf(cron, zone));
      const task = await taskProblem(kind, params ?? {}, config);
      return [
        ...(times === undefined ? [] : [at(isZone(zone) ? "cron" : "zone", times)]),
        ...(task === undefined ? [] : [at(task.key, task.error)]),
      ];
    }),
  );
  return problems.flat();
}

/** The schedules, understood. @throws ConfigError when one of them cannot run */
export async function readSchedules(config: Config): Promise<Scheduled[]> {
  const problems = await scheduleProblems(config);
  if (problems.length > 0) throw new ConfigError(problems);
  return config.schedules.map((schedule) => scheduledOf(schedule, config));
}

interface TaskProblem {
  readonly key: "task" | "params";
  readonly error: Error;
}

async function taskProblem(kind: string, params: unknown, config: Config): Promise<TaskProblem | undefined> {
  const offered = await offeredTask(kind);
  if (offered === undefined) return { key: "task", error: unknownKind(kind) };
  const { task } = offered;
  if (!mayRun(config, task, { via: "schedule" }))
    return {
      key: "task",
      error: new UsageError(
        `no schedule may run ${kind}`,
        "`permissions.schedules` names the kinds that they may run",
      ),
    };
  const error = thrownBy(() => readParams(task, params, config));
  return error && { key: "params", error };
}

function unknownKind(kind: string): Error {
  const kinds = Object.keys(OFFERED);
  const meant = closest(kind.replaceAll("-", "_"), kinds);
  return new UsageError(
    `there is no task ${JSON.stringify(kind)} that a schedule can run`,
    meant === undefined ? `there are ${kinds.join(", ")}` : `did you mean ${meant}?`,
  );
}

/** What is wrong, as the user is told of it. @throws whatever else went wrong */
function thrownBy(work: () => unknown): Error | undefined {
  try {
    work();
    return undefined;
  } catch (error) {
    if (error instanceof RangeError || error instanceof UsageError) return error;
    throw error;
  }
}

const isZone = (zone: string | undefined): boolean =>
  zone === undefined || thrownBy(() => zoneOf(zone)) === undefined;
