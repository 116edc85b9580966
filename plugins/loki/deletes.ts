/** Delete requests that hide data from queries though it is still there: kept with the export that could not see it. */
import { isKind, PluginError, type Problem, type Step, toRfc3339, v } from "contextcore";
import type { Api } from "./api.ts";

export const DELETES_FILE = "loki/deletes.json";

const request = v.looseObject({
  query: v.string(),
  status: v.string(),
  start_time: v.number(),
  end_time: v.number(),
});
export type DeleteRequest = v.InferOutput<typeof request>;

/** All requests that the server still lists; none where it does not delete at all. */
export async function listDeletes(api: Api, signal: AbortSignal): Promise<readonly DeleteRequest[]> {
  try {
    const answer = await api.send({ path: "/loki/api/v1/delete", signal });
    return v.parse(v.nullish(v.array(request), []), await answer.json()) ?? [];
  } catch (error) {
    if (isKind(error, "not-found")) return [];
    if (error instanceof PluginError && /Retention is not enabled/i.test(error.message)) return [];
    throw error;
  }
}

export const isPending = ({ status }: DeleteRequest): boolean => status !== "processed";

export async function exportDeletes(api: Api, signal: AbortSignal): Promise<Step> {
  const requests = await listDeletes(api, signal);
  if (requests.length === 0) return {};
  const text = `${JSON.stringify(requests, null, 2)}\n`;
  return {
    objects: [{ path: DELETES_FILE, text, unit: "deletes" }],
    problems: requests.filter(isPending).map(hides),
  };
}

function hides({ query, start_time, end_time }: DeleteRequest): Problem {
  const range = { from: ns(start_time), to: ns(end_time) };
  return {
    kind: "not-contained",
    reason: `a pending delete request hides ${query} from ${toRfc3339(range.from)} on: what it hides was not read`,
    ...(range.from < range.to ? { range } : {}),
  };
}

const ns = (seconds: number): bigint => BigInt(Math.round(seconds * 1000)) * 1_000_000n;
