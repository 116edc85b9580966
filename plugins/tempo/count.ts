/** TraceQL's `count_over_time`: the server's own count of spans, from another source than search. */
import {
  type CountRequest,
  type CountSplit,
  type Counts,
  encodeCursor,
  given,
  type HttpClient,
  halves,
  NS_PER_SECOND,
  type Range,
  undefinedOn,
  v,
} from "contextcore";
import { countLate, type LateSource, lateTraces, parts } from "./count-late.ts";
import { COUNTED } from "./export/trace-lines.ts";

/** 64-bit numbers may be strings; a value of 0 is left out, and so is an empty list. */
const schema = v.object({
  series: v.optional(v.array(v.object({ value: v.optional(v.number(), 0) })), []),
  status: v.optional(v.union([v.string(), v.number()])),
  metrics: v.optional(
    v.object({ completedJobs: v.optional(v.number(), 0), totalJobs: v.optional(v.number(), 0) }),
    {},
  ),
});

interface CountSource extends LateSource {
  readonly http: HttpClient;
}

/** What of a count is asked for: the spans that the server counts, or late ones; `traces`: only of these that came late, or of none. */
const partSchema = v.object({
  of: v.picklist(["counted", "late"]),
  traces: v.optional(v.array(v.string())),
});
type Part = v.InferOutput<typeof partSchema>;

/**
 * The spans that began in the range: those that the server counts, and those that came late, which it does not count yet.
 * `undefined` where the two cannot be compared: before 3.0 the server counts only recent server spans, and with a selector it
 * counts only the spans that match, while an export keeps whole traces.
 */
export async function countSpans(
  source: CountSource,
  { range, match, part }: CountRequest,
  signal: AbortSignal,
): Promise<Counts | undefined> {
  if (!source.settings.countsSpans || match !== undefined) return undefined;
  const { of, traces } = part === undefined ? {} : v.parse(partSchema, part);
  const counted = of === "late" ? 0 : await countCounted(source, range, signal);
  if (counted === undefined) return undefined;
  // After the others: a block that appears in between is then counted by neither, so the window is counted again.
  const late = of === "counted" ? 0 : await countLate(source, { range, traces }, signal);
  return late === undefined ? undefined : { [COUNTED]: counted + late };
}

/** Divides a count that Tempo cannot give: into late spans and others, those by trace, and each by time, down to a second. */
export async function splitCount(
  source: CountSource,
  request: CountRequest,
  signal: AbortSignal,
): Promise<CountSplit> {
  const { range, part } = request;
  const inPart = (one: Part): CountRequest => ({ ...request, part: encodeCursor(one) });
  if (part === undefined)
    return { requests: [inPart({ of: "counted" }), inPart({ of: "late" })], items: ["spans"] };
  const { of, traces = [] } = v.parse(partSchema, part);
  if (traces.length === 1) return { items: [`trace ${traces[0]}`] };
  const ids = of === "late" && part.traces === undefined ? await lateTraces(source, range, signal) : traces;
  if (ids.length > 0) {
    const middle = ids.length >> 1;
    const some = [ids.slice(0, middle), ids.slice(middle)].filter((each) => each.length > 0);
    const others = traces.length === 0 ? [[]] : [];
    return {
      requests: [...others, ...some].map((each) => inPart({ of, traces: each })),
      items: [`${ids.length} traces`],
    };
  }
  const requests = halves(range, NS_PER_SECOND)?.map((half) => ({ ...request, range: half }));
  return { items: [of === "late" ? "spans that came late" : "spans"], ...given({ requests }) };
}

async function countCounted(
  { http, settings }: CountSource,
  range: Range,
  signal: AbortSignal,
): Promise<number | undefined> {
  let spans = 0;
  for (const part of parts(range, settings.maxMetricsDuration)) {
    const counted = await countPart(http, part, signal);
    if (counted === undefined) return undefined;
    spans += counted;
  }
  return spans;
}

/** Both ends of an instant query are included, so it ends a nanosecond early. */
async function countPart(
  http: HttpClient,
  { from, to }: Range,
  signal: AbortSignal,
): Promise<number | undefined> {
  const query = { q: "{} | count_over_time()", start: from, end: to - 1n };
  const call = http.json(schema, { path: "/api/metrics/query", query, signal });
  const answer = await undefinedOn(call, "not-found", "invalid", "refused");
  if (answer === undefined) return undefined;
  const { series, status, metrics } = answer;
  const whole = metrics.completedJobs >= metrics.totalJobs && (status ?? "COMPLETE") === "COMPLETE";
  return whole ? series.reduce((sum, { value }) => sum + value, 0) : undefined;
}
