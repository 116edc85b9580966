/**
 * Finds everything that the server holds of a range, wherever it lies. Tempo searches times older than
 * `query_frontend.search.query_backend_after` only in the backend's blocks. Spans of such times that arrived lately, by a
 * restore or from a client that was offline, are found there only once their block is flushed and the list of blocks is read
 * again (`blocklist_poll`). Until then the live stores (version 2: ingesters) hold them, and for such times only a querier
 * asks those. Measured with 3.1: 3,000 traces of four hours ago were in no search of the query frontend for 4.5 minutes,
 * and in the querier's after 13 seconds. A search without a range covers the last quarter of an hour.
 */
import { type HttpClient, NS_PER_SECOND, undefinedOn } from "contextcore";
import { type LiveSpans, readLiveSpans } from "./live-spans.ts";
import { type SearchAnswer, type SearchHit, type SearchRequest, searchTraces } from "./search.ts";
import type { Settings } from "./settings.ts";

/** No search asks for more than the server allows (`query_frontend.search.max_result_limit`), whatever its limit says. */
export interface Finder {
  /** What blocks and live stores hold together. */
  find(request: SearchRequest, signal: AbortSignal): Promise<SearchAnswer>;
  /** What the live stores hold, of any age; `undefined` where no querier answers. */
  findByQuerier(request: SearchRequest, signal: AbortSignal): Promise<SearchAnswer | undefined>;
  /** What the query frontend finds by itself: what is in blocks and, of recent times, in the live stores. */
  findByFrontend(request: SearchRequest, signal: AbortSignal): Promise<SearchAnswer>;
  /** Every span that the live stores hold, by itself. @throws PluginError where no querier tells, or there is too much */
  liveSpans(signal: AbortSignal): Promise<LiveSpans>;
  /** Where the querier is asked. */
  readonly querierUrl: string;
}

interface FinderOptions {
  readonly frontend: HttpClient;
  /** Bound to the querier's API, of which `/api/search` is asked. */
  readonly querier: HttpClient;
  /** Asked once how many traces a search may list. */
  readonly settings: (signal: AbortSignal) => Promise<Pick<Settings, "maxResultLimit">>;
}

/** A finder that asks the frontend, the querier, or both; when the settings cannot be read, the search that needs them fails. */
export function createFinder({ frontend, querier, settings }: FinderOptions): Finder {
  let allowed: number | undefined;
  /** Asks for no more than the server allows, so that an answer of that many counts as full. */
  const clamped = async (request: SearchRequest, signal: AbortSignal): Promise<SearchRequest> => {
    allowed ??= (await settings(signal)).maxResultLimit;
    return allowed === 0 ? request : { ...request, limit: Math.min(request.limit, allowed) };
  };
  const findByFrontend: Finder["findByFrontend"] = async (request, signal) =>
    searchTraces(frontend, await clamped(request, signal), signal);
  const findByQuerier: Finder["findByQuerier"] = async (request, signal) => {
    const search = searchTraces(querier, await clamped(request, signal), signal);
    // There is none, or a proxy hides it. The frontend refuses the same queries.
    return undefinedOn(search, "not-found", "refused", "invalid");
  };
  return {
    findByFrontend,
    findByQuerier,
    liveSpans: (signal) => readLiveSpans(querier, signal),
    querierUrl: querier.url,
    async find(request, signal) {
      // In this order: what leaves the live stores in between is in blocks by then.
      const live = await findByQuerier(request, signal);
      const stored = await findByFrontend(request, signal);
      return live === undefined ? stored : joined(stored, live);
    },
  };
}

/** Whether a querier answers a search for spans from just before this time, ns. */
export async function hasQuerier(finder: Finder, to: bigint, signal: AbortSignal): Promise<boolean> {
  const range = { from: to - NS_PER_SECOND, to };
  return (await finder.findByQuerier({ range, query: "{}", limit: 1 }, signal)) !== undefined;
}

function joined(stored: SearchAnswer, live: SearchAnswer): SearchAnswer {
  const hits = new Map(stored.hits.map((hit) => [hit.id, hit]));
  for (const hit of live.hits) {
    const known = hits.get(hit.id);
    hits.set(hit.id, known === undefined ? hit : widened(known, hit));
  }
  return {
    hits: [...hits.values()],
    full: stored.full || live.full,
    complete: stored.complete && live.complete,
    blockBytes: stored.blockBytes,
  };
}

/** Nobody knows which spans of a trace are in both places, so only the larger of the two counts is certain. */
const widened = (one: SearchHit, other: SearchHit): SearchHit => ({
  ...one,
  from: one.from < other.from ? one.from : other.from,
  to: one.to > other.to ? one.to : other.to,
  spans: Math.max(one.spans, other.spans),
});
