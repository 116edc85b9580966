/**
 * Paths with a part named `.` or `..`. Every URL parser resolves such a part as a path step, even if it is written `%2E`.
 * Because fetch parses URLs, such a call has its own transport, which sends the path unchanged.
 */
import type { IncomingMessage, RequestOptions } from "node:http";
import { PluginError } from "../contract/errors.ts";
import type { CallPlace } from "./classify.ts";

const DOTS = /(?<=\/)(?:\.|%2e){1,2}(?=\/|\?|$)/gi;

/** Encodes dot names in the path so that a server can tell them from steps. @param path possibly with a query */
export const namedDots = (path: string): string => {
  const end = path.includes("?") ? path.indexOf("?") : path.length;
  return path.slice(0, end).replace(DOTS, (name) => name.replaceAll(".", "%2E")) + path.slice(end);
};

/** True when fetch would send a different path. */
export const hasNamedDots = (path: string): boolean => (path.split("?")[0] ?? "").search(DOTS) >= 0;

/** A call as it is sent. */
export interface SentCall {
  readonly method: string;
  readonly headers: Headers;
  readonly body: string | Uint8Array | undefined;
  /** A further certificate authority, PEM. */
  readonly ca: string | undefined;
  readonly signal: AbortSignal;
}

/** Like fetch: resolves with the response once its head has arrived. Follows no redirect and decompresses nothing. */
export async function fetchDotted(address: string, { headers, body, ...call }: SentCall): Promise<Response> {
  const { protocol, hostname, port } = new URL(address);
  const options: RequestOptions & { ca: string | undefined } = {
    ...call,
    hostname: hostname.replace(/^\[|\]$/g, ""),
    ...(port === "" ? {} : { port }),
    path: address.replace(/^[a-z]+:\/\/[^/]*/i, ""),
    headers: Object.fromEntries(headers),
  };
  const { request } = await (protocol === "https:" ? import("node:https") : import("node:http"));
  return new Promise((resolve, reject) => {
    const sent = request(options, (answer) => resolve(toResponse(answer)));
    sent.on("error", reject);
    sent.end(body);
  });
}

/** Answers that must not have a body. */
const BODILESS = [204, 205, 304];

function toResponse(answer: IncomingMessage): Response {
  const status = answer.statusCode ?? 500;
  const headers = new Headers();
  for (const [name, value] of Object.entries(answer.headers))
    for (const one of Array.isArray(value) ? value : [value])
      if (one !== undefined) headers.append(name, one);
  if (!BODILESS.includes(status)) return new Response(bodyOf(answer), { status, headers });
  answer.resume();
  return new Response(null, { status, headers });
}

function bodyOf(answer: IncomingMessage): ReadableStream<Uint8Array> {
  const pieces = answer[Symbol.asyncIterator]();
  return new ReadableStream<Uint8Array>({
    async pull(controller) {
      const { done, value } = await pieces.next();
      if (done) controller.close();
      else controller.enqueue(new Uint8Array(value));
    },
    cancel: () => void answer.destroy(),
  });
}

/** A router or proxy resolved the name as a path step and redirects to the remaining path. */
export const nameLost = ({ server, call }: CallPlace, status: number): PluginError =>
  new PluginError(
    "invalid",
    `${server}: ${call} answered ${status}: in a URL a name of dots does not reach it`,
    {
      hint: "The server, or a proxy before it, takes `.` and `..` for steps in a path. Another name would do.",
    },
  );
