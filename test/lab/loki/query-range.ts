import { data, json, queryError } from "./answers.ts";
import type { Entry } from "./entry.ts";
import { type Labels, labelString, labelsJson, labelValue } from "./labels.ts";
import type { LogQuery } from "./logql.ts";
import { passes } from "./matcher.ts";
import { allLabels, shownOf } from "./shown.ts";
import type { Slice, Store, Stream } from "./store.ts";
import { type IsUnreadable, requireReadable } from "./unreadable.ts";

export interface LogRequest {
  readonly query: LogQuery;
  readonly from: bigint;
  readonly to: bigint;
  readonly limit: number;
  readonly forward: boolean;
  /** The client sent `categorize-labels`, and this server knows it. */
  readonly categorize: boolean;
  /** `grpc_server_max_recv_msg_size` */
  readonly maxBytes: number;
  readonly isUnreadable: IsUnreadable | undefined;
}

interface Hit {
  readonly stream: Stream;
  readonly entry: Entry;
}

/**
 * Answers a log query: entries of all streams merged by time up to the limit, then shown stream by stream.
 * @throws Unreadable
 */
export function queryLogs(store: Store, request: LogRequest): Response {
  const hits = merge(store.select(request.query.matchers, request.from, request.to), request);
  for (const { stream, entry } of hits) requireReadable(stream, entry.time, request.isUnreadable);
  const bytes = hits.reduce((sum, { entry }) => sum + entry.line.length + entry.metadata.length + 16, 0);
  if (bytes > request.maxBytes) {
    return queryError(
      500,
      `rpc error: code = ResourceExhausted desc = grpc: received message larger than max (${bytes} vs. ${request.maxBytes})`,
    );
  }
  const groups = request.categorize ? byStream(hits) : byAllLabels(hits);
  const result = [...groups.entries()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, group]) => group);
  const flags = request.categorize ? '"encodingFlags":["categorize-labels"],' : "";
  return data(
    "streams",
    result.map(({ labels, values }) => `{"stream":${labels},"values":[${values.join(",")}]}`).join(","),
    flags,
  );
}

/** The answer where the whole range lies before `max_query_lookback`. */
export const emptyAnswer = (): Response => data("streams", "");

/** A k-way merge; streams are few or short, so the next one is found by looking at all that are left. */
function merge(slices: readonly Slice[], request: LogRequest): Hit[] {
  const hits: Hit[] = [];
  const heads = createHeap(slices, request.forward);
  for (let head = heads.next(); head !== undefined && hits.length < request.limit; head = heads.next()) {
    const { stream, index } = head;
    const entry = stream.entries.entry(index);
    if (accepts(request.query, stream, entry)) hits.push({ stream, entry });
  }
  return hits;
}

function accepts({ filters }: LogQuery, stream: Stream, entry: Entry): boolean {
  if (filters.length === 0) return true;
  const labels = allLabels(stream, entry);
  return passes(filters, JSON.parse(entry.line), (name) => labelValue(labels, name));
}

interface Head {
  readonly stream: Stream;
  readonly rank: number;
  index: number;
  readonly last: number;
  time: bigint;
}

/** A binary heap of the streams' next entries: earliest (or latest) first, then in the order of their labels. */
function createHeap(slices: readonly Slice[], forward: boolean) {
  const step = forward ? 1 : -1;
  const heap: Head[] = [];
  const before = (a: Head, b: Head): boolean =>
    a.time === b.time ? a.rank < b.rank : a.time < b.time === forward;
  const swap = (a: number, b: number): void => {
    const [one, other] = [heap[a], heap[b]];
    if (one && other) [heap[a], heap[b]] = [other, one];
  };
  const sink = (from: number): void => {
    for (let at = from; ; ) {
      const first = [2 * at + 1, 2 * at + 2].reduce((best, child) => {
        const [a, b] = [heap[child], heap[best]];
        return a && b && before(a, b) ? child : best;
      }, at);
      if (first === at) return;
      swap(at, first);
      at = first;
    }
  };
  slices.forEach(({ stream, low, high }, rank) => {
    const index = forward ? low : high - 1;
    heap.push({ stream, rank, index, last: forward ? high - 1 : low, time: stream.entries.time(index) });
  });
  for (let at = heap.length >> 1; at >= 0; at -= 1) sink(at);
  return {
    next(): { stream: Stream; index: number } | undefined {
      const [top] = heap;
      if (top === undefined) return undefined;
      const { stream, index } = top;
      if (index === top.last) {
        const end = heap.pop();
        if (end !== undefined && heap.length > 0) heap[0] = end;
      } else {
        top.index += step;
        top.time = stream.entries.time(top.index);
      }
      if (heap.length > 1) sink(0);
      return { stream, index };
    },
  };
}

interface Group {
  readonly labels: string;
  readonly values: string[];
}

function byStream(hits: readonly Hit[]): Map<string, Group> {
  const groups = new Map<string, Group>();
  for (const { stream, entry } of hits) {
    const shown = shownOf(stream, entry);
    const key = shown === undefined ? stream.key : labelString(shown.stream);
    const group = groups.get(key) ?? { labels: labelsJson(shown?.stream ?? stream.labels), values: [] };
    if (group.values.length === 0) groups.set(key, group);
    const metadata = shown === undefined ? entry.metadata : textOf(shown.metadata);
    const categories = [
      ...(metadata === "" ? [] : [`"structuredMetadata":${metadata}`]),
      ...(shown === undefined || shown.parsed.length === 0 ? [] : [`"parsed":${textOf(shown.parsed)}`]),
    ];
    group.values.push(`["${entry.time}",${entry.line},{${categories.join(",")}}]`);
  }
  return groups;
}

const textOf = (labels: Labels): string => (labels.length === 0 ? "" : labelsJson(labels));

/** Without the flag metadata becomes labels, and a stream falls apart into one for each set of them. */
function byAllLabels(hits: readonly Hit[]): Map<string, Group> {
  const groups = new Map<string, Group>();
  for (const { stream, entry } of hits) {
    const labels = allLabels(stream, entry);
    const key = labelString(labels);
    const group = groups.get(key) ?? { labels: labelsJson(labels), values: [] };
    if (group.values.length === 0) groups.set(key, group);
    group.values.push(`["${entry.time}",${entry.line}]`);
  }
  return groups;
}

/** `{"status":"success"}` with `data`, which is left out when there is nothing, as the real server does. */
export const listAnswer = (items: readonly string[]): Response =>
  json(items.length === 0 ? '{"status":"success"}' : `{"status":"success","data":[${items.join(",")}]}`);
