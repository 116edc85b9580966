import { type HttpClient, type HttpRequest, PluginError, v } from "contextcore";

/** A checked answer of the Prometheus HTTP API. */
export interface ApiAnswer<Data> {
  readonly data: Data;
  /** What the server says of its own answer: that it is not whole, for one. */
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
  const checked = v.safeParse(schema, answer.data);
  if (checked.success) return { data: checked.output, warnings: answer.warnings ?? [] };
  const [issue] = checked.issues;
  const field = issue === undefined ? "" : ` (${v.getDotPath(issue) ?? "data"}: ${issue.message})`;
  throw new PluginError(
    "invalid",
    `${http.url}${request.path}: its answer is not as Prometheus documents it${field}`,
  );
}

/** `value` when the call is answered, `undefined` when the server has no such endpoint or will not give it. */
export async function ifOffered<Value>(call: Promise<Value>): Promise<Value | undefined> {
  try {
    return await call;
  } catch (error) {
    if (error instanceof PluginError && isNotOffered(error)) return undefined;
    throw error;
  }
}

/** 401 is not among them: wrong credentials must be said, not worked around. */
const isNotOffered = ({ kind, status }: PluginError): boolean =>
  kind === "not-found" || status === 403 || status === 405 || status === 501;

/**
 * What servers say when the answer would be more than they give: Prometheus' sample limits, Mimir's and Cortex' query
 * limits, gRPC message sizes.
 */
const TOO_MUCH =
  /sample limit|too many samples|exceed(s|ed)?\b.*(limit|max)|err-mimir-max|larger than max|resource ?exhausted|hit limit/i;

/** True when asking for less may help: the server said so, or took too long. */
export function asksForLess(error: unknown): boolean {
  if (!(error instanceof PluginError)) return false;
  if (error.kind === "too-large" || error.timedOut) return true;
  return error.status !== 429 && TOO_MUCH.test(error.message);
}
