/** Delete requests hide data from queries although it still exists; they are kept with the export that could not see it. */
import {
  checkShape,
  fromMs,
  isKind,
  openObject,
  PluginError,
  type Problem,
  type Step,
  toRfc3339,
  v,
} from "contextcore";
import type { Api } from "../server/api.ts";

/** The object with all delete requests, as the server lists them. */
export const DELETES_FILE = "loki/deletes.json";

const request = openObject({
  query: v.string(),
  status: v.string(),
  start_time: v.number(),
  end_time: v.number(),
});
const requests = v.nullable(v.array(request));
type DeleteRequest = v.InferOutput<typeof request>;

const PATH = "/loki/api/v1/delete";

/** All requests that the server still lists; none if it deletes nothing; `undefined` if it does not show them. */
export async function listDeletes(
  api: Api,
  signal: AbortSignal,
): Promise<readonly DeleteRequest[] | undefined> {
  try {
    const answer = await api.send({ path: PATH, signal });
    return checkShape(`loki: the answer of ${PATH}`, requests, await answer.json()) ?? [];
  } catch (error) {
    if (isKind(error, "not-found")) return undefined;
    if (error instanceof PluginError && /Retention is not enabled/i.test(error.message)) return [];
    throw error;
  }
}

/** Whether the request still hides what it matches; after processing, the data is gone from the storage. */
export const isPending = ({ status }: DeleteRequest): boolean => status !== "processed";

/** The server's delete requests as one file, and a problem for each that hides lines which still exist. */
export async function exportDeletes(api: Api, signal: AbortSignal): Promise<Step> {
  const requests = await listDeletes(api, signal);
  if (requests === undefined) return { problems: [NOT_SHOWN] };
  if (requests.length === 0) return {};
  const text = `${JSON.stringify(requests, null, 2)}\n`;
  return {
    objects: [{ path: DELETES_FILE, text, unit: "deletes" }],
    problems: requests.filter(isPending).map(hides),
  };
}

const NOT_SHOWN: Problem = {
  kind: "not-contained",
  reason: "delete requests: this Loki does not show them (its compactor's API cannot be reached)",
};

function hides({ query, start_time, end_time }: DeleteRequest): Problem {
  const range = { from: ns(start_time), to: ns(end_time) };
  return {
    kind: "not-contained",
    reason: `a pending delete request hides ${query} from ${toRfc3339(range.from)} on: what it hides was not read`,
    ...(range.from < range.to ? { range } : {}),
  };
}

const ns = (seconds: number): bigint => fromMs(Math.round(seconds * 1000));
