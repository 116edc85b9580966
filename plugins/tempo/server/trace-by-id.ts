/** `GET /api/v2/traces/{id}` as protobuf, `GET /api/traces/{id}` where a server has no v2. */
import { type HttpAnswer, type HttpClient, isKind, PluginError, ProtobufReader } from "contextcore";

interface FetchedTrace {
  /** `tempopb.Trace`; empty when the server does not have the trace. */
  readonly bytes: Uint8Array;
  /** Why the trace is not complete, in the server's words. */
  readonly partial?: string;
  /** The server's remark on a trace that is complete as far as it knows. */
  readonly note?: string;
}

/** Fetches one trace. @param id 32 hex digits @throws PluginError */
export type FetchTrace = (id: string, signal: AbortSignal) => Promise<FetchedTrace>;

const MISSING: FetchedTrace = { bytes: new Uint8Array() };

/** Reads whole traces: never with a range, which would cut them, and never pruned. */
export function createTraceReader(http: HttpClient): FetchTrace {
  let hasV2 = true;
  return async (id, signal) => {
    if (!hasV2) return fetchV1(http, id, signal);
    const answer = await send(http, `/api/v2/traces/${id}`, signal);
    if (answer.status === 200) return parseV2(await protobufOf(http, answer));
    // v2 answers 200 to an id that it does not know: 404 is a server without v2, or one that hides the trace.
    hasV2 = !(await answer.text()).includes("page not found");
    return fetchV1(http, id, signal);
  };
}

/** A trace cannot be asked for in parts. */
const TRACE_BYTES_MAX = 256 << 20;

const send = (http: HttpClient, path: string, signal: AbortSignal) =>
  http.send({
    path,
    query: { span_pruning: "false" },
    headers: { Accept: "application/protobuf" },
    accept: [404],
    maxBytes: TRACE_BYTES_MAX,
    signal,
  });

/** @throws PluginError `invalid` when it is something else, such as the page of a proxy */
async function protobufOf(http: HttpClient, answer: HttpAnswer): Promise<Uint8Array> {
  const type = answer.headers.get("content-type") ?? "nothing";
  if (type.includes("protobuf")) return answer.bytes();
  throw new PluginError("invalid", `tempo at ${http.url}: the answer for a trace is ${type}, not protobuf`, {
    hint: "Is `url` the server itself, not a login page or a proxy in front of it?",
  });
}

async function fetchV1(http: HttpClient, id: string, signal: AbortSignal): Promise<FetchedTrace> {
  try {
    const answer = await send(http, `/api/traces/${id}`, signal);
    return answer.status === 404 ? MISSING : { bytes: await protobufOf(http, answer) };
  } catch (error) {
    // v1 refuses a trace that v2 would cut.
    if (isKind(error, "invalid") && error.status === 422)
      return { ...MISSING, partial: "trace exceeds max size" };
    throw error;
  }
}

/** TraceByIDResponse: 1 trace, 3 status (1 is PARTIAL), 4 message. */
function parseV2(bytes: Uint8Array): FetchedTrace {
  const reader = new ProtobufReader(bytes);
  let [trace, status, message] = [MISSING.bytes, 0, ""];
  while (reader.next()) {
    if (reader.field === 1) trace = reader.slice();
    else if (reader.field === 3) status = reader.uint32();
    else if (reader.field === 4) message = reader.string();
    else reader.skip();
  }
  if (status === 0) return { bytes: trace };
  const reason = message.replace(PRUNED_BEFORE, "").replace(/^(?:; )+|(?:; )+$/g, "");
  if (reason === "" && message !== "") return { bytes: trace, note: message };
  return { bytes: trace, partial: reason || "it gives no reason" };
}

/** The one reason for which nothing is missing: Tempo never had more. */
const PRUNED_BEFORE =
  "Trace was already pruned before it reached Tempo; this is the complete trace Tempo has stored";
