import { fromRfc3339 } from "../../../src/units/range.ts";
import { httpError, noContent, plainJson } from "./answers.ts";
import { parseQuery } from "./parser.ts";

export interface DeleteRequest {
  readonly request_id: string;
  /** Seconds, as the API shows them. */
  readonly start_time: number;
  readonly end_time: number;
  readonly query: string;
  readonly status: string;
  readonly created_at: number;
  readonly user_id: string;
}

/** Answers `/loki/api/v1/delete`. Requests are kept and listed, and never carried out: their cancel period is a day. */
export function handleDeletes(
  list: DeleteRequest[],
  now: bigint,
  request: Request,
  enabled: boolean,
): Response {
  if (!enabled) return httpError(400, "Retention is not enabled");
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

function isQuery(text: string): boolean {
  try {
    return parseQuery(text).kind === "log";
  } catch {
    return false;
  }
}
