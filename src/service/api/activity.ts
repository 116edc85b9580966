/** What models were asked and answered: taken in from programs, shown to people. */

import type { DatabaseSync } from "node:sqlite";
import * as v from "valibot";
import { openActivity } from "../../activity/database/open.ts";
import { recordRun } from "../../activity/door.ts";
import { runInputSchema } from "../../activity/format/input.ts";
import type { RunJson } from "../../activity/format/whole-run.ts";
import { type CsvRows, runsAsCsv } from "../../activity/query/csv.ts";
import type { RunFilter } from "../../activity/query/filter.ts";
import { runJson, wholeRunJson } from "../../activity/query/json.ts";
import { eachRun, listRuns } from "../../activity/query/list.ts";
import { findRun } from "../../activity/query/show.ts";
import { runStats } from "../../activity/query/stats.ts";
import {
  ACTIVITY_LIST,
  ACTIVITY_RECORD,
  ACTIVITY_SHOW,
  ACTIVITY_STATS,
  activityStatsJson,
} from "../../results/activity.ts";
import { activityPath } from "../../tasks/activity-database.ts";
import { given } from "../../units/given.ts";
import { DAY_MS } from "../../units/range.ts";
import { HttpError } from "../listen/problem.ts";
import { defineRoute, type Requester, type Route } from "../listen/route.ts";
import { limit, moment } from "./query.ts";
import type { Service } from "./service.ts";

/** A batch of runs with long conversations. Bytes */
const BODY_MAX = 32 << 20;
const BATCH_MAX = 1_000;
const PAGE_MAX = 1_000;

const time = (about: string) =>
  v.optional(
    v.pipe(
      moment(about),
      v.transform((text) => Date.parse(text)),
    ),
  );

const filters = {
  from: time("only runs that began at or after this: RFC 3339, a date, or 24h for that long ago"),
  to: time("only runs that began before this"),
  user: v.optional(v.string()),
  entity_type: v.optional(v.string()),
  entity_id: v.optional(v.string()),
  conversation: v.optional(v.string()),
  model: v.optional(v.pipe(v.string(), v.description("as it was asked for, or as it answered"))),
  status: v.optional(v.picklist(["running", "ok", "error", "cancelled", "interrupted"])),
  source: v.optional(v.picklist(["relay", "wrapper", "otlp", "api"])),
  tool: v.optional(v.pipe(v.string(), v.description("the model asked for this tool"))),
  tokens: v.optional(
    v.pipe(
      v.string(),
      v.regex(/^\d{1,9}$/, "not a number"),
      v.transform(Number),
      v.description("at least so many"),
    ),
  ),
};

/** Words are searched in what was said, which only admins may read. */
const text = v.optional(
  v.pipe(v.string(), v.description("all of these words are in one message; for admins")),
);

const listQuery = v.strictObject({
  ...filters,
  text,
  limit: limit(PAGE_MAX, 50),
  before: v.optional(v.pipe(v.string(), v.uuid(), v.description("older than the run with this id"))),
});

/** `/api/v1/activity`. */
export const activityRoutes = (service: Service): Route[] => [
  recordRoute(service),
  ...lookingRoutes(service),
];

/** The way in for programs that note their runs themselves. */
export const recordRoute = ({ activity }: Pick<Service, "activity">): Route =>
  defineRoute({
    method: "POST",
    path: "/api/v1/activity/runs",
    role: "ingest",
    about: "takes runs in; they are written soon, and one that is there already is not taken in again",
    body: v.strictObject({
      runs: v.pipe(v.array(runInputSchema), v.maxLength(BATCH_MAX, `more than ${BATCH_MAX} runs`)),
    }),
    bodyMax: BODY_MAX,
    status: 202,
    answers: ACTIVITY_RECORD,
    async run({ body: { runs } }) {
      const { failure, waiting } = activity.state();
      if (failure !== undefined && waiting > 0)
        throw new HttpError(503, `runs cannot be written now: ${failure}`, "send them again later", {
          "Retry-After": "5",
        });
      return { ids: runs.map((run) => recordRun(activity, run, "api")) };
    },
  });

