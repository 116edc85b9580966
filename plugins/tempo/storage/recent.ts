/** The traces that may have spans which are in no block yet: those that a search lists. */
import { type HttpClient, NS_PER_SECOND, PluginError, type Range, toRfc3339, windows } from "contextcore";
import type { SearchAnswer, SearchRequest } from "../search.ts";

/** Lists the ids once for each range, whoever asks. */
export type RecentIds = (range: Range, signal: AbortSignal) => Promise<ReadonlySet<string>>;

export interface RecentOptions {
  /** To name in errors. */
  readonly http: Pick<HttpClient, "url">;
  readonly search: (request: SearchRequest, signal: AbortSignal) => Promise<SearchAnswer>;
  /** How long a range is asked for at once, before it proves too much. ns */
  readonly length: bigint;
}

const LIMIT = 10_000;

/** Lists them once for each range, however many steps ask; a list that failed is asked for again. */
export function createRecentIds(options: RecentOptions): RecentIds {
  const known = new Map<string, Promise<ReadonlySet<string>>>();
  return (range, signal) => {
    const key = `${range.from} ${range.to}`;
    const listed = known.get(key) ?? list(options, range, signal);
    known.set(key, listed);
    listed.catch(() => known.delete(key));
    return listed;
  };
}

async function list(
  { http, search, length }: RecentOptions,
  range: Range,
  signal: AbortSignal,
): Promise<Set<string>> {
  const ids = new Set<string>();
  const waiting = windows(range, length);
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const request = { range: next, query: "{}", limit: LIMIT };
    const { hits, full, complete } = await search(request, signal);
    for (const { id } of hits) ids.add(id);
    if (complete && !full) continue;
    if (next.to - next.from > NS_PER_SECOND) waiting.push(...windows(next, (next.to - next.from) / 2n));
    // A full second is reported by the export itself, which asks for the same window.
    else if (!full) throw unfinished(http, next);
  }
  return ids;
}

/** An id that is missing here would be written twice: from its blocks, without its newest spans, and through the API. */
const unfinished = (http: RecentOptions["http"], { from, to }: Range): PluginError =>
  new PluginError(
    "temporary",
    `${http.url}: Tempo did not finish all jobs of a search from ${toRfc3339(from)} to ${toRfc3339(to)}, so it is not known which traces are still to come into a block`,
    { hint: "Try again when its queriers and ingesters are well." },
  );
