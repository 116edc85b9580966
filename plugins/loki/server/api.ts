/** The calls that this plugin makes to Loki's HTTP API, with classified errors. */
import { checkShape, type HttpClient, PluginError, type Range, v } from "contextcore";
import { type Page, readPage, WITHOUT_ERRORS } from "./page.ts";
import { classify, isPipelineError } from "./refusal.ts";
import { type Labels, labelSet } from "./selector.ts";

/** One call of `query_range`. Both `range` and what Loki makes of it are half-open. */
export interface PageRequest {
  /** A stream selector, with line or label filters at most. */
  readonly query: string;
  readonly range: Range;
  readonly limit: number;
  readonly direction?: "forward" | "backward";
}

interface SumRequest {
  readonly operation: "count_over_time" | "bytes_over_time";
  readonly selector: string;
  readonly range: Range;
  /** How far it looks back from the range's last nanosecond: Loki's smallest unit is a millisecond. */
  readonly ms: bigint;
}

/** The calls, for one server and tenant. All of them throw a PluginError. */
export interface Api {
  /** One page of entries in time order (oldest first unless asked otherwise). */
  page(request: PageRequest, signal: AbortSignal): Promise<Page>;
  /** The sum over all entries; 0 if there are none. */
  sum(request: SumRequest, signal: AbortSignal): Promise<number>;
  /** Label names in use, possibly of the last few days if the server is not more precise. */
  labelNames(range: Range, signal: AbortSignal): Promise<readonly string[]>;
  /** Label sets of the streams that match any of these selectors; of all streams without one. */
  series(selectors: readonly string[], range: Range, signal: AbortSignal): Promise<readonly Labels[]>;
  /** Bytes of these streams in chunks, by the server's index; `undefined` if it does not say. */
  volume(selector: string, range: Range, signal: AbortSignal): Promise<number | undefined>;
  readonly http: HttpClient;
  send: HttpClient["send"];
}

/** Loki's default `volume_max_series`: more is refused or cut off. */
const VOLUMES_MAX = 1_000;

/** Enough for all streams at once: a million of them, with their labels. */
const SERIES_BYTES_MAX = 256 << 20;

const value = v.tuple([v.number(), v.string()]);
const vector = v.object({ data: v.object({ result: v.array(v.object({ value })) }) });
const names = v.object({ data: v.nullish(v.array(v.string())) });
const labelSets = v.object({ data: v.nullish(v.array(labelSet)) });

/** Loki's HTTP API over a client; errors are classified by the server's own words. */
export function createApi(http: HttpClient): Api {
  const calls: Calls = {
    send: (request) => http.send(request).catch(rethrow),
    json: (schema, request) => http.json(schema, request).catch(rethrow),
  };
  return {
    http,
    send: calls.send,
    page: (request, signal) => askPage(calls, request, signal),
    sum: (request, signal) => askSum(calls, request, signal),
    async labelNames(range, signal) {
      const path = "/loki/api/v1/labels";
      return (await calls.json(names, { path, query: bounds(range), signal })).data ?? [];
    },
    async series(selectors, range, signal) {
      const body = new URLSearchParams(bounds(range));
      for (const selector of selectors) body.append("match[]", selector);
      const path = "/loki/api/v1/series";
      const call = { method: "POST", path, headers: FORM, maxBytes: SERIES_BYTES_MAX } as const;
      return (await calls.json(labelSets, { ...call, body: body.toString(), signal })).data ?? [];
    },
    volume: (selector, range, signal) => askVolume(calls, { selector, range }, signal),
  };
}

/** The client's calls, with classified errors. */
type Calls = Pick<HttpClient, "send" | "json">;

const FORM = { "Content-Type": "application/x-www-form-urlencoded" };

async function askPage(
  { send }: Calls,
  { query, range, limit, direction = "forward" }: PageRequest,
  signal: AbortSignal,
): Promise<Page> {
  const form = { query, limit: String(limit), direction, ...bounds(range) };
  const path = "/loki/api/v1/query_range";
  const answer = await send({ method: "POST", path, headers: HEADERS, form, signal });
  return readAnswer(await answer.bytes(), answer.headers);
}

/** Metadata that resembles a parser's error makes Loki refuse a metric query, unless a stage drops it; that stage is costly. */
async function askSum(
  { json }: Calls,
  { operation, selector, range, ms }: SumRequest,
  signal: AbortSignal,
): Promise<number> {
  const ask = async (stages: string): Promise<number> => {
    const query = `sum(${operation}(${selector}${stages}[${ms}ms]))`;
    const form = { query, time: String(range.to - 1n) };
    const request = { method: "POST", path: "/loki/api/v1/query", form, signal } as const;
    return total((await json(vector, request)).data.result);
  };
  return ask("").catch((error) => {
    if (!isPipelineError(error)) throw error;
    return ask(WITHOUT_ERRORS);
  });
}

async function askVolume(
  { send }: Calls,
  { selector, range }: { readonly selector: string; readonly range: Range },
  signal: AbortSignal,
): Promise<number | undefined> {
  const path = "/loki/api/v1/index/volume";
  const query = { query: selector, limit: String(VOLUMES_MAX), aggregateBy: "series", ...bounds(range) };
  const answer = await send({ path, query, signal, accept: [400, 404, 501] });
  if (answer.status !== 200) return undefined;
  const { result } = checkShape(`loki: the answer of ${path}`, vector, await answer.json()).data;
  // A full answer may be cut off, and the bytes beyond would be missing.
  return result.length >= VOLUMES_MAX ? undefined : total(result);
}

const total = (result: readonly { readonly value: readonly [number, string] }[]): number =>
  result.reduce((sum, { value: [, number] }) => sum + Number(number), 0);

/** A web page means a wrong address; an empty body means that it was cut. */
function readAnswer(bytes: Uint8Array, headers: Headers): Page {
  if (/html/i.test(headers.get("content-type") ?? "") || bytes[0] === 0x3c) {
    throw new PluginError("invalid", "loki: the answer to query_range is a web page", {
      hint: "Is `url` the server itself, not a login page or a proxy in front of it?",
    });
  }
  return readPage(bytes);
}

/**
 * `categorize-labels` keeps structured metadata apart from labels (Loki 3; pkg/util/httpreq/encoding_flags.go). On one machine,
 * compression costs the server more than it saves.
 */
const HEADERS = {
  "X-Loki-Response-Encoding-Flags": "categorize-labels",
  "Accept-Encoding": "identity",
  ...FORM,
};

const bounds = ({ from, to }: Range): { start: string; end: string } => ({
  start: String(from),
  end: String(to),
});

function rethrow(error: unknown): never {
  throw classify(error);
}
