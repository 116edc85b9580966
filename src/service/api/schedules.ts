/** Schedules over the API: how each stands, and running one now. */

import { ConfigError } from "../../config/errors.ts";
import { SCHEDULES_LIST } from "../../results/schedules.ts";
import { TASK } from "../../results/tasks.ts";
import { HttpError } from "../listen/problem.ts";
import { defineRoute, type Route } from "../listen/route.ts";
import { offeredTask } from "../offered.ts";
import { requireStillMayRun } from "../permissions.ts";
import type { Service } from "./service.ts";
import { taskJson } from "./task-json.ts";
import { knownRun, toldAs } from "./tasks.ts";

/** `/api/v1/schedules`. */
export const scheduleRoutes = ({ schedules, launcher, config, caller }: Service): Route[] => [
  defineRoute({
    method: "GET",
    path: "/api/v1/schedules",
    role: "viewer",
    about: "every schedule, when it runs next, and how it ran last",
    answers: SCHEDULES_LIST,
    async run() {
      return { schedules: schedules.shown() };
    },
  }),
  defineRoute({
    method: "POST",
    path: "/api/v1/schedules/:name/run",
    role: "viewer",
    about: "start a schedule's task now; one that deletes or overwrites waits until its plan is agreed to",
    status: 202,
    answers: TASK,
    async run({ params: { name }, actor: { user, via, role, request } }) {
      const schedule = schedules.all.find((one) => one.name === name);
      const offered = schedule && (await offeredTask(schedule.task));
      if (schedule === undefined || offered === undefined)
        throw new HttpError(404, `there is no schedule ${JSON.stringify(name)}`);
      await requireStillMayRun({ config, caller }, offered.task, { via, role }).catch(unlessBroken);
      const id = await toldAs(() => schedules.scheduler.begin(schedule, { user, via, request }));
      if (id === undefined) throw new HttpError(409, `${schedule.name} runs already`);
      return taskJson(knownRun(launcher, id));
    },
  }),
];

/** That a configuration no longer loads is told by the run that finds it. */
function unlessBroken(error: unknown): void {
  if (!(error instanceof ConfigError)) throw error;
}
