/** `GET /api/search` and the time range that search and metrics look at. */
import type { Spot } from "./fields.ts";
import { describe, type Hit, toJson } from "./found.ts";
import { goDuration } from "./knobs.ts";
import { spansOf } from "./model.ts";
import { placesOf } from "./places.ts";
import type { TempoState } from "./state.ts";
import { DamagedBlock, type StoredTrace } from "./store.ts";
import { parseTraceQl, type Query, setsOf } from "./traceql.ts";

/** A request that Tempo answers with 400 and this text. */
export class BadRequest extends Error {}

const SECOND = 1_000_000_000n;

export interface Window {
  /** Whole seconds. */
  readonly start: bigint;
  readonly end: bigint;
}

/** The window really looked at: without one the last quarter of an hour, and never the newest half minute. */
export function windowOf(params: URLSearchParams, state: TempoState): Window {
  const now = state.now();
  const newest = (now - state.knobs.queryEndCutoff) / SECOND;
  const recent = { start: (now - state.knobs.queryBackendAfter) / SECOND, end: newest };
  const [start, end] = [params.get("start"), params.get("end")];
  if (start === null && end === null) return recent;
  if (start === null || end === null) {
    throw new BadRequest(
      "error parsing date range: only one of start and end provided: must provide both or neither",
    );
  }
  if (BigInt(start) >= BigInt(end)) {
    throw new BadRequest(`http parameter start must be before end. received start=${start} end=${end}`);
  }
  if (BigInt(end) <= newest) return { start: BigInt(start), end: BigInt(end) };
  return { start: BigInt(start) > newest ? recent.start : BigInt(start), end: newest };
}

/** Traces that overlap the window, as the trace's own first and last moment have it (both ends inclusive). */
export function* tracesWithin(window: Window, state: TempoState): Generator<StoredTrace> {
  for (const trace of state.store.all()) {
    if (trace.start > window.end * SECOND || trace.end < window.start * SECOND) continue;
    if (!state.unsearchable.has(trace.id) && isFound(trace, window, state)) yield trace;
  }
}

/** Times that are old are looked for in listed blocks only, newer ones in the live store only. */
function isFound({ id, start, end }: StoredTrace, window: Window, state: TempoState): boolean {
  const { written, listed } = placesOf(id, state);
  const border = state.now() - state.knobs.queryBackendAfter;
  const isOld = start < border && window.start * SECOND < border;
  const isRecent = end >= border && window.end * SECOND >= border;
  return (isOld && listed) || (isRecent && (written || listed));
}

export function* spotsOf(trace: StoredTrace): Generator<Spot> {
  for (const spot of spansOf(trace.trace())) yield { trace, ...spot };
}

/** `GET /api/search`. */
export function search(params: URLSearchParams, state: TempoState): Response {
  const limit = limitOf(params, state);
  const window = windowOf(params, state);
  if ((window.end - window.start) * SECOND > state.knobs.maxSearchDuration) {
    const most = goDuration(state.knobs.maxSearchDuration);
    throw new BadRequest(
      `range specified by start and end exceeds ${most}. received start=${window.start} end=${window.end}`,
    );
  }
  const spansShown = numberOf(params, "spss") ?? 3;
  if (spansShown > 100) throw new BadRequest(`spans per span set exceeds 100. received ${spansShown}`);
  const query = parseTraceQl(params.get("q") ?? "{}");
  const { hits, total, bytes } = collect(query, tracesWithin(window, state), limit, state);
  const traces = hits.map((hit) => toJson(describe(hit, query, spansShown)));
  return Response.json({ traces, metrics: metrics(hits.length >= limit, total, bytes, params, state) });
}

/** A whole number among the parameters. @throws BadRequest with Tempo's text */
export function numberOf(params: URLSearchParams, name: string): number | undefined {
  const source = params.get(name);
  if (source === null || source === "") return undefined;
  if (/^\d+$/.test(source)) return Number(source);
  throw new BadRequest(
    `invalid ${name}: strconv.ParseUint: parsing ${JSON.stringify(source)}: invalid syntax`,
  );
}

function limitOf(params: URLSearchParams, { knobs }: TempoState): number {
  const limit = numberOf(params, "limit") || knobs.defaultResultLimit;
  if (knobs.maxResultLimit === 0 || limit <= knobs.maxResultLimit) return limit;
  throw new BadRequest(`limit ${limit} exceeds max limit ${knobs.maxResultLimit}`);
}

/** The first matches in the order of ids, as in one block, newest first; with most_recent the newest of all. */
function collect(query: Query, traces: Iterable<StoredTrace>, limit: number, state: TempoState) {
  const hits: Hit[] = [];
  let [total, bytes] = [0, 0];
  for (const trace of traces) {
    total += 1;
    const spans = spanCount(trace);
    bytes += spans * 150;
    if (spans * 200 > state.knobs.maxBytesPerTrace && trace.bytes().length > state.knobs.maxBytesPerTrace)
      continue;
    const sets = setsOf(query, [...spotsOf(trace)]);
    if (sets.length > 0) requireIds(trace, state);
    if (sets.length > 0) hits.push({ trace, sets });
    if (hits.length >= limit && !query.mostRecent) break;
  }
  hits.sort((a, b) => (a.trace.start > b.trace.start ? -1 : 1));
  return { hits: hits.slice(0, limit), total, bytes };
}

/** The predicates of a query leave damaged pages unread where nothing in them matches. @throws DamagedBlock */
export function requireWhole({ id }: StoredTrace, matched: readonly Spot[], { knobs }: TempoState): void {
  if (matched.length > 0 && knobs.damaged.has(id)) throw new DamagedBlock();
}

/** What reads the ids of its spans, too. @throws DamagedBlock */
export function requireIds({ id }: Pick<StoredTrace, "id">, { knobs }: TempoState): void {
  if (knobs.damaged.has(id) || knobs.torn.has(id)) throw new DamagedBlock();
}

const spanCount = ({ services }: StoredTrace): number =>
  Object.values(services).reduce((sum, { spanCount: spans }) => sum + spans, 0);

/** Statistics; of these only `completedJobs` and `totalJobs` mean something: whether the search looked everywhere. */
function metrics(
  full: boolean,
  total: number,
  bytes: number,
  params: URLSearchParams,
  state: TempoState,
): object {
  const ranged = params.has("start");
  const totalJobs = ranged ? 4 : 3;
  const completedJobs = full ? 1 : state.knobs.neverCompletes ? totalJobs - 1 : totalJobs;
  return {
    ...(total === 0 ? {} : { inspectedTraces: total }),
    inspectedBytes: String(bytes + 26_002),
    ...(ranged ? { totalBlocks: 1, totalBlockBytes: String(bytes) } : {}),
    completedJobs,
    totalJobs,
  };
}
