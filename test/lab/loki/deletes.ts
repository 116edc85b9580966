import { fromRfc3339 } from "../../../src/units/range.ts";
import { httpError, noContent, plainJson } from "./answers.ts";
import { type LokiLimits, ns } from "./limits.ts";
import { parseQuery } from "./parser.ts";

export interface DeleteRequest {
  readonly request_id: string;
  /** Seconds, as the API shows them. */
  readonly start_time: number;
  readonly end_time: number;
  readonly query: string;
  status: string;
  readonly created_at: number;
  readonly user_id: string;
}

/** Answers `/loki/api/v1/delete`. What becomes of a request is in `deleted.ts`. */
export function handleDeletes(
  list: DeleteRequest[],
  now: bigint,
  request: Request,
  { retention_enabled, deletion_mode }: LokiLimits,
): Response {
  if (!retention_enabled) return httpError(400, "Retention is not enabled");
  if (deletion_mode === "disabled") return httpError(403, "deletion is not available for this tenant");
  const query = new URL(request.url).searchParams;
  if (request.method === "GET") return plainJson(JSON.stringify(list));
  if (request.method === "DELETE") return cancel(list, query.get("request_id") ?? "");
  return add(list, now, query);
}

function add(list: DeleteRequest[], now: bigint, query: URLSearchParams): Response {
  const expression = query.get("query") ?? "";
  if (expression === "") return httpError(400, "query not set");
  if (!isQuery(expression)) return httpError(400, "invalid query expression");
  const [start, end] = [query.get("start") ?? "", query.get("end") ?? String(seconds(now))];
  if (start === "") return httpError(400, "start time not set");
  const [from, to] = [toSeconds(start), toSeconds(end)];
  if (from === undefined) return httpError(400, "invalid start time: require unix seconds or RFC3339 format");
  if (to === undefined) return httpError(400, "invalid end time: require unix seconds or RFC3339 format");
  if (to > seconds(now)) return httpError(400, "deletes in the future are not allowed");
  if (from > to) return httpError(400, "start time can't be greater than end time");
  if (hasFilter(expression) && to - from < 1) return httpError(400, TOO_SHORT);
  const id = Bun.hash.crc32(`${expression}${start}${end}${list.length}`).toString(16).padStart(8, "0");
  list.push({
    request_id: id,
    start_time: from,
    end_time: to,
    query: expression,
    status: "received",
    created_at: seconds(now),
    user_id: "",
  });
  return noContent({ "x-delete-request-id": id });
}

function cancel(list: DeleteRequest[], id: string): Response {
  const index = list.findIndex(({ request_id }) => request_id === id);
  if (index < 0) return httpError(404, "could not find delete request with given id");
  list.splice(index, 1);
  return noContent();
}

const TOO_SHORT = "difference between start time and end time must be at least one second";

const seconds = (time: bigint): number => Number(time / 1_000_000n) / 1000;

/** Ten digits of seconds, or RFC 3339. */
function toSeconds(text: string): number | undefined {
  if (/^\d{1,10}$/.test(text)) return Number(text);
  try {
    return seconds(fromRfc3339(text));
  } catch {
    return undefined;
  }
}

function hasFilter(text: string): boolean {
  const query = parseQuery(text);
  return query.kind === "log" && query.filters.length > 0;
}

/** Whether it still waits, in which case it hides what it matches. */
export const waits = ({ created_at }: DeleteRequest, limits: LokiLimits, now: bigint): boolean =>
  seconds(now) < created_at + seconds(ns(limits.delete_request_cancel_period));

function isQuery(text: string): boolean {
  try {
    return parseQuery(text).kind === "log";
  } catch {
    return false;
  }
}
