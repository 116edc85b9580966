import { data, httpError, queryError } from "./answers.ts";
import { goDuration, type LokiLimits, ns } from "./limits.ts";
import { type LogQuery, ParseError, type Query } from "./logql.ts";
import * as metadata from "./metadata.ts";
import { PipelineError, queryInstant, queryMatrix } from "./metric.ts";
import { readStep, readTime } from "./parameters.ts";
import { parseQuery, parseSelector } from "./parser.ts";
import { emptyAnswer, queryLogs } from "./query-range.ts";
import type { Store } from "./store.ts";
import { type IsUnreadable, Unreadable } from "./unreadable.ts";

export interface QueryContext {
  readonly store: Store;
  readonly limits: LokiLimits;
  readonly now: bigint;
  readonly query: URLSearchParams;
  /** The client asked for `categorize-labels` and this server knows it. */
  readonly categorize: boolean;
  /** Of a damaged chunk: see `LokiKnobs`. */
  readonly isUnreadable?: IsUnreadable | undefined;
}

const HOUR = 3_600_000_000_000n;

/** Runs a handler; what Loki refuses becomes 400 with its words. */
export function answerQuery(handler: (context: QueryContext) => Response, context: QueryContext): Response {
  try {
    return handler({ ...context, store: withinLookback(context) });
  } catch (error) {
    if (error instanceof ParseError || error instanceof PipelineError) return queryError(400, error.message);
    if (error instanceof Unreadable) return queryError(500, error.message);
    throw error;
  }
}

/** `max_query_lookback` hides what is older, and says nothing. */
function withinLookback({ store, limits, now }: QueryContext): Store {
  const lookback = ns(limits.max_query_lookback);
  if (lookback === 0n) return store;
  const oldest = now - lookback;
  return {
    ...store,
    select: (matchers, from, to) => store.select(matchers, from > oldest ? from : oldest, to),
  };
}

/**
 * A selector that so much as names a label of the server's own streams finds nothing, and the answer says success
 * (pkg/querier/limits/validation.go; measured on the recorded server). `/series` knows no such rule.
 */
function visibleTo(parsed: Query, store: Store): Store {
  const { matchers } = parsed.kind === "log" ? parsed : parsed.log;
  const isInternal = matchers.some(({ name }) => name === "__aggregated_metric__" || name === "__pattern__");
  return isInternal ? { ...store, select: () => [] } : store;
}

export function queryRange(context: QueryContext): Response {
  const { query, limits, now } = context;
  const to = readTime(query.get("end"), now);
  const from = readTime(query.get("start"), (to < now ? to : now) - HOUR);
  if (to < from) return queryError(400, "end timestamp must not be before or equal to start time");
  const limit = Number(query.get("limit") || 100);
  if (!(limit > 0)) return queryError(400, "limit must be a positive value");
  const parsed = parseQuery(query.get("query") ?? "");
  const store = visibleTo(parsed, context.store);
  const lookback = ns(limits.max_query_lookback);
  if (lookback > 0n && to < now - lookback) return emptyAnswer();
  const refused = tooMuch(parsed, { from, to, limit }, limits);
  if (refused !== undefined) return queryError(400, refused);
  if (parsed.kind === "metric") {
    const step = readStep(query.get("step") ?? "1");
    const { isUnreadable } = context;
    return queryMatrix({ store, isUnreadable }, parsed, { from, to, step }, limits.max_query_series);
  }
  const forward = query.get("direction")?.toLowerCase() === "forward";
  const maxBytes = limits.grpc_server_max_recv_msg_size;
  return queryLogs(store, {
    query: parsed,
    from,
    to,
    limit,
    forward,
    categorize: context.categorize,
    maxBytes,
    isUnreadable: context.isUnreadable,
  });
}

function tooMuch(
  query: Query,
  { from, to, limit }: { from: bigint; to: bigint; limit: number },
  limits: LokiLimits,
): string | undefined {
  const length = ns(limits.max_query_length);
  if (length > 0n && to - from > length) {
    return `the query time range exceeds the limit (query length: ${goDuration(to - from)}, limit: ${limits.max_query_length})`;
  }
  const most = limits.max_entries_limit_per_query;
  if (query.kind === "log" && most > 0 && limit > most) {
    return `max entries limit per query exceeded, limit > max_entries_limit_per_query (${limit} > ${most})`;
  }
  const matchers = (query.kind === "log" ? query : query.log).matchers.length;
  if (matchers > limits.max_streams_matchers_per_query) {
    return `max streams matchers per query exceeded, matchers-count > limit (${matchers} > ${limits.max_streams_matchers_per_query})`;
  }
  return undefined;
}

export function query({ query: parameters, limits, now, store, isUnreadable }: QueryContext): Response {
  const time = readTime(parameters.get("time"), now);
  const text = parameters.get("query") ?? "";
  if (text === "vector(1)")
    return data("vector", `{"metric":{},"value":[${Number(time / 1_000_000n) / 1000},"1"]}`);
  const parsed = parseQuery(text);
  if (parsed.kind === "log") {
    return queryError(
      400,
      "log queries are not supported as an instant query type, please change your query to a range query type",
    );
  }
  const chunks = { store: visibleTo(parsed, store), isUnreadable };
  return queryInstant(chunks, parsed, time, limits.max_query_series);
}

/** The metadata endpoints look at the last six hours unless told otherwise. */
function span({ query: parameters, now }: QueryContext): metadata.Span {
  const to = readTime(parameters.get("end"), now);
  return { from: readTime(parameters.get("start"), to - 6n * HOUR), to: to + 1n };
}

const selectors = (parameters: URLSearchParams): LogQuery[] =>
  [...parameters.getAll("match[]"), ...parameters.getAll("match"), ...parameters.getAll("query")].map(
    parseSelector,
  );

export const series = (context: QueryContext): Response =>
  metadata.series(context.store, selectors(context.query), span(context));

export const labels = (context: QueryContext): Response =>
  metadata.labelNames(context.store, selectors(context.query), span(context));

export const labelValues =
  (name: string) =>
  (context: QueryContext): Response =>
    metadata.labelValues(context.store, name, selectors(context.query), span(context));

export const stats = (context: QueryContext): Response =>
  metadata.stats(
    context.store,
    parseSelector(context.query.get("query") ?? ""),
    span(context),
    context.now - ns(context.limits.max_chunk_age),
  );

export const volume = (context: QueryContext): Response => {
  const { query: parameters, store, limits } = context;
  const targets = (parameters.get("targetLabels") ?? "").split(",").filter((name) => name !== "");
  const limit = Number(parameters.get("limit") ?? 100);
  const { from, to } = span(context);
  const request = { query: parseSelector(parameters.get("query") ?? ""), limit, targets, from, to: to - 1n };
  return metadata.volume(store, request, limits);
};

/** Prints a query as Loki does; only what the lab parses. */
export function formatQuery({ query: parameters }: QueryContext): Response {
  const parsed = parseQuery(parameters.get("query") ?? "");
  if (parsed.kind === "metric") return httpError(501, "the lab formats log queries only");
  const matchers = parsed.matchers.map(
    ({ name, operator, value }) => `${name}${operator}${JSON.stringify(value)}`,
  );
  const filters = parsed.filters.map(({ operator, value, label }) =>
    label === undefined
      ? ` ${operator} ${JSON.stringify(value)}`
      : ` | ${label}${operator}${JSON.stringify(value)}`,
  );
  const text = `{${matchers.join(", ")}}${filters.join("")}`;
  return new Response(`${JSON.stringify({ status: "success", data: text })}\n`, {
    headers: { "content-type": "application/json; charset=utf-8" },
  });
}
