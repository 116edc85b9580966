/** Delete requests hide data from queries although it still exists; they are kept with the export that could not see it. */
import {
  checkShape,
  fromMs,
  isKind,
  openObject,
  PluginError,
  type Problem,
  type Range,
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
  /** Seconds, as are the others. */
  start_time: v.number(),
  end_time: v.number(),
  created_at: v.optional(v.number(), 0),
});
const requests = v.nullable(v.array(request));
/** One as the server lists it. */
export type DeleteRequest = v.InferOutput<typeof request>;

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

/**
 * The last stage of every request that this program makes to erase a person's lines. It excludes nothing; by it a request is known
 * whose query names a person, so that it goes into no snapshot and no message.
 */
export const OURS = ' | contextcore_erasure=""';

const isOurs = ({ query }: DeleteRequest): boolean => query.endsWith(OURS);

/** Asks Loki to delete what a query finds from `from` to `to`, both included. Milliseconds count. ns */
export async function addDelete(
  api: Api,
  { query, from, to }: Range & { readonly query: string },
  signal: AbortSignal,
): Promise<void> {
  const times = { start: toRfc3339(from), end: toRfc3339(to) };
  const answer = await api.send({ method: "POST", path: PATH, query: { query, ...times }, signal });
  await answer.text();
}

/** Whether the request still hides what it matches; after processing, the data is gone from the storage. */
export const isPending = ({ status }: DeleteRequest): boolean => status !== "processed";

/** The server's delete requests as one file, and a problem for each that hides lines which still exist. */
export async function exportDeletes(api: Api, signal: AbortSignal): Promise<Step> {
  const all = await listDeletes(api, signal);
  if (all === undefined) return { problems: [NOT_SHOWN] };
  const erasures = all.some((one) => isOurs(one) && isPending(one)) ? [ERASURES] : [];
  const requests = all.filter((one) => !isOurs(one));
  if (requests.length === 0) return erasures.length === 0 ? {} : { problems: erasures };
  const text = `${JSON.stringify(requests, null, 2)}\n`;
  return {
    objects: [{ path: DELETES_FILE, text, unit: "deletes" }],
    problems: [...requests.filter(isPending).map(hides), ...erasures],
  };
}

const ERASURES: Problem = {
  kind: "not-contained",
  reason: "what was erased of persons and Loki only hides so far was not read",
};

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
