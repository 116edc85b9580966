import { type HttpClient, type HttpRequest, PluginError, v } from "contextcore";
import { labelSet } from "../shape.ts";
import { ANY_NAME, type Matcher, parseSelector, toSelector } from "../wire/matchers.ts";
import { type ApiAnswer, callApi } from "./api.ts";
import { type Identity, identify } from "./identity.ts";

/** The server, as the other files see it. */
export interface Server {
  readonly http: HttpClient;
  readonly tenant: string | undefined;
  /** For messages: `Mimir at http://…`. */
  readonly title: string;
  /** Asked once, then kept. */
  identity(signal: AbortSignal): Promise<Identity>;
  /** A call under the Prometheus API's prefix: `/api/v1/labels`. */
  api<Schema extends v.GenericSchema>(
    schema: Schema,
    request: HttpRequest & { readonly signal: AbortSignal },
  ): Promise<ApiAnswer<v.InferOutput<Schema>>>;
}

/**
 * The server behind a client: it is identified at the first call that needs to know, and again if that failed.
 * @param options the plugin's: `prefix` as configured (`auto`: found out), `tenant` where there is one
 */
export function createServer(
  http: HttpClient,
  options: { readonly prefix: string; readonly tenant?: string | undefined },
): Server {
  let known: Promise<Identity> | undefined;
  const identity = (signal: AbortSignal): Promise<Identity> => {
    known ??= identify(http, options.prefix, signal).catch((error: unknown) => {
      known = undefined;
      throw error;
    });
    return known;
  };
  return {
    http,
    tenant: options.tenant,
    title: http.url,
    identity,
    async api(schema, request) {
      const { prefix } = await identity(request.signal);
      return callApi(http, schema, { ...request, path: prefix + request.path });
    },
  };
}

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
export interface VectorElement {
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

/** The error for an answer that is not what its headers say. */
export const damaged = (server: Server, what: string, cause?: unknown): PluginError =>
  new PluginError("temporary", `${server.title}: ${what}`, { cause });
