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
  toMs,
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

/** All requests that the server still lists. @throws PluginError also when it deletes nothing, or does not show them */
export async function askDeletes(api: Api, signal: AbortSignal): Promise<readonly DeleteRequest[]> {
  const answer = await api.send({ path: PATH, signal });
  return checkShape(`loki: the answer of ${PATH}`, requests, await answer.json()) ?? [];
}

/** The same; none if it deletes nothing; `undefined` if it does not show them. */
export async function listDeletes(
  api: Api,
  signal: AbortSignal,
): Promise<readonly DeleteRequest[] | undefined> {
  try {
    return await askDeletes(api, signal);
  } catch (error) {
    if (isKind(error, "not-found")) return undefined;
    if (error instanceof PluginError && /Retention is not enabled/i.test(error.message)) return [];
    throw error;
  }
}

/**
 * A matcher in every request that this program makes. No stream has this label, so it excludes nothing; by it such a request is
 * known, whose query may name a person, so that it goes into no snapshot and no message.
 */
const OURS = 'contextcore_deletion=""';

/** The selector as it stands in a request of ours. */
export const asOurs = (selector: string): string => `${selector.slice(0, -1)}, ${OURS}}`;

/** Whether this program made it. */
export const isOurs = ({ query }: DeleteRequest): boolean => query.includes(OURS);

/** When Loki was asked, ns. */
export const createdAt = ({ created_at }: DeleteRequest): bigint => ns(created_at);

/** Whether it deletes all from `from` to `to`, both included. ns */
export const covers = ({ start_time, end_time }: DeleteRequest, { from, to }: Range): boolean =>
  Math.round(start_time * 1_000) <= toMs(from) && Math.round(end_time * 1_000) >= toMs(to);

/** Whether it may hide something from `from` to `to`, both included. ns */
export const overlaps = ({ start_time, end_time }: DeleteRequest, { from, to }: Range): boolean =>
  Math.round(start_time * 1_000) <= toMs(to) && Math.round(end_time * 1_000) >= toMs(from);

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
  const ours = all.some((one) => isOurs(one) && isPending(one)) ? [OURS_HIDE] : [];
  const requests = all.filter((one) => !isOurs(one));
  if (requests.length === 0) return ours.length === 0 ? {} : { problems: ours };
  const text = `${JSON.stringify(requests, null, 2)}\n`;
  return {
    objects: [{ path: DELETES_FILE, text, unit: "deletes" }],
    problems: [...requests.filter(isPending).map(hides), ...ours],
  };
}

const OURS_HIDE: Problem = {
  kind: "not-contained",
  reason: "what contextcore has asked Loki to delete, and Loki only hides so far, was not read",
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
