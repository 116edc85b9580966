/**
 * All traces of a window that holds more of them than one search lists, or some that no search comes past, where a shorter
 * window would not help. The searches' conditions together match every trace, and each is narrowed until its answer is provably
 * complete. The union by id is taken
 * here, in one step: a trace whose parts lie in different blocks can match two conditions that exclude each other.
 */
import { isOfThisCall, NS_PER_SECOND, type Range, v } from "contextcore";
import type { SearchHit } from "../server/search.ts";
import type { Source, WindowWork } from "./cursor.ts";

interface Cover {
  readonly hits: readonly SearchHit[];
  /** False: some condition still matches too many, or a search did not finish. */
  readonly complete: boolean;
  /** Searches that fail however narrow they are. */
  readonly unread: readonly string[];
}

/** Conditions joined by `&&`, and how to narrow them. */
interface Cell {
  readonly conditions: readonly string[];
  readonly split: Split;
}

/** The narrower cells for one that is full; none when nothing is left to narrow it by. */
type Split = () => readonly Cell[];

/** Finds all traces of a window. @param most it ends incomplete when it has found more traces than this @throws PluginError */
export async function coverOf(
  source: Source,
  work: WindowWork,
  most: number,
  signal: AbortSignal,
): Promise<Cover> {
  const services = await serviceNames(source, work, signal);
  const hits = new Map<string, SearchHit>();
  const cells: Cell[] = [...byService(services)];
  let complete = true;
  for (let cell = cells.pop(); cell !== undefined; cell = cells.pop()) {
    const query = queryOf(cell, work.match);
    const answer = await source.finder.find({ range: work, query, limit: work.limit }, signal);
    for (const hit of answer.hits) hits.set(hit.id, hit);
    const parts = answer.full ? cell.split() : [];
    cells.push(...parts);
    if (answer.full ? parts.length === 0 : !answer.complete) complete = false;
    if (hits.size > most) return { hits: [], complete: false, unread: [] };
  }
  if (complete) return { hits: [...hits.values()], complete, unread: [] };
  return lastResort(source, work, hits, signal);
}

/** So many searches may fail, and the cause is not single traces. */
const FAILURES_MAX = 200;

/**
 * What can be listed of a window of which a search fails: for example because one trace in it is damaged. Each search that
 * fails is narrowed until only what cannot be read is left.
 */
export async function coverAround(source: Source, work: WindowWork, signal: AbortSignal): Promise<Cover> {
  const services = await serviceNames(source, work, signal).catch(unlessStopped);
  const hits = new Map<string, SearchHit>();
  const cells: Cell[] = [...byService(services ?? [])];
  const unread: string[] = [];
  let [complete, failures] = [true, 0];
  for (let cell = cells.pop(); cell !== undefined; cell = cells.pop()) {
    const request = { range: work, query: queryOf(cell, work.match), limit: work.limit };
    const answer = await source.finder.find(request, signal).catch(unlessStopped);
    for (const hit of answer?.hits ?? []) hits.set(hit.id, hit);
    if (answer === undefined) failures += 1;
    if (answer !== undefined && !answer.full) {
      complete &&= answer.complete;
      continue;
    }
    const parts = failures > FAILURES_MAX ? [] : cell.split();
    cells.push(...parts);
    if (parts.length > 0) continue;
    if (answer === undefined) unread.push(request.query);
    else complete = false;
  }
  return { hits: [...hits.values()], complete, unread };
}

/** A call that fails by itself is nothing; what fails because the server does not answer at all is to be tried again. */
export function unlessStopped(error: unknown): undefined {
  if (!isOfThisCall(error)) throw error;
}

/** One search for as many traces as the server allows: its answer is large, so only when nothing else helps. */
async function lastResort(
  source: Source,
  work: WindowWork,
  known: ReadonlyMap<string, SearchHit>,
  signal: AbortSignal,
): Promise<Cover> {
  const request = { range: work, query: work.match ?? "{}", limit: work.limitMax };
  const answer = await source.finder.find(request, signal);
  const hits = new Map([...known, ...answer.hits.map((hit) => [hit.id, hit] as const)]);
  return { hits: [...hits.values()], complete: answer.complete && !answer.full, unread: [] };
}

/** The cell's conditions concern the trace, so they can be joined with any selector of the user. */
function queryOf({ conditions }: Cell, match: string | undefined): string {
  const own = `{ ${conditions.join(" && ")} }`;
  return match === undefined ? own : `${own} && (${match})`;
}

const tagValues = v.object({ tagValues: v.optional(v.array(v.object({ value: v.string() })), []) });

async function serviceNames(source: Source, { from, to }: Range, signal: AbortSignal): Promise<string[]> {
  const answer = await source.http.json(tagValues, {
    path: "/api/v2/search/tag/resource.service.name/values",
    query: { start: from / NS_PER_SECOND, end: to / NS_PER_SECOND + 1n },
    signal,
  });
  return answer.tagValues.map(({ value }) => value);
}

/** One cell for each root service, and one for all others: traces whose root has not arrived or has no service are there. */
function byService(services: readonly string[]): Cell[] {
  const others = services.map((name) => `rootServiceName != ${JSON.stringify(name)}`);
  const each = services.map((name) => [`rootServiceName = ${JSON.stringify(name)}`]);
  return [...each, others].map((conditions) => ({
    conditions,
    split: () => byDuration(conditions, 0n, LONGEST),
  }));
}

const LONGEST = 168n * 3_600n * NS_PER_SECOND;

/** Two parts of a range of durations. Traces longer than the longest duration are in the last part. */
function byDuration(base: readonly string[], from: bigint, to: bigint): Cell[] {
  const border = middleDuration(from, to);
  return [durationCell(base, from, border), durationCell(base, border, to)];
}

/** Durations differ by orders of magnitude, so a wide range is cut near its short end. */
function middleDuration(from: bigint, to: bigint): bigint {
  if (to > from * 256n && to > 256n) return from === 0n ? to / 256n : from * 16n;
  return (from + to) / 2n;
}

function durationCell(base: readonly string[], from: bigint, to: bigint): Cell {
  const bounds = [
    ...(from > 0n ? [`traceDuration >= ${from}ns`] : []),
    ...(to < LONGEST ? [`traceDuration < ${to}ns`] : []),
  ];
  const conditions = [...base, ...bounds];
  const isOne = to - from <= 1n;
  return {
    conditions,
    split: () => (isOne ? byValue(conditions, "kind", KINDS) : byDuration(base, from, to)),
  };
}

const KINDS = ["server", "client", "internal", "producer", "consumer"];
const STATUSES = ["ok", "error"];

/** One cell for each value, and one for spans with none of them: by kind, then by status. */
function byValue(base: readonly string[], name: string, values: readonly string[]): Cell[] {
  const split = name === "kind" ? (next: readonly string[]) => byValue(next, "status", STATUSES) : () => [];
  const others = values.map((value) => `${name} != ${value}`);
  return [...values.map((value) => [`${name} = ${value}`]), others].map((part) => {
    const conditions = [...base, ...part];
    return { conditions, split: () => split(conditions) };
  });
}
