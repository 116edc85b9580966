/** Tasks and their runs as JSON. */

import type { ValueOf } from "../../results/result.ts";
import type { TASK, TASK_KINDS, TASK_LIST } from "../../results/tasks.ts";
import type { Param } from "../../tasks/task/param.ts";
import { isRemote } from "../../tasks/task/read-params.ts";
import { given } from "../../units/given.ts";
import type { OfferedTask } from "../offered.ts";
import type { RunBrief, RunRecord, ShownPlan } from "../running/run.ts";

type KindJson = ValueOf<typeof TASK_KINDS>["kinds"][number];

/** What a task can be told over the API, from its declaration. */
export const kindJson = ({ task, result }: OfferedTask, allowed: boolean): KindJson => ({
  kind: task.kind,
  about: task.about,
  destructive: task.destructive,
  allowed,
  resultName: result.name,
  parameters: Object.entries(task.params).flatMap(([name, param]) =>
    isRemote(param) ? [paramJson(name, param)] : [],
  ),
  exclusive: (task.exclusive ?? [])
    .map((set) => set.filter((name) => remoteNames(task.params).has(name)))
    .filter((set) => set.length > 1),
});

const remoteNames = (params: OfferedTask["task"]["params"]): ReadonlySet<string> =>
  new Set(Object.entries(params).flatMap(([name, param]) => (isRemote(param) ? name : [])));

function paramJson(name: string, param: Param): KindJson["parameters"][number] {
  const { about } = param;
  if (param.type === "flag")
    return { name, type: "flag", about, required: false, default: param.on ?? false };
  const { repeatable, hint, values, complete: names, required = false, default: usual, secret } = param;
  const type = repeatable ? "list" : "value";
  return { name, type, about, required, ...given({ hint, values, names, default: usual, secret }) };
}

const timeText = (ms: number | undefined): string | undefined =>
  ms === undefined ? undefined : new Date(ms).toISOString();

/** A run without its plan and its result. */
export const briefJson = (run: RunBrief): ValueOf<typeof TASK_LIST>["tasks"][number] => ({
  id: run.id,
  kind: run.kind,
  state: run.state,
  params: run.params,
  user: run.actor.user,
  via: run.actor.via,
  created: new Date(run.createdAt).toISOString(),
  ...given({
    request: run.actor.request,
    scheduleName: run.schedule,
    continues: run.continues,
    started: timeText(run.startedAt),
    ended: timeText(run.endedAt),
    eventId: run.event,
    outcome: run.outcome,
    error: run.error && { message: run.error.message, ...given({ hint: run.error.hint }) },
  }),
});

/** A run with everything that is known of it. */
export const taskJson = (run: RunRecord): ValueOf<typeof TASK> => ({
  ...briefJson(run),
  warnings: run.warnings,
  ...given({
    plan: run.plan && planText(run.plan),
    result: run.end?.result,
    resultBytes: run.end?.resultBytes,
    truth: run.end?.truth,
  }),
});

const planText = ({ sha256, targets, targetsTotal, isWhole, plan }: ShownPlan) => ({
  sha256,
  targets,
  targetsTotal,
  whole: isWhole,
  ...given({ shown: plan }),
});
