/**
 * Lists one window's traces. If the answer may not be complete, the window is halved, and in the end divided by what traces
 * contain.
 */
import { type Cursor, isKind, type Problem, type Step } from "contextcore";
import { halved, NOTHING, type SearchAnswer, type SearchHit, type SearchRequest } from "../server/search.ts";
import { coverOf } from "./cover.ts";
import { type Source, searchedOf, type TraceToRead, toCursor, type WindowWork } from "./cursor.ts";
import { contains, mayOwn } from "./owner.ts";
import { tracesCursors } from "./traces.ts";

/** Runs a cursor that is a window: gives cursors for its traces, or for its halves, and no records. */
export async function windowStep(source: Source, work: WindowWork, signal: AbortSignal): Promise<Step> {
  try {
    const request = { range: work, query: work.match ?? "{}", limit: work.limit };
    const answer = await searchFor(source, work, request, signal);
    if (answer.full) return await fullStep(source, work, answer.hits, signal);
    if (answer.complete) return { next: fanOut(source, work, answer.hits) };
    if (work.patience > 0) return { next: again({ ...work, patience: work.patience - 1 }) };
    return { next: fanOut(source, work, answer.hits), problems: [unfinished(work)] };
  } catch (error) {
    if (!isKind(error, "too-large") || halved(work) === undefined) throw error;
    return { next: again(work) };
  }
}

/** Searches the window; only in the live stores where blocks are read. */
async function searchFor(
  { finder }: Source,
  { beyond }: WindowWork,
  request: SearchRequest,
  signal: AbortSignal,
): Promise<SearchAnswer> {
  if (beyond === undefined) return finder.find(request, signal);
  return (await finder.findByQuerier(request, signal)) ?? NOTHING;
}

/** Halves a full window, unless most of its traces began before it: then smaller windows would be as full. */
async function fullStep(
  source: Source,
  work: WindowWork,
  hits: readonly SearchHit[],
  signal: AbortSignal,
): Promise<Step> {
  const splits = halved(work) !== undefined;
  const begin = hits.filter(({ from }) => contains(work, from)).length;
  if (splits && begin > hits.length / 2) return { next: again(work) };
  const cover = await coverOf(source, work, splits ? COVER_MAX : Number.POSITIVE_INFINITY, signal);
  if (splits && !cover.complete) return { next: again(work) };
  return { next: fanOut(source, work, cover.hits), ...(cover.complete ? {} : { problems: [tooMany(work)] }) };
}

/** How many traces are listed at once, unless there is no other way. */
const COVER_MAX = 50_000;

/** The window in two parts; the same window again if it is too short. */
const again = (work: WindowWork): Cursor[] =>
  (halved(work) ?? [work]).map(({ from, to }) => toCursor({ ...work, from, to }));

/** The traces that may belong to this window, in batches. */
function fanOut({ stepBytes }: Source, work: WindowWork, hits: readonly SearchHit[]): Cursor[] {
  const { from, to, partFrom, wholeFrom, wholeTo, beyond } = work;
  const own = hits.filter((hit) => mayOwn(work, searchedOf(work), hit));
  const ids = own.map((hit): TraceToRead => [hit.id, hit.spans, contains(work, hit.from)]);
  return tracesCursors({ from, to, partFrom, wholeFrom, wholeTo, beyond }, ids, stepBytes);
}

const unfinished = ({ from, to }: WindowWork): Problem => ({
  kind: "incomplete",
  reason: "Tempo did not finish all jobs of a search, several times: traces of this window may be missing.",
  range: { from, to },
});

const tooMany = ({ from, to }: WindowWork): Problem => ({
  kind: "incomplete",
  reason:
    "More traces in one second than a search may list, and they cannot be told apart by service, duration, kind or status.",
  range: { from, to },
});
