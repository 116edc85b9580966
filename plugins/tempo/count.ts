/** TraceQL's `count_over_time`: the server's own count of spans, from another source than search. */
import { type CountRequest, type Counts, type HttpClient, isKind, type Range, v } from "contextcore";
import { holdsLate, type LateSource, lateSpans } from "./late.ts";
import type { Settings } from "./settings.ts";
import { COUNTED } from "./trace-lines.ts";

/** 64-bit numbers may be strings; a value of 0 is left out, and so is an empty list. */
const schema = v.object({
  series: v.optional(v.array(v.object({ value: v.optional(v.number(), 0) })), []),
  status: v.optional(v.union([v.string(), v.number()])),
  metrics: v.optional(
    v.object({ completedJobs: v.optional(v.number(), 0), totalJobs: v.optional(v.number(), 0) }),
    {},
  ),
});

export interface CountSource extends LateSource {
  readonly http: HttpClient;
  readonly settings: Settings;
  readonly now: bigint;
}

/**
 * The spans that began in the range: those that the server counts, and those that came late, which it does not count yet.
 * `undefined` where that cannot be said: before 3.0 it counts only server spans, only lately; and with a selector the
 * export keeps whole traces, the count only the spans that match.
 */
export async function countSpans(
  source: CountSource,
  { range, match }: CountRequest,
  signal: AbortSignal,
): Promise<Counts | undefined> {
  const { http, settings } = source;
  if (!settings.countsSpans || match !== undefined) return undefined;
  let spans = 0;
  for (const part of parts(range, settings.maxMetricsDuration)) {
    const counted = await countPart(http, part, signal);
    if (counted === undefined) return undefined;
    spans += counted;
  }
  // After the others, so that a block which appears in between is counted too seldom, and asked for again.
  const late = await countLate(source, range, signal);
  return late === undefined ? undefined : { [COUNTED]: spans + late };
}

/** In the part of the range for which the server's count looks only into blocks. */
async function countLate(
  { settings, now, ...source }: CountSource,
  { from, to }: Range,
  signal: AbortSignal,
): Promise<number | undefined> {
  const border = now - settings.metricsBackendAfter;
  const old = { from, to: to < border ? to : border };
  if (old.from >= old.to || !(await holdsLate(source, old, signal))) return 0;
  let spans = 0;
  for (const part of parts(old, searchedAtOnce(settings))) {
    const late = await lateSpans(source, part, signal);
    if (late === undefined) return undefined;
    spans += late;
  }
  return spans;
}

/** A day: more traces than one search lists are less likely then. ns */
const DAY = 86_400_000_000_000n;

const searchedAtOnce = ({ maxSearchDuration }: Settings): bigint =>
  maxSearchDuration > 0n && maxSearchDuration < DAY ? maxSearchDuration : DAY;

function* parts({ from, to }: Range, length: bigint): Generator<Range> {
  for (let start = from; start < to; start += length) {
    yield { from: start, to: start + length < to ? start + length : to };
  }
}

/** Both ends of an instant query are included, so it ends a nanosecond early. */
async function countPart(
  http: HttpClient,
  { from, to }: Range,
  signal: AbortSignal,
): Promise<number | undefined> {
  const query = { q: "{} | count_over_time()", start: from, end: to - 1n };
  try {
    const { series, status, metrics } = await http.json(schema, {
      path: "/api/metrics/query",
      query,
      signal,
    });
    const whole = metrics.completedJobs >= metrics.totalJobs && (status ?? "COMPLETE") === "COMPLETE";
    return whole ? series.reduce((sum, { value }) => sum + value, 0) : undefined;
  } catch (error) {
    if (isKind(error, "not-found", "invalid", "refused")) return undefined;
    throw error;
  }
}
