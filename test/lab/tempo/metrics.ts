/** `GET /api/metrics/query`: `count_over_time()` of the spans that started within the range, both ends included. */
import type { Literal } from "./fields.ts";
import { BadRequest, requireWhole, spotsOf, tracesWithin } from "./search.ts";
import type { TempoState } from "./state.ts";
import type { StoredTrace } from "./store.ts";
import { parseTraceQl, type Query } from "./traceql.ts";

const SECOND = 1_000_000_000n;

/** Unix seconds or nanoseconds. */
function timeOf(params: URLSearchParams, name: string): bigint {
  const source = params.get(name) ?? "";
  if (!/^\d+$/.test(source)) throw new BadRequest(`could not parse '${name}' parameter`);
  return source.length > 10 ? BigInt(source) : BigInt(source) * SECOND;
}

export function metricsQuery(params: URLSearchParams, state: TempoState): Response {
  const query = parseTraceQl(params.get("q") ?? "");
  if (query.countBy === undefined) throw new BadRequest("invalid TraceQL query: not a metrics query");
  const [start, asked] = [timeOf(params, "start"), timeOf(params, "end")];
  const newest = state.now() - state.knobs.queryEndCutoff;
  const end = asked < newest ? asked : newest;
  if (end - start > 24n * 3600n * SECOND) {
    throw new BadRequest(`metrics query time range exceeds the maximum allowed duration of 24h0m0s`);
  }
  const series = count(query, start, end, state);
  return Response.json({
    ...(series.length === 0 ? {} : { series }),
    metrics: {
      inspectedBytes: "26470",
      totalBlocks: 1,
      completedJobs: 2,
      totalJobs: 2,
      totalBlockBytes: "27878",
    },
  });
}

function count(query: Query, start: bigint, end: bigint, state: TempoState): object[] {
  const groups = new Map<string, { key: string; value: object }[]>();
  const counts = new Map<string, number>();
  const window = { start: start / SECOND, end: end / SECOND + 1n };
  for (const trace of tracesWithin(window, state)) {
    requireWhole(trace, query.filter.matching([...spotsOf(trace)]), state);
    for (const labels of labelsOf(trace, query, start, end)) {
      const key = JSON.stringify(labels);
      groups.set(key, labels);
      counts.set(key, (counts.get(key) ?? 0) + 1);
    }
  }
  return [...groups].map(([key, labels]) => ({ labels, value: counts.get(key) }));
}

type Labels = { key: string; value: object }[];

function* labelsOf(trace: StoredTrace, query: Query, start: bigint, end: bigint): Generator<Labels> {
  for (const spot of query.filter.matching([...spotsOf(trace)])) {
    if (spot.span.start < start || spot.span.start > end) continue;
    if (query.countBy === undefined || query.countBy.length === 0) {
      yield [{ key: "__name__", value: { stringValue: "count_over_time" } }];
    } else {
      yield query.countBy.map(({ name, field }) => ({ key: name, value: labelValue(field(spot)) }));
    }
  }
}

const labelValue = (value: Literal): object => ({ stringValue: value === undefined ? "nil" : String(value) });
