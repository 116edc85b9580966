/** TraceQL's `count_over_time`: the server's own count of spans, from another source than search. */
import { type CountRequest, type Counts, type HttpClient, type Range, undefinedOn, v } from "contextcore";
import { COUNTED } from "./export/trace-lines.ts";
import { scanTrace } from "./otlp/scan.ts";
import type { Finder } from "./server/find.ts";
import { halved, type SearchHit } from "./server/search.ts";
import type { Settings } from "./server/settings.ts";
import type { FetchTrace } from "./server/trace-by-id.ts";

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
  readonly settings: Settings;
  readonly now: bigint;
}

/**
 * The spans that began in the range: those that the server counts, and those that came late, which it does not count yet.
 * `undefined` where the two cannot be compared: before 3.0 the server counts only recent server spans, and with a selector it
 * counts only the spans that match, while an export keeps whole traces.
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
  // After the others: a block that appears in between is then counted by neither, so the window is counted again.
  const late = await countLate(source, range, signal);
  return late === undefined ? undefined : { [COUNTED]: spans + late };
}

/** Counts late spans in the part of the range for which the server counts only blocks. */
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

/** A day: so that one search seldom has more traces than it may list. ns */
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
  const call = http.json(schema, { path: "/api/metrics/query", query, signal });
  const answer = await undefinedOn(call, "not-found", "invalid", "refused");
  if (answer === undefined) return undefined;
  const { series, status, metrics } = answer;
  const whole = metrics.completedJobs >= metrics.totalJobs && (status ?? "COMPLETE") === "COMPLETE";
  return whole ? series.reduce((sum, { value }) => sum + value, 0) : undefined;
}

/** Who is asked for spans that came late: they lie where the server's own count does not look yet. */
interface LateSource {
  readonly finder: Finder;
  readonly fetchTrace: FetchTrace;
}

/** Whether the live stores hold anything of a range, however long it is. */
async function holdsLate({ finder }: LateSource, range: Range, signal: AbortSignal): Promise<boolean> {
  const live = await finder.findByQuerier({ range, query: "{}", limit: 1 }, signal);
  return live !== undefined && live.hits.length > 0;
}

/** The most that one search is asked for, where the server allows as many: an answer of some 40 MB. */
const LIMIT = 100_000;

/**
 * The spans that began in a range, of the traces that only the live stores have. A trace that lies in the range as a whole
 * is counted by the server's search; one that reaches over its border is read. Where one search does not list all traces, each
 * half of the range is asked for by itself.
 * @param range so old that the server counts only blocks
 * @returns `undefined` when they cannot be counted: too many in one second, or traces of which only a part is in blocks
 */
async function lateSpans(source: LateSource, range: Range, signal: AbortSignal): Promise<number | undefined> {
  const { finder, fetchTrace } = source;
  const request = { range, query: "{}", limit: LIMIT };
  const live = await finder.findByQuerier(request, signal);
  if (live === undefined || live.hits.length === 0) return 0;
  const stored = await finder.findByFrontend(request, signal);
  if (live.full || stored.full) return lateInHalves(source, range, signal);
  if (!stored.complete) return undefined;
  const known = new Map(stored.hits.map((hit) => [hit.id, hit.spans]));
  let spans = 0;
  for (const hit of live.hits) {
    const inBlocks = known.get(hit.id);
    if (inBlocks !== undefined && inBlocks < hit.spans) return undefined;
    if (inBlocks === undefined) spans += isWithin(hit, range) ? hit.spans : await readSpans(hit.id);
  }
  return spans;

  async function readSpans(id: string): Promise<number> {
    const { bytes } = await fetchTrace(id, signal);
    return scanTrace([bytes]).spans.filter(({ from }) => from >= range.from && from < range.to).length;
  }
}

async function lateInHalves(
  source: LateSource,
  range: Range,
  signal: AbortSignal,
): Promise<number | undefined> {
  const [one, other] = halved(range) ?? [];
  if (one === undefined || other === undefined) return undefined;
  const spans = await lateSpans(source, one, signal);
  if (spans === undefined) return undefined;
  const more = await lateSpans(source, other, signal);
  return more === undefined ? undefined : spans + more;
}

/** Search says to the millisecond when a trace ends. */
const isWithin = ({ from, to }: SearchHit, range: Range): boolean =>
  from >= range.from && to + 1_000_000n < range.to;
