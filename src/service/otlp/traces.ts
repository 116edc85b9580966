/** `POST /v1/traces`: spans of calls to models, from any OpenTelemetry SDK or collector. */
import type { ActivityLog } from "../../activity/log.ts";
import type { SpanReceiver } from "../../activity/otlp/receive.ts";
import { readBudget } from "../../otlp/budget.ts";
import { fromOtlpJson } from "../../otlp/from-json.ts";
import { fromOtlpProtobuf } from "../../otlp/from-protobuf.ts";
import type { Trace } from "../../otlp/trace.ts";
import { messageOf } from "../../units/message-of.ts";
import type { Door } from "../listen/door.ts";
import { requireOrigin } from "../listen/origin.ts";
import { HttpError, tooMany } from "../listen/problem.ts";
import { mayCall } from "../listen/route.ts";
import { actorOf, type SignIn } from "../sign-in/sign-in.ts";
import { ENCODINGS, type Encoding, OtlpRefusal, refusal, taken } from "./answers.ts";
import { readBytes } from "./body.ts";

/** See {@link tracesDoor}. */
interface TracesOptions {
  readonly signIn: Pick<SignIn, "token">;
  readonly activity: Pick<ActivityLog, "state">;
  readonly spans: SpanReceiver;
}

type DoorRequest = Parameters<Door["answer"]>[0];

/** The usual path of OTLP over HTTP. */
const PATH = "/v1/traces";

/** Many times what any batch has. */
const FIELDS_MAX = 2_000_000;

/** So many requests are read at once; senders come again. */
const OPEN_MAX = 8;

/** Takes spans in from whoever shows a token with the role `ingest`. */
export function tracesDoor({ signIn, activity, spans }: TracesOptions): Door {
  let open = 0;

  async function accepted(asked: DoorRequest, encoding: Encoding): Promise<Response> {
    const { request, isSecure } = asked;
    requirePost(asked);
    requireOrigin(request.headers, isSecure, false);
    admit(asked, signIn);
    requireEncoding(request.headers);
    requireWritable(activity);
    if (open >= OPEN_MAX) throw tooMany(`${OPEN_MAX} requests are read, and no more at once`, 1_000);
    open += 1;
    try {
      const rejected = await spans.take(decoded(await readBytes(request), encoding));
      return taken(encoding, rejected, "spans without the ids of a trace and a span");
    } finally {
      open -= 1;
    }
  }

  return {
    prefix: PATH,
    problem: refusal,
    async answer(asked) {
      const encoding = encodingOf(asked.request.headers) ?? "protobuf";
      try {
        return await accepted(asked, encoding);
      } catch (error) {
        throw new OtlpRefusal(error, encoding);
      }
    },
  };
}

function requirePost({ request, pathname }: DoorRequest): void {
  if (pathname !== PATH) throw new HttpError(404, `there is nothing at ${pathname}`, `spans go to ${PATH}`);
  if (request.method !== "POST")
    throw new HttpError(405, `${request.method} is not for ${PATH}`, "it answers POST", { Allow: "POST" });
}

const HINT =
  "send one with the role ingest as `Authorization: Bearer TOKEN` or `X-Contextcore-Token: TOKEN`; contextcore serve token add NAME --role ingest makes one";

/** @throws HttpError 401 or 403 for who may not write activity */
function admit(
  { request: { headers }, client, id, calls }: DoorRequest,
  signIn: TracesOptions["signIn"],
): void {
  const [, bearer] = /^Bearer +(\S+)$/i.exec(headers.get("authorization") ?? "") ?? [];
  const text = headers.get("x-contextcore-token") ?? bearer;
  if (text === undefined || text === "") throw new HttpError(401, "this needs a token", HINT);
  const actor = actorOf(signIn.token(text, client), id);
  calls(actor);
  if (!mayCall(actor.role, "ingest", false))
    throw new HttpError(403, `${actor.user} may not call ${PATH}: that needs the role ingest`);
}

function encodingOf(headers: Headers): Encoding | undefined {
  const type = headers.get("content-type")?.split(";")[0]?.trim().toLowerCase();
  return type === ENCODINGS.json ? "json" : type === ENCODINGS.protobuf ? "protobuf" : undefined;
}

function requireEncoding(headers: Headers): void {
  if (encodingOf(headers) !== undefined) return;
  throw new HttpError(
    415,
    `a body of ${headers.get("content-type") ?? "no type"} is not read`,
    "send OTLP over HTTP: OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf or http/json, not grpc",
  );
}

/** Senders try again later, which is better than losing what they send now. */
function requireWritable({ state }: TracesOptions["activity"]): void {
  const { failure, waiting } = state();
  if (failure !== undefined && waiting > 0)
    throw new HttpError(503, `runs cannot be written now: ${failure}`, "send them again later", {
      "Retry-After": "5",
    });
}

/** @throws HttpError */
function decoded(bytes: Uint8Array, encoding: Encoding): Trace {
  const budget = readBudget(FIELDS_MAX);
  try {
    return encoding === "json"
      ? fromOtlpJson(JSON.parse(Buffer.from(bytes).toString()), budget)
      : fromOtlpProtobuf(bytes, budget);
  } catch (error) {
    throw new HttpError(400, `the body is no OTLP in ${encoding}: ${messageOf(error)}`);
  }
}
