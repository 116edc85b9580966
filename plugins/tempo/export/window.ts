/**
 * Lists one window's traces. If the answer may not be complete, the window is halved, and in the end divided by what traces
 * contain.
 */
import { type Cursor, isKind, isOfThisCall, type Problem, type Range, type Step } from "contextcore";
import { listByCount } from "../server/list-by-count.ts";
import { halved, NOTHING, type SearchAnswer, type SearchHit, type SearchRequest } from "../server/search.ts";
import { coverAround, coverOf, unlessStopped } from "./cover.ts";
import { type Source, searchedOf, type TraceToRead, toCursor, type WindowWork } from "./cursor.ts";
import { contains, mayOwn } from "./owner.ts";
import { LISTED_MAX, listedCursors, READ_MAX, tracesCursors } from "./traces.ts";

/** Runs a cursor that is a window: gives cursors for its traces, or for its halves, and no records. */
export async function windowStep(source: Source, work: WindowWork, signal: AbortSignal): Promise<Step> {
  try {
    return await searchStep(source, work, signal);
  } catch (error) {
    if (isKind(error, "too-large") && halved(work) !== undefined) return { next: again(work) };
    if (!work.apart || !isOfThisCall(error)) throw error;
    return apartStep(source, work, signal);
  }
}

async function searchStep(source: Source, work: WindowWork, signal: AbortSignal): Promise<Step> {
  const request = { range: work, query: work.match ?? "{}", limit: work.limit };
  const answer = await searchFor(source, work, request, signal);
  if (answer.full) return fullStep(source, work, answer.hits, signal);
  if (answer.complete) return { next: fanOut(source, work, answer.hits) };
  if (work.patience > 0) return { next: again({ ...work, patience: work.patience - 1 }) };
  return { next: fanOut(source, work, answer.hits), problems: [unfinished(work)] };
}

/**
 * A window whose search fails, for example because it comes upon a damaged page. Its traces are listed by counting their spans,
 * which reads less; where that fails, too, the window is halved, and a second searched by what its traces contain.
 */
async function apartStep(source: Source, work: WindowWork, signal: AbortSignal): Promise<Step> {
  const ids = await countedIn(source, work, signal);
  if (ids !== undefined)
    return {
      next: cursorsOf(source, work, ids),
      problems: work.from === searchedOf(work).from ? [reaching(work)] : [],
    };
  if (halved(work) !== undefined) return { next: again(work) };
  const { hits, complete, unread } = await coverAround(source, work, signal);
  const problems = [
    ...(complete ? [] : [tooMany(work)]),
    ...(unread.length === 0 ? [] : [unlisted(work, unread)]),
  ];
  return { next: fanOut(source, work, hits), problems };
}

/** Every trace with a span that begins in the window; `undefined` where the server does not count them all. */
async function countedIn(
  { http, finder, settings }: Source,
  work: WindowWork,
  signal: AbortSignal,
): Promise<TraceToRead[] | undefined> {
  if (!(await settings(signal)).countsSpans) return undefined;
  const request = { range: work, query: work.match ?? "{}" };
  const counted = await listByCount(http, request, signal);
  if (counted === undefined) return undefined;
  // Counts pass over what came late: that is in the live stores alone.
  const live = await finder.findByQuerier({ ...request, limit: work.limit }, signal).catch(unlessStopped);
  if (live?.full || live?.complete === false) return undefined;
  const known = new Map(counted.map(({ id, spans }) => [id, spans]));
  for (const { id, spans } of live?.hits ?? []) known.set(id, Math.max(spans, known.get(id) ?? 0));
  return [...known].map(([id, spans]) => [id, spans, false]);
}

/** Searches the window; only in the live stores where blocks are read and a querier tells of those. */
async function searchFor(
  { finder }: Source,
  { beyond }: WindowWork,
  request: SearchRequest,
  signal: AbortSignal,
): Promise<SearchAnswer> {
  if (beyond === undefined || beyond.everywhere) return finder.find(request, signal);
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

/** The traces of this window, in batches: its own ones first, since an earlier window has most likely named the others. */
function fanOut(source: Source, work: WindowWork, hits: readonly SearchHit[]): Cursor[] {
  const whole = searchedOf(work);
  if (work.partFrom === undefined) {
    const inReach = hits.filter(({ from }) => from < whole.to);
    const { own = [], others = [] } = Object.groupBy(inReach, ({ from }) =>
      contains(work, from) ? "own" : "others",
    );
    return cursorsOf(
      source,
      work,
      [...own, ...others].map((hit) => toRead(hit, whole)),
    );
  }
  const own = hits.filter((hit) => mayOwn(work, whole, hit));
  return cursorsOf(
    source,
    work,
    own.map((hit) => toRead(hit, work)),
  );
}

const toRead = ({ id, spans, from }: SearchHit, seen: Range): TraceToRead => [
  id,
  spans,
  contains(seen, from),
];

function cursorsOf(source: Source, work: WindowWork, ids: readonly TraceToRead[]): Cursor[] {
  const { from, to, partFrom, wholeFrom, wholeTo, beyond } = work;
  const most = beyond === undefined ? READ_MAX : LISTED_MAX;
  const toCursors = partFrom === undefined ? listedCursors : tracesCursors;
  return toCursors(source, { from, to, partFrom, wholeFrom, wholeTo, beyond }, ids, most);
}

const unfinished = ({ from, to }: WindowWork): Problem => ({
  kind: "incomplete",
  reason: "Tempo did not finish all jobs of a search, several times: traces of this window may be missing.",
  range: { from, to },
});

/** Counts know only the spans that begin in the window; of all other windows an earlier one lists such a trace. */
const reaching = ({ from, to }: WindowWork): Problem => ({
  kind: "clamped",
  reason:
    "Tempo answers no search of this time, so traces are missing that began before the range and of which no span begins in it.",
  range: { from, to },
});

const unlisted = ({ from, to }: WindowWork, items: readonly string[]): Problem => ({
  kind: "incomplete",
  reason: "Tempo answers no search for these traces, several times: all others of their second were read.",
  range: { from, to },
  items,
});

const tooMany = ({ from, to }: WindowWork): Problem => ({
  kind: "incomplete",
  reason:
    "More traces in one second than a search may list, and they cannot be told apart by service, duration, kind or status.",
  range: { from, to },
});
