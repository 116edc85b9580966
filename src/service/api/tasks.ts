/** Tasks over the API: which there are, starting one, agreeing to its plan, watching it, ending it. */

import * as v from "valibot";
import { objectOf } from "../../contract/any-names.ts";
import { TASK, TASK_KINDS, TASK_LIST } from "../../results/tasks.ts";
import type { Task } from "../../tasks/task/task.ts";
import { HttpError } from "../listen/problem.ts";
import { defineRoute, type Requester, type Route, type StreamEvent } from "../listen/route.ts";
import { OFFERED, offeredTask } from "../offered.ts";
import { mayRun, requireMayRun, requireStillMayRun } from "../permissions.ts";
import { RUN_STATES, type RunRecord } from "../running/run.ts";
import { RunError } from "../running/run-error.ts";
import { limit } from "./query.ts";
import type { Service } from "./service.ts";
import { briefJson, kindJson, taskJson } from "./task-json.ts";

/** How many runs one answer lists, at most and by default. */
const LISTED_MAX = 500;
const LISTED = 50;

const word = v.pipe(v.string(), v.regex(/^[\w-]{1,100}$/, "not a name"));

const query = v.strictObject({
  limit: limit(LISTED_MAX, LISTED),
  before: v.optional(v.pipe(word, v.description("only those before the one with this id"))),
  kind: v.optional(word),
  state: v.optional(v.picklist(RUN_STATES)),
  schedule: v.optional(word),
});

const order = v.strictObject({
  kind: v.pipe(v.string(), v.maxLength(100)),
  params: v.optional(v.pipe(objectOf(v.unknown()), v.description("by name, as `kinds` lists them"))),
  plan: v.optional(
    v.pipe(
      v.boolean(),
      v.description("show the plan first, and wait for agreement, also where nothing is deleted"),
    ),
  ),
});

/** `/api/v1/kinds` and `/api/v1/tasks`. */
export const taskRoutes = (service: Service): Route[] => [
  ...readingRoutes(service),
  ...changingRoutes(service),
];

const readingRoutes = ({ launcher, config }: Service): Route[] => [
  defineRoute({
    method: "GET",
    path: "/api/v1/kinds",
    role: "viewer",
    about: "the tasks that the service offers, and what each can be told",
    answers: TASK_KINDS,
    async run({ actor }) {
      const offered = await Promise.all(Object.values(OFFERED).map((load) => load()));
      return { kinds: offered.map((one) => kindJson(one, mayRun(config, one.task, starterOf(actor)))) };
    },
  }),
  defineRoute({
    method: "GET",
    path: "/api/v1/tasks",
    role: "viewer",
    about: "tasks that were started, the newest first",
    query,
    answers: TASK_LIST,
    async run({ query: { limit: most, ...asked } }) {
      const found = launcher.list({ ...asked, limit: most + 1 });
      const tasks = found.slice(0, most);
      const next = found.length > most ? tasks.at(-1)?.id : undefined;
      return { tasks: tasks.map(briefJson), ...(next === undefined ? {} : { next }) };
    },
  }),
  defineRoute({
    method: "GET",
    path: "/api/v1/tasks/:id",
    role: "viewer",
    about: "one task: what it would do, what it does, or what it came to",
    answers: TASK,
    run: async ({ params }) => taskJson(knownRun(launcher, params.id)),
  }),
  defineRoute({
    method: "GET",
    path: "/api/v1/tasks/:id/events",
    role: "viewer",
    about: "what a task tells while it goes on, as server-sent events: first how things stand, last its end",
    answers: ["text/event-stream"],
    async run({ params, stream }) {
      const { id } = knownRun(launcher, params.id);
      return stream((signal) => streamed(launcher.watch(id, signal)));
    },
  }),
];

const changingRoutes = ({ launcher, config, caller }: Service): Route[] => [
  defineRoute({
    method: "POST",
    path: "/api/v1/tasks",
    role: "viewer",
    about: "start a task; one that deletes or overwrites makes its plan, and waits until it is agreed to",
    body: order,
    status: 202,
    answers: TASK,
    async run({ body: { kind, params, plan = false }, actor }) {
      await requireStillMayRun({ config, caller }, await knownTask(kind), starterOf(actor));
      const { id } = await toldAs(() => launcher.start({ kind, params, plans: plan, actor: actorOf(actor) }));
      return taskJson(knownRun(launcher, id));
    },
  }),
  defineRoute({
    method: "POST",
    path: "/api/v1/tasks/:id/agree",
    role: "viewer",
    about: "agree to the plan that a task has shown; it then carries out that very plan",
    body: v.strictObject({
      sha256: v.pipe(v.string(), v.regex(/^[\da-f]{64}$/, "not a hash"), v.description("the plan's")),
    }),
    status: 202,
    answers: TASK,
    async run({ params, body, actor }) {
      const { id, kind } = knownRun(launcher, params.id);
      await requireStillMayRun({ config, caller }, await knownTask(kind), starterOf(actor));
      await toldAs(async () => launcher.agree(id, body.sha256, actorOf(actor)));
      return taskJson(knownRun(launcher, id));
    },
  }),
  defineRoute({
    method: "POST",
    path: "/api/v1/tasks/:id/cancel",
    role: "viewer",
    about:
      "end a task: it leaves its work as it should be; a plan that waits is declined; the second time it is ended at once",
    status: 202,
    answers: TASK,
    async run({ params, actor }) {
      const { id, kind } = knownRun(launcher, params.id);
      // A configuration that no longer loads keeps nobody from ending something.
      requireMayRun(config, await knownTask(kind), starterOf(actor));
      await toldAs(() => launcher.cancel(id, actorOf(actor)));
      return taskJson(knownRun(launcher, id));
    },
  }),
];

const starterOf = ({ role }: Requester) => ({ via: "api", role }) as const;

const actorOf = ({ user, via, request }: Requester) => ({ user, via, request });

/** @throws HttpError when there is none */
async function knownTask(kind: string): Promise<Task> {
  const offered = await offeredTask(kind);
  if (offered !== undefined) return offered.task;
  const hint = "GET /api/v1/kinds lists those that are";
  throw new HttpError(404, `no task ${JSON.stringify(kind)} is offered`, hint);
}

/** @throws HttpError when there is none */
export function knownRun({ get }: Service["launcher"], id = ""): RunRecord {
  const run = get(id);
  if (run !== undefined) return run;
  throw new HttpError(404, `there is no task ${JSON.stringify(id)}`);
}

const STATUSES = { unknown: 404, conflict: 409, busy: 429 } as const;
const AGAIN = { "Retry-After": "10" };

/** @throws HttpError for what a run cannot be */
export async function toldAs<Result>(work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof RunError)) throw error;
    throw new HttpError(STATUSES[error.why], error.message, error.hint, error.why === "busy" ? AGAIN : {});
  }
}

async function* streamed(events: ReturnType<Service["launcher"]["watch"]>): AsyncGenerator<StreamEvent> {
  for await (const { event, ...data } of events) yield { event, data };
}
