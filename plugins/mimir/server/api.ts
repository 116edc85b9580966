import {
  checkShape,
  type HttpClient,
  type HttpRequest,
  halves,
  NS_PER_SECOND,
  PluginError,
  type Problem,
  type Range,
  v,
} from "contextcore";

/** A checked answer of the Prometheus HTTP API. */
export interface ApiAnswer<Data> {
  readonly data: Data;
  /** The server's warnings about its answer, such as that it is not complete. */
  readonly warnings: readonly string[];
}

const envelope = v.object({
  status: v.literal("success"),
  data: v.optional(v.unknown()),
  warnings: v.optional(v.array(v.string())),
});

/** Calls an endpoint that answers `{status, data, warnings}` and checks `data`. */
export async function callApi<Schema extends v.GenericSchema>(
  http: HttpClient,
  schema: Schema,
  request: HttpRequest,
): Promise<ApiAnswer<v.InferOutput<Schema>>> {
  const answer = await http.json(envelope, request);
  const data = checkShape(`${http.url}${request.path}: its answer`, schema, answer.data);
  return { data, warnings: answer.warnings ?? [] };
}

/** What the call gives, or `undefined` when the server has no such endpoint. */
export const ifOffered = <Value>(call: Promise<Value>): Promise<Value | undefined> =>
  unless(call, ({ kind, status }) => kind === "not-found" || status === 405 || status === 501);

/**
 * What the call gives, or `undefined` when the server has no such endpoint, or will not show it: for what a server says of
 * itself. Data that is withheld must be said to be missing, so for data there is {@link ifOffered}.
 */
export const ifShown = <Value>(call: Promise<Value>): Promise<Value | undefined> =>
  ifOffered(unless(call, ({ status }) => status === 403));

async function unless<Value>(
  call: Promise<Value>,
  isAbsent: (error: PluginError) => boolean,
): Promise<Value | undefined> {
  try {
    return await call;
  } catch (error) {
    if (error instanceof PluginError && isAbsent(error)) return undefined;
    throw error;
  }
}

/**
 * What servers say when the answer would be more than they give: Prometheus' sample limits, Mimir's and Cortex' query
 * limits, gRPC message sizes.
 */
const TOO_MUCH =
  /sample limit|too many samples|exceed(s|ed)?\b.*(limit|max)|err-mimir-max|larger than max|resource ?exhausted|hit limit/i;

/** True when the server said that this would be more than it gives. */
export const saidTooMuch = (error: unknown): error is PluginError =>
  error instanceof PluginError &&
  (error.kind === "too-large" || (error.status !== 429 && TOO_MUCH.test(error.message)));

/** The shortest range that a server may find too much: below it, only fewer series help. ns */
const RANGE_MIN = 60n * NS_PER_SECOND;

/** A range that was too much for one query as two, at a whole second; `undefined` when it is a minute or less. */
export const shorter = (range: Range): readonly [Range, Range] | undefined =>
  range.to - range.from > RANGE_MIN ? halves(range, NS_PER_SECOND) : undefined;

/** Problems from warnings: such an answer holds less than there is, and the server's own count may agree with it. */
export const warned = (warnings: readonly string[], { from, to }: Range): Problem[] =>
  warnings.map((text) => ({
    kind: "incomplete",
    reason: `The server warns: ${text}`,
    range: { from, to },
  }));
