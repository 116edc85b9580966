/** The log of runs of this project. */
import { resolve } from "node:path";
import type { DatabaseSync } from "node:sqlite";
import { openActivity } from "../activity/database/open.ts";
import type { RunFilter } from "../activity/query/filter.ts";
import type { Config } from "../config/config.ts";
import { isThere } from "../storage/entries.ts";
import { given } from "../units/given.ts";
import { readMoment } from "../units/moment.ts";
import { toMs } from "../units/range.ts";
import { readWholeNumber } from "./task/count.ts";
import { UsageError } from "./task/errors.ts";
import type { ParamValues } from "./task/param.ts";

/** Where it is. */
export const activityPath = ({ activity, directory }: Pick<Config, "activity" | "directory">): string =>
  resolve(directory, activity.path ?? ".contextcore/activity.db");

/** Opens it to look; the caller closes it. @throws UsageError when there is none; ActivityError */
export function openActivityToRead(config: Config): DatabaseSync {
  const path = activityPath(config);
  if (!isThere(path))
    throw new UsageError(`there is no log of runs yet: ${path}`, "contextcore activity record takes one in");
  return openActivity(path, { isReadOnly: true });
}

const time = (about: string) =>
  ({
    type: "value",
    hint: "TIME",
    parse: (text: string, now: number) => toMs(readMoment(text, now)),
    about,
  }) as const;

/** What runs are found by. */
export const RUN_FILTERS = {
  from: time("only runs that began at or after this: a date, an RFC 3339 time, or 24h for that long ago"),
  to: time("only runs that began before this"),
  user: { type: "value", hint: "NAME", about: "only for this user" },
  entity: { type: "value", hint: "TYPE:ID", about: "only about this, such as ticket:4711" },
  conversation: { type: "value", hint: "ID", about: "only of this conversation" },
  model: { type: "value", hint: "NAME", about: "only of this model, as it was asked for or as it answered" },
  status: {
    type: "value",
    hint: "NAME",
    values: ["running", "ok", "error", "cancelled", "interrupted"],
    about: "only those that stand like this",
  },
  source: {
    type: "value",
    hint: "NAME",
    values: ["relay", "wrapper", "otlp", "api"],
    about: "only those that came in this way",
  },
  tool: { type: "value", hint: "NAME", about: "only those in which the model asked for this tool" },
  tokens: {
    type: "value",
    hint: "N",
    parse: readWholeNumber,
    about: "only those of at least so many tokens",
  },
  text: { type: "value", hint: "WORDS", about: "only those in which all of these words are in one message" },
} as const;

/** @throws UsageError for a range that is empty, or an entity without a type */
export function runFilterOf({ entity, ...args }: Partial<ParamValues<typeof RUN_FILTERS>>): RunFilter {
  const { from, to, user, conversation, model, status, source, tool, tokens, text } = args;
  if (from !== undefined && to !== undefined && from >= to) throw new UsageError("--from is not before --to");
  const [, entityType, entityId] = /^([^:]+):(.+)$/.exec(entity ?? "") ?? [];
  if (entity !== undefined && entityId === undefined)
    throw new UsageError(`--entity ${entity}: not TYPE:ID`, "for example ticket:4711");
  return given({
    from,
    to,
    user,
    entityType,
    entityId,
    conversation,
    model,
    status,
    source,
    tool,
    tokens,
    text,
  });
}
