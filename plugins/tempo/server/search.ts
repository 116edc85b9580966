/** `GET /api/search`: which traces there are in a window, and whether the answer is all of them. */
import { fromMs, type HttpClient, NS_PER_SECOND, objectOf, type Range, v } from "contextcore";

/** One search. It finds all that overlaps the range, rounded outwards to whole seconds. */
export interface SearchRequest {
  readonly range: Range;
  /** TraceQL. */
  readonly query: string;
  /** Traces at most. */
  readonly limit: number;
}

/** A trace as a search tells of it: enough to fetch it, and not all of it. */
export interface SearchHit {
  /** 32 hex digits. */
  readonly id: string;
  /** The first moment of the trace, as far as the search saw it: other places may hold earlier spans. ns */
  readonly from: bigint;
  /** Its last moment, as far as the search saw it, to the millisecond. ns */
  readonly to: bigint;
  /** One of its spans, of which the whole length is known. */
  readonly span: Range | undefined;
  /** How many spans it has at least: of a trace in several places the search counts only one. */
  readonly spans: number;
}

/** What one search found, and how far it can be believed. */
export interface SearchAnswer {
  readonly hits: readonly SearchHit[];
  /** True: as many as were asked for, so there may be more. */
  readonly full: boolean;
  /** False: some of the server's jobs did not finish. A status of 200 alone proves nothing. */
  readonly complete: boolean;
  /** Bytes of the blocks that the search looked at. */
  readonly blockBytes: number;
}

/** The answer of a place that has nothing. */
export const NOTHING: SearchAnswer = { hits: [], full: false, complete: true, blockBytes: 0 };

const span = v.object({
  startTimeUnixNano: v.optional(v.string(), "0"),
  durationNanos: v.optional(v.string(), "0"),
});

/** Zero values are left out of the answer: an absent number is 0. 64-bit numbers are strings. */
const schema = v.object({
  traces: v.optional(
    v.array(
      v.object({
        traceID: v.optional(v.string(), ""),
        startTimeUnixNano: v.optional(v.string(), "0"),
        durationMs: v.optional(v.number(), 0),
        spanSets: v.optional(v.array(v.object({ spans: v.optional(v.array(span), []) })), []),
        serviceStats: v.optional(objectOf(v.object({ spanCount: v.optional(v.number(), 0) })), {}),
      }),
    ),
    [],
  ),
  metrics: v.optional(
    v.object({
      completedJobs: v.optional(v.number(), 0),
      totalJobs: v.optional(v.number(), 0),
      totalBlockBytes: v.optional(v.string(), "0"),
    }),
    {},
  ),
});

/** A hundred thousand hits of some kilobytes each. */
const SEARCH_BYTES_MAX = 256 << 20;

/** What this server's search finds: all that overlaps the range, which is rounded outwards to whole seconds. */
export async function searchTraces(
  http: HttpClient,
  { range, query, limit }: SearchRequest,
  signal: AbortSignal,
): Promise<SearchAnswer> {
  const start = range.from / NS_PER_SECOND;
  const end = (range.to + NS_PER_SECOND - 1n) / NS_PER_SECOND;
  const { traces, metrics } = await http.json(schema, {
    path: "/api/search",
    query: { q: query, start, end: end > start ? end : start + 1n, limit, spss: 1 },
    maxBytes: SEARCH_BYTES_MAX,
    signal,
  });
  return {
    hits: traces.map(toHit),
    full: traces.length >= limit,
    complete: metrics.completedJobs === metrics.totalJobs,
    blockBytes: Number(metrics.totalBlockBytes),
  };
}

type ListedTrace = v.InferOutput<typeof schema>["traces"][number];

function toHit({ traceID, startTimeUnixNano, durationMs, spanSets, serviceStats }: ListedTrace): SearchHit {
  const from = BigInt(startTimeUnixNano);
  const one = spanSets[0]?.spans[0];
  const begin = BigInt(one?.startTimeUnixNano ?? 0);
  return {
    id: traceID.toLowerCase().padStart(32, "0"),
    from,
    to: from + fromMs(durationMs),
    span: one === undefined ? undefined : { from: begin, to: begin + BigInt(one.durationNanos) },
    spans: Object.values(serviceStats).reduce((sum, { spanCount }) => sum + spanCount, 0),
  };
}

/** Two parts divided at a whole second, the smallest unit of search; `undefined` when no whole second lies within. */
export function halved({ from, to }: Range): readonly [Range, Range] | undefined {
  const middle = ((from + to) / 2n / NS_PER_SECOND) * NS_PER_SECOND;
  const border = middle > from ? middle : middle + NS_PER_SECOND;
  if (border >= to) return undefined;
  return [
    { from, to: border },
    { from: border, to },
  ];
}
