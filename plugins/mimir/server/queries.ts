/** Questions to the query engine, and which metrics there are: by the list of names, and without it. */
import { isKind, objectOf, type Range, toMs, v } from "contextcore";
import { labelSet } from "../line/labels.ts";
import {
  ANY_NAME,
  exceptNames,
  lengthOf,
  type Matcher,
  parseSelector,
  toSelector,
} from "../wire/matchers.ts";
import { saidTooMuch, shorter } from "./api.ts";
import type { Server } from "./server.ts";

const vector = v.object({
  resultType: v.literal("vector"),
  result: v.array(
    v.object({
      metric: labelSet,
      value: v.optional(v.tuple([v.number(), v.string()])),
    }),
  ),
});

/** One element of an instant query's answer. */
interface VectorElement {
  readonly metric: Readonly<Record<string, string>>;
  readonly value: number;
}

/** Evaluates a PromQL expression that gives a vector of numbers at one instant, ms. */
export async function queryVector(
  server: Server,
  query: string,
  timeMs: number,
  signal: AbortSignal,
): Promise<readonly VectorElement[]> {
  const request = {
    path: "/api/v1/query",
    form: { query, time: seconds(timeMs) },
    method: "POST",
    signal,
  } as const;
  const { data } = await server.api(vector, request);
  return data.result.map(({ metric, value }) => ({ metric, value: Number(value?.[1] ?? Number.NaN) }));
}

/** Milliseconds as the API's seconds, exactly. */
export const seconds = (ms: number): string => (ms / 1000).toFixed(3);

/** The matchers of the option `--match`, or any series. */
export const matchersOf = (match: string | undefined): readonly Matcher[] =>
  match === undefined ? [ANY_NAME] : parseSelector(match);

/** The selector of the option `--match` as the server takes it. */
export const selectorOf = (match: string | undefined): string => toSelector(matchersOf(match));

/** The names of the metrics that may have samples in `[fromMs, toMs)`: the API answers by block, so there may be more. */
export async function metricNames(
  server: Server,
  query: {
    readonly fromMs: number;
    readonly toMs: number;
    readonly match?: string | undefined;
    readonly limit?: number;
  },
  signal: AbortSignal,
): Promise<readonly string[]> {
  const { data } = await server.api(v.nullable(v.array(v.string())), {
    path: "/api/v1/label/__name__/values",
    query: {
      start: seconds(query.fromMs),
      end: seconds(query.toMs - 1),
      "match[]": query.match === undefined ? undefined : selectorOf(query.match),
      limit: query.limit,
    },
    signal,
  });
  return data ?? [];
}

/** The names that one query may leave out, in characters: half of the 1 MiB that is the smallest limit of a request's body. */
const EXCEPT_LENGTH_MAX = 500_000;

/** The metrics of a range that the server's list of names has; it may have cut that list. */
interface Listed {
  readonly range: Range;
  readonly match: string | undefined;
  readonly names: readonly string[];
}

/**
 * The metrics with samples in the range that the list of names lacks, as the query engine finds them: it selects whatever
 * is not on the list, so it is independent of it. `last_over_time` is the one function of a range that keeps the names; a
 * sum over all series at once is refused as soon as two metrics have the same labels.
 * @throws PluginError when even a minute is more than the server gives
 */
export async function unlistedNames(
  server: Server,
  { range, match, names }: Listed,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const known = new Set(names);
  // A longer list is not sent: then the engine names all that there is, and the difference is taken here.
  const except = lengthOf(names) > EXCEPT_LENGTH_MAX ? [] : exceptNames(names);
  const selector = toSelector([...matchersOf(match), ...except]);
  const found = await namesIn(server, selector, range, signal);
  return [...found].filter((name) => name !== "" && !known.has(name));
}

/** Too much for one query is asked by halves of the time. */
async function namesIn(
  server: Server,
  selector: string,
  range: Range,
  signal: AbortSignal,
): Promise<ReadonlySet<string>> {
  try {
    const found = await seriesIn(server, selector, range, signal);
    return new Set(found.map(({ metric }) => metric.__name__ ?? ""));
  } catch (error) {
    const parts = saidTooMuch(error) ? shorter(range) : undefined;
    if (parts === undefined) throw error;
    const names = new Set<string>();
    for (const part of parts)
      for (const name of await namesIn(server, selector, part, signal)) names.add(name);
    return names;
  }
}

/** Prometheus before 2.26 has no `last_over_time`: there, what has samples at the range's end. */
async function seriesIn(
  server: Server,
  selector: string,
  range: Range,
  signal: AbortSignal,
): Promise<readonly VectorElement[]> {
  const ask = (vector: string) =>
    queryVector(server, `count by (__name__) (${vector})`, toMs(range.to) - 1, signal);
  try {
    return await ask(`last_over_time(${selector}[${Math.max(1, toMs(range.to) - toMs(range.from))}ms])`);
  } catch (error) {
    if (!isUnknownFunction(error)) throw error;
    return ask(selector);
  }
}

/** True when the engine is older than a function of the query. */
export const isUnknownFunction = (error: unknown): boolean =>
  isKind(error, "invalid") && /unknown function/i.test(String(error));

const described = v.object({
  type: v.string(),
  help: v.optional(v.string(), ""),
  unit: v.optional(v.string(), ""),
});
/** Descriptions by metric. Mimir 2 leaves them out where there are none. */
export const metadataSchema = v.optional(objectOf(v.array(described)), {});
