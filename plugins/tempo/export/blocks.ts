/** Which traces are in no block, or not whole, by what searches list. */
import {
  type Ask,
  askedOnce,
  type HttpClient,
  NS_PER_SECOND,
  PluginError,
  type Range,
  type Step,
  toRfc3339,
  windows,
} from "contextcore";
import { NOTHING, type SearchAnswer, type SearchRequest } from "../server/search.ts";
import type { Storage } from "../storage/storage.ts";
import { type Source, type TracesWork, wholeOf } from "./cursor.ts";
import { READ_MAX, tracesCursors, tracesStep } from "./traces.ts";

const HOUR = 3_600n * NS_PER_SECOND;

/** The traces that a block's rows may hold only in part. */
export interface IdLists {
  /** The traces of the newest part of the range. */
  readonly recentIds: RecentIds;
  /** The traces of the rest that arrived lately. */
  readonly lateIds: RecentIds;
}

/** Of the newest part everything is listed; of the rest only what has just arrived, which is little. */
export const createIdLists = ({ http, finder }: Source): IdLists => ({
  recentIds: createRecentIds({ http, search: finder.find, length: 600n * NS_PER_SECOND }),
  lateIds: createRecentIds({
    http,
    search: async (request, signal) => (await finder.findByQuerier(request, signal)) ?? NOTHING,
    length: HOUR * 24n * 400n,
  }),
});

/** The ids of a range, listed once whoever asks. */
type RecentIds = (range: Range, signal: AbortSignal) => Promise<ReadonlySet<string>>;

interface RecentOptions {
  /** Named in errors. */
  readonly http: Pick<HttpClient, "url">;
  readonly search: (request: SearchRequest, signal: AbortSignal) => Promise<SearchAnswer>;
  /** The length of range that is asked for at once, unless it proves to be too much. ns */
  readonly length: bigint;
}

const LIMIT = 10_000;

/** Lists them once for each range, however many steps ask; a list that failed is asked for again. */
export function createRecentIds(options: RecentOptions): RecentIds {
  const known = new Map<string, Ask<ReadonlySet<string>>>();
  return (range, signal) => {
    const key = `${range.from} ${range.to}`;
    const listed = known.get(key) ?? askedOnce((one) => list(options, range, one));
    known.set(key, listed);
    return listed(signal);
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
    // The export itself asks for the same window, and reports a full second.
    else if (!full) throw unfinished(http, next);
  }
  return ids;
}

/** An id that is missing here would be written twice: from its blocks, without its newest spans, and through the API. */
const unfinished = (http: RecentOptions["http"], { from, to }: Range): PluginError =>
  new PluginError(
    "temporary",
    `${http.url}: Tempo did not finish all jobs of a search from ${toRfc3339(from)} to ${toRfc3339(to)}, so which traces are in no block yet is unknown`,
    { hint: "Try again when its queriers and ingesters are healthy." },
  );

/** Reads those traces of the cursor that are in no block with spans in the range: the others are written with their block. */
export async function beyondStep(
  { storage, api }: { readonly storage: Storage; readonly api: Source },
  work: TracesWork,
  signal: AbortSignal,
): Promise<Step> {
  const opened = await storage.open(work.beyond?.blocks ?? "", signal);
  const blocks = opened.filter((block) => block.mayHold(wholeOf(work)));
  const left = new Map(work.ids.map((one) => [one[0], one]));
  for (const block of blocks) for (const id of (await block.rowsOf(left.keys())).keys()) left.delete(id);
  const ids = [...left.values()];
  if (ids.length > READ_MAX) return { next: tracesCursors(api, work, ids, READ_MAX) };
  return ids.length === 0 ? {} : tracesStep(api, { ...work, ids }, signal);
}