const lookingRoutes = ({ config }: Service): Route[] => [
  defineRoute({
    method: "GET",
    path: "/api/v1/activity/runs",
    role: "viewer",
    about: "runs, newest last, without what was said",
    query: listQuery,
    answers: ACTIVITY_LIST,
    run: async ({ query: { limit: most, before, ...asked }, actor }) =>
      looking(activityPath(config), (database) => {
        requireMaySearch(asked, actor);
        const page = { ...filterOf(asked), limit: most, ...given({ before: numberOf(database, before) }) };
        const runs = listRuns(database, page).reverse().map(runJson);
        return { runs: actor.role === "admin" ? runs : runs.map(withoutErrorText) };
      }),
  }),
  defineRoute({
    method: "GET",
    path: "/api/v1/activity/runs/:id",
    role: "admin",
    about: "one run, with its messages and tool calls; by its id, or a beginning that no other has",
    answers: ACTIVITY_SHOW,
    run: async ({ params: { id = "" } }) =>
      looking(activityPath(config), (database) => {
        const found = findRun(database, id);
        if (found === undefined)
          throw new HttpError(404, `no run, or more than one, has an id that begins with ${id}`);
        return wholeRunJson(found);
      }),
  }),
  defineRoute({
    method: "GET",
    path: "/api/v1/activity/stats",
    role: "viewer",
    about:
      "runs, errors, tokens and latencies, by day and model; of the last 30 days, unless a time is given",
    query: v.strictObject({
      from: filters.from,
      to: filters.to,
      by: v.optional(v.picklist(["day", "model", "day-model"]), "model"),
    }),
    answers: ACTIVITY_STATS,
    run: async ({ query: { from, to = Date.now(), by } }) =>
      looking(activityPath(config), (database) =>
        activityStatsJson(runStats(database, { from: from ?? to - 30 * DAY_MS, to }, by)),
      ),
  }),
  defineRoute({
    method: "GET",
    path: "/api/v1/activity/csv",
    role: "viewer",
    about: "all runs that fit, oldest first, as CSV, without what was said",
    query: v.strictObject({ ...filters, text }),
    answers: ["text/csv"],
    async run({ query, actor }) {
      requireMaySearch(query, actor);
      const rows = { isWhole: actor.role === "admin" };
      return csvOf(openActivity(activityPath(config)), filterOf(query), rows);
    },
  }),
];

/** @throws HttpError 403 of who may not read what was said, and would learn it word by word */
function requireMaySearch(asked: { readonly text?: string | undefined }, { role }: Requester): void {
  if (asked.text !== undefined && role !== "admin")
    throw new HttpError(403, "only admins may search in what was said", "leave out `text`");
}

/** A server of models says in it what it was asked. */
const withoutErrorText = ({ error, ...run }: RunJson): RunJson =>
  error === undefined ? run : { ...run, error: { class: error.class } };

/** Looks at the database as it is now. */
function looking<Value>(path: string, look: (database: DatabaseSync) => Value): Value {
  const database = openActivity(path);
  try {
    return look(database);
  } finally {
    database.close();
  }
}

interface Asked extends Omit<RunFilter, "entityType" | "entityId"> {
  readonly entity_type?: string | undefined;
  readonly entity_id?: string | undefined;
}

const filterOf = ({
  entity_type: entityType,
  entity_id: entityId,
  ...others
}: { readonly [Name in keyof Asked]: Asked[Name] | undefined }): RunFilter =>
  given({ ...others, entityType, entityId });

/** @throws HttpError when there is no such run */
function numberOf(database: DatabaseSync, id: string | undefined): number | undefined {
  if (id === undefined) return undefined;
  const found = findRun(database, id);
  if (found === undefined) throw new HttpError(400, `before: there is no run ${id}`);
  return found.run.seq;
}

/** At its reader's pace, in constant memory. */
function csvOf(database: DatabaseSync, filter: RunFilter, rows: CsvRows): Response {
  const pieces = runsAsCsv(eachRun(database, filter), rows);
  const body = new ReadableStream({
    pull(controller) {
      try {
        const { text, isEnd } = nextPiece(pieces);
        if (text !== "") controller.enqueue(Buffer.from(text));
        if (!isEnd) return;
        controller.close();
        database.close();
      } catch (error) {
        database.close();
        throw error;
      }
    },
    cancel: () => database.close(),
  });
  const headers = {
    "Content-Type": "text/csv; charset=utf-8",
    "Content-Disposition": 'attachment; filename="runs.csv"',
  };
  return new Response(body, { headers });
}

/** Characters. */
const PIECE = 65_536;

/** Rows are sent together. */
function nextPiece(rows: Iterator<string>): { readonly text: string; readonly isEnd: boolean } {
  let text = "";
  while (text.length < PIECE) {
    const next = rows.next();
    if (next.done === true) return { text, isEnd: true };
    text += next.value;
  }
  return { text, isEnd: false };
}
