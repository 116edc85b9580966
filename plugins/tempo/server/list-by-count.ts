/**
 * Which traces have spans that begin in a range, from the metrics API: it reads other columns of a block than a search, which
 * also reads the ids of spans. Measured with 3.1: where a damaged page made every search of its time fail, this listed all.
 */
import { type HttpClient, isKind, isOfThisCall, type Range, v } from "contextcore";

/** 64-bit numbers may be strings; a value of 0 is left out, and so is an empty list. */
const schema = v.object({
  series: v.optional(
    v.array(
      v.object({
        labels: v.array(
          v.object({ key: v.string(), value: v.object({ stringValue: v.optional(v.string(), "") }) }),
        ),
        value: v.optional(v.number(), 0),
      }),
    ),
    [],
  ),
  status: v.optional(v.union([v.string(), v.number()])),
  metrics: v.optional(
    v.object({ completedJobs: v.optional(v.number(), 0), totalJobs: v.optional(v.number(), 0) }),
    {},
  ),
});

/** A trace, and how many of its spans begin in the range. */
interface Counted {
  /** 32 hex digits. */
  readonly id: string;
  readonly spans: number;
}

const BY = "trace:id";
/** A series takes some hundred bytes. */
const ANSWER_BYTES_MAX = 64 << 20;

/** @param query TraceQL @returns `undefined` where the server does not count, or not all of it */
export async function listByCount(
  http: HttpClient,
  { range, query }: { readonly range: Range; readonly query: string },
  signal: AbortSignal,
): Promise<readonly Counted[] | undefined> {
  const q = `${query} | count_over_time() by (${BY})`;
  // Both ends are included.
  const asked = { q, start: range.from, end: range.to - 1n };
  const answer = await http
    .json(schema, { path: "/api/metrics/query", query: asked, maxBytes: ANSWER_BYTES_MAX, signal })
    .catch(unlessOfThisCall);
  if (answer === undefined) return undefined;
  const { series, status, metrics } = answer;
  if (metrics.completedJobs < metrics.totalJobs || (status ?? "COMPLETE") !== "COMPLETE") return undefined;
  const traces = series.map(({ labels, value }) => ({ id: idIn(labels), spans: value }));
  return traces.every(({ id }) => ID.test(id)) ? traces : undefined;
}

const ID = /^[0-9a-f]{32}$/;

const idIn = (
  labels: readonly { readonly key: string; readonly value: { readonly stringValue: string } }[],
) => (labels.find(({ key }) => key === BY)?.value.stringValue ?? "").toLowerCase().padStart(32, "0");

/** A server that refuses the query has no such metrics. */
function unlessOfThisCall(error: unknown): undefined {
  if (!isOfThisCall(error) && !isKind(error, "not-found", "refused")) throw error;
}
