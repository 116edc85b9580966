/** The spans that came late: they lie where the server's own count does not look yet. */
import { NS_PER_MS, type Range } from "contextcore";
import { scanTrace } from "./otlp/scan.ts";
import type { Finder } from "./server/find.ts";
import { halved, type SearchHit } from "./server/search.ts";
import type { Settings } from "./server/settings.ts";
import type { FetchTrace } from "./server/trace-by-id.ts";

/** Who is asked for them. */
export interface LateSource {
  readonly finder: Finder;
  readonly fetchTrace: FetchTrace;
  readonly settings: Settings;
  readonly now: bigint;
}

/** Late spans that began in a range. */
interface LateRequest {
  readonly range: Range;
  /** Only of these traces; none of them: only those that the search counts. Absent: all. */
  readonly traces?: readonly string[] | undefined;
}

/**
 * Counts late spans in the part of the range for which the server counts only blocks. `undefined` when they cannot be counted:
 * too many in one second, or traces of which only a part is in blocks.
 */
export async function countLate(
  source: LateSource,
  { range, traces }: LateRequest,
  signal: AbortSignal,
): Promise<number | undefined> {
  if (traces !== undefined && traces.length > 0) return spansOf(source, traces, range, signal);
  const late = await lateOf(source, range, signal);
  if (late === undefined) return undefined;
  let spans = 0;
  for (const { within, across, range: own } of late)
    spans += within + (traces === undefined ? await spansOf(source, across, own, signal) : 0);
  return spans;
}

/** The traces that have to be read to count late spans: they reach over the border of what is searched. */
export async function lateTraces(source: LateSource, range: Range, signal: AbortSignal): Promise<string[]> {
  const late = (await lateOf(source, range, signal)) ?? [];
  return [...new Set(late.flatMap(({ across }) => across))];
}

/** A day: so that one search seldom has more traces than it may list. ns */
const DAY = 86_400_000_000_000n;

const searchedAtOnce = ({ maxSearchDuration }: Settings): bigint =>
  maxSearchDuration > 0n && maxSearchDuration < DAY ? maxSearchDuration : DAY;

/** A range in parts of this length; nothing when it is empty. */
export function* parts({ from, to }: Range, length: bigint): Generator<Range> {
  for (let start = from; start < to; start += length) {
    yield { from: start, to: start + length < to ? start + length : to };
  }
}

/** What is late in a range. */
interface Late {
  readonly range: Range;
  /** Spans of traces that lie in the range as a whole: the search counts them. */
  readonly within: number;
  /** Traces that reach over its border. */
  readonly across: readonly string[];
}

/** What is late in a range, in its parts: only in that of its times for which the server counts only blocks. */
async function lateOf(
  source: LateSource,
  { from, to }: Range,
  signal: AbortSignal,
): Promise<Late[] | undefined> {
  const { settings, now } = source;
  const border = now - settings.metricsBackendAfter;
  const old = { from, to: to < border ? to : border };
  if (old.from >= old.to || !(await holdsLate(source, old, signal))) return [];
  const found: Late[] = [];
  for (const part of parts(old, searchedAtOnce(settings))) {
    const late = await lateIn(source, part, signal);
    if (late === undefined) return undefined;
    found.push(...late);
  }
  return found;
}

/** Whether the live stores hold anything of a range, however long it is. */
async function holdsLate({ finder }: LateSource, range: Range, signal: AbortSignal): Promise<boolean> {
  const live = await finder.findByQuerier({ range, query: "{}", limit: 1 }, signal);
  return live !== undefined && live.hits.length > 0;
}

/** The most that one search is asked for, where the server allows as many: an answer of some 40 MB. */
const LIMIT = 100_000;

/** What only the live stores have. Where one search does not list all traces, each half of the range is asked for by itself. */
async function lateIn(source: LateSource, range: Range, signal: AbortSignal): Promise<Late[] | undefined> {
  const { finder } = source;
  const request = { range, query: "{}", limit: LIMIT };
  const live = await finder.findByQuerier(request, signal);
  if (live === undefined || live.hits.length === 0) return [];
  const stored = await finder.findByFrontend({ ...request, range: extentOf(live.hits, range) }, signal);
  if (live.full || stored.full) return lateInHalves(source, range, signal);
  if (!stored.complete) return undefined;
  const known = new Map(stored.hits.map((hit) => [hit.id, hit.spans]));
  if (live.hits.some(({ id, spans }) => (known.get(id) ?? spans) < spans)) return undefined;
  const late = live.hits.filter(({ id }) => !known.has(id));
  const within = late.filter((hit) => isWithin(hit, range)).reduce((sum, { spans }) => sum + spans, 0);
  return [{ range, within, across: late.filter((hit) => !isWithin(hit, range)).map(({ id }) => id) }];
}

/** The part of a range in which the traces lie: usually minutes of a day. */
function extentOf(hits: readonly SearchHit[], range: Range): Range {
  const from = hits.reduce((least, hit) => (hit.from < least ? hit.from : least), range.to);
  const to = hits.reduce((most, hit) => (hit.to > most ? hit.to : most), range.from) + NS_PER_MS;
  return { from: from > range.from ? from : range.from, to: to < range.to ? to : range.to };
}

async function lateInHalves(
  source: LateSource,
  range: Range,
  signal: AbortSignal,
): Promise<Late[] | undefined> {
  const [one, other] = halved(range) ?? [];
  if (one === undefined || other === undefined) return undefined;
  const earlier = await lateIn(source, one, signal);
  if (earlier === undefined) return undefined;
  const later = await lateIn(source, other, signal);
  return later && [...earlier, ...later];
}

async function spansOf(
  { fetchTrace }: LateSource,
  ids: readonly string[],
  range: Range,
  signal: AbortSignal,
): Promise<number> {
  let spans = 0;
  for (const id of ids) {
    const { bytes } = await fetchTrace(id, signal);
    spans += scanTrace([bytes]).spans.filter(({ from }) => from >= range.from && from < range.to).length;
  }
  return spans;
}

/** Search says to the millisecond when a trace ends. */
const isWithin = ({ from, to }: SearchHit, range: Range): boolean =>
  from >= range.from && to + NS_PER_MS < range.to;
