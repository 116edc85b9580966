/** What all HTTP clients share, wherever their calls are made. */
import * as v from "valibot";
import type { HttpAnswer, HttpRequest } from "../contract/contract.ts";
import { PluginError } from "../contract/errors.ts";
import type { Reading } from "./answer.ts";
import { ENCODING } from "./body.ts";
import type { CallPlace } from "./classify.ts";
import type { CallLimit } from "./time-limit.ts";

/** A larger answer is rarely the right server's, and would fill the memory. */
const ANSWER_BYTES_MAX = 64 << 20;

/** How a call's answer is read. */
export function readingOf(
  { headers = {}, maxBytes }: HttpRequest,
  limit: CallLimit,
  place: CallPlace,
): Reading {
  const own = Object.entries(headers).find(([name]) => name.toLowerCase() === "accept-encoding");
  return { limit, place, accepted: own?.[1] ?? ENCODING, maxBytes: maxBytes ?? ANSWER_BYTES_MAX };
}

/** For messages. The query is omitted, because it can contain a user's data. */
export const describeCall = (request: HttpRequest): string =>
  `${request.method ?? "GET"} ${request.path.split("?")[0]}`;

/** The answer's JSON, checked. @param what it is an answer to @throws PluginError `invalid` naming the first field that is wrong */
export async function readJson<Schema extends v.GenericSchema>(
  schema: Schema,
  answer: HttpAnswer,
  what: string,
): Promise<v.InferOutput<Schema>> {
  const checked = v.safeParse(schema, await answer.json());
  if (checked.success) return checked.output;
  throw new PluginError("invalid", `${what}: ${firstIssue(checked.issues)}`);
}

function firstIssue(issues: readonly v.BaseIssue<unknown>[]): string {
  const [issue] = issues;
  if (issue === undefined) return "the answer has an unexpected shape";
  return `the answer's field ${v.getDotPath(issue) ?? "(root)"} is not as expected: ${issue.message}`;
}
