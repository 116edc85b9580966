/** The HTTP client in a plugin's process: each call is made outside, where the credentials are. */
import * as v from "valibot";
import type { HttpAnswer, HttpClient, HttpRequest } from "../../../contract/contract.ts";
import { createAnswer } from "../../../http/answer.ts";
import { describeCall, readingOf, readJson } from "../../../http/call.ts";
import { limitCall } from "../../../http/time-limit.ts";
import { parseDuration } from "../../../units/duration.ts";
import { toMs } from "../../../units/range.ts";
import { noServer } from "../../plugin/context.ts";
import { answerSchema } from "../messages.ts";
import type { Outside } from "./outside.ts";

interface ClientOptions {
  readonly plugin: string;
  readonly instance: number;
  /** The server's base URL; absent when it has none. */
  readonly url: string | undefined;
  /** The option of that name. */
  readonly timeout: unknown;
  readonly tellTime: (now: bigint) => void;
  readonly outside: Outside;
}

/** Statuses whose answers have no body (RFC 9110). */
const WITHOUT_BODY = [101, 204, 205, 304];

/** A client for the instance's own server, or one that reports that there is none. */
export function createClient(options: ClientOptions): HttpClient {
  const { plugin, url } = options;
  return url === undefined ? noServer(plugin) : clientFor(options, url, undefined);
}

function clientFor(options: ClientOptions, url: string, base: string | undefined): HttpClient {
  const { plugin, timeout } = options;
  const limitMs = toMs(parseDuration(typeof timeout === "string" ? timeout : "5m"));
  const server = `${plugin} at ${url}`;
  const send = async (request: HttpRequest): Promise<HttpAnswer> => {
    const place = { server, call: describeCall(request), redact: String };
    const limit = limitCall(request.timeoutMs ?? limitMs, request.signal, place);
    const response = await limit.guard(ask(options, { base, request }, limit.signal));
    return createAnswer(response, readingOf(request, limit, place));
  };
  return {
    url,
    send,
    json: async (schema, request) =>
      readJson(schema, await send(request), `${server}: ${describeCall(request)}`),
    at: (other) => clientFor(options, other, other),
  };
}

interface Asked {
  readonly base: string | undefined;
  readonly request: HttpRequest;
}

async function ask(
  { instance, tellTime, outside }: ClientOptions,
  { base, request: { signal: _, ...request } }: Asked,
  signal: AbortSignal,
): Promise<Response> {
  const found = await outside.call("http.send", { instance, base, request }, signal);
  const { status, headers, body, now } = v.parse(answerSchema, found);
  tellTime(now);
  const stream = WITHOUT_BODY.includes(status) ? null : bodyFrom(outside, body, signal);
  return new Response(stream, { status, headers });
}

/** The body, sent only as it is requested. */
function bodyFrom(outside: Outside, body: number, signal: AbortSignal): ReadableStream<Uint8Array> {
  const cancel = (): void => void outside.call("http.cancel", { body }).catch(() => undefined);
  signal.addEventListener("abort", cancel, { once: true });
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const piece = await outside.call("http.read", { body }, signal);
        if (piece instanceof Uint8Array) return controller.enqueue(piece);
        signal.removeEventListener("abort", cancel);
        controller.close();
      },
      cancel,
    },
    { highWaterMark: 0 },
  );
}
