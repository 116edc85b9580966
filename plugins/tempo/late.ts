/** Spans that came late: they lie where the server's own count does not look yet. */
import type { Range } from "contextcore";
import type { Finder } from "./find.ts";
import { scanTrace } from "./otlp/scan.ts";
import { halved, type SearchHit } from "./search.ts";
import type { FetchTrace } from "./trace-by-id.ts";

export interface LateSource {
  readonly finder: Finder;
  readonly fetchTrace: FetchTrace;
}

/** Whether the live stores have anything at all of a range, however long it is. */
export async function holdsLate({ finder }: LateSource, range: Range, signal: AbortSignal): Promise<boolean> {
  const live = await finder.findByQuerier({ range, query: "{}", limit: 1 }, signal);
  return live !== undefined && live.hits.length > 0;
}

/** The most that one search is asked for, where the server allows as many: an answer of some 40 MB. */
const LIMIT = 100_000;

/**
 * The spans that began in a range, of the traces that only the live stores have. A trace that lies in the range as a whole
 * is counted by the server's search; one that reaches over its border is read.
 * Where one search does not list all traces, each half of the range is asked for by itself.
 * @param range all of it so old that the server counts only blocks
 * @returns `undefined` where that cannot be said: there are too many in one second, or traces of which only a part is in blocks
 */
export async function lateSpans(
  source: LateSource,
  range: Range,
  signal: AbortSignal,
): Promise<number | undefined> {
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
