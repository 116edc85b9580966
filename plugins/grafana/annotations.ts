import { fromMs, type HttpClient, type Range, toMs, v } from "contextcore";
import { read } from "./server.ts";

/** An annotation as its line in a snapshot says it: without numeric ids and without who wrote it, which the server sets. */
export const annotationSchema = v.object({
  /** ms */
  time: v.number(),
  timeEnd: v.optional(v.number()),
  text: v.optional(v.string(), ""),
  tags: v.optional(v.nullable(v.array(v.string()))),
  dashboardUID: v.optional(v.nullable(v.string())),
  panelId: v.optional(v.number()),
  alertId: v.optional(v.number()),
  alertName: v.optional(v.string()),
  newState: v.optional(v.string()),
  prevState: v.optional(v.string()),
  data: v.optional(v.nullable(v.record(v.string(), v.unknown()))),
});
export type Annotation = v.InferOutput<typeof annotationSchema>;

/** True for what alerting wrote itself; nobody else can write such a one. */
export const isAlertState = ({ alertId = 0, newState = "" }: Annotation): boolean =>
  alertId > 0 || newState !== "";

/** When it ends, ms. */
export const endOf = ({ time, timeEnd = 0 }: Annotation): number => Math.max(time, timeEnd);

/**
 * Annotations that overlap the range, newest end first, at most `limit`: there are no pages, and what is more than the
 * limit is left out without a word. Grafana takes both ends as part of the range, in ms, and 0 as "no such end".
 */
export function readAnnotations(
  http: HttpClient,
  { range, limit }: { range: Range; limit: number },
  signal: AbortSignal,
): Promise<Annotation[]> {
  const from = Math.max(1, toMs(range.from));
  const to = Math.max(from, toMs(range.to - 1n));
  return read(http, v.array(annotationSchema), {
    path: "/api/annotations",
    query: { from, to, limit },
    signal,
  });
}

const DAY_MS = 86_400_000;

/** The time of the oldest annotation to within a day, before it; and of the newest. `undefined`: there are none. */
export async function annotationSpan(
  http: HttpClient,
  now: bigint,
  signal: AbortSignal,
): Promise<{ oldest: bigint; newest: bigint } | undefined> {
  const newestUntil = async (ms: number): Promise<Annotation | undefined> =>
    (await readAnnotations(http, { range: { from: 0n, to: fromMs(ms) + 1n }, limit: 1 }, signal))[0];
  const latest = await newestUntil(toMs(now) + 365 * DAY_MS);
  if (latest === undefined) return undefined;
  let none = 0;
  let some = Math.ceil(endOf(latest) / DAY_MS);
  while (some - none > 1) {
    const middle = Math.floor((none + some) / 2);
    if ((await newestUntil(middle * DAY_MS)) === undefined) none = middle;
    else some = middle;
  }
  return { oldest: fromMs(none * DAY_MS), newest: fromMs(endOf(latest)) };
}
