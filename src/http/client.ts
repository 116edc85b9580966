import { type FetchOptions, ofetch } from "ofetch";
import type { HttpAnswer, HttpClient, HttpRequest } from "../contract/contract.ts";
import { PluginError } from "../contract/errors.ts";
import { redactor, withoutSecrets } from "../redact/known-secrets.ts";
import { readNamedText } from "../storage/own-file.ts";
import { parseDuration } from "../units/duration.ts";
import { given } from "../units/given.ts";
import { toMs } from "../units/range.ts";
import { createAnswer, readBeginning } from "./answer.ts";
import { type ServerOptions, secretsOf, standingHeaders } from "./authentication.ts";
import { ENCODING } from "./body.ts";
import { describeCall, readingOf, readJson } from "./call.ts";
import { type CallPlace, statusError } from "./classify.ts";
import { fetchDotted, hasNamedDots, namedDots, nameLost, type SentCall } from "./dotted-path.ts";
import { proxyFor } from "./proxy.ts";
import { limitCall } from "./time-limit.ts";
import { type OnRequest, type RequestAbout, watched } from "./watched.ts";

interface HttpClientOptions extends ServerOptions {
  /** Names the server in messages. */
  readonly name: string;
  /** Called with every answer and the time of its request, ms. */
  readonly onAnswer?: (headers: Headers, askedMs: number) => void;
  /** Called with every request once it is over. */
  readonly onRequest?: OnRequest;
  /** What all of this is done for, sent as `X-Request-Id`, which many servers have in their logs. */
  readonly requestId?: string;
  /** If given, only these hosts (`name` or `name:port`) may be called. */
  readonly hosts?: readonly string[];
  /** Credentials and tenant go only to the server of `url`: a client that `at` makes for another server has none of them. */
  readonly credentialsStay?: boolean;
}

/**
 * The one HTTP client: base URL, authentication, tenant, time limit, classified errors without secrets.
 * It never retries and never follows a redirect: the engine retries, and a redirect is a wrong `url`.
 */
export function createHttpClient(options: HttpClientOptions): HttpClient {
  const url = withoutSecrets(options.url);
  const redact = redactor(secretsOf(options));
  const standing = standingHeaders(options);
  const timeoutMs = toMs(parseDuration(options.timeout ?? "5m"));
  const proxy = proxyFor(url);
  const server = `${options.name} at ${url}`;
  const reached = proxy === undefined ? server : `${server} through the proxy ${proxy}`;
  const ca = options.ca === undefined ? undefined : readNamedText(options.ca, CA_BYTES_MAX);

  const send = async (request: HttpRequest): Promise<HttpAnswer> => {
    const isDotted = hasNamedDots(request.path);
    const isProxied = proxy !== undefined && !isDotted;
    const place: CallPlace = {
      server: isProxied ? reached : server,
      call: describeCall(request),
      redact,
      isProxied,
    };
    const address = url + namedDots(request.path) + queryOf(request);
    checkHost(options, address);
    const limit = limitCall(request.timeoutMs ?? timeoutMs, request.signal, place);
    const askedMs = Date.now();
    const { body, type } = bodyOf(request);
    const headers = headersOf(request, {
      ...given({ "Content-Type": type, "X-Request-Id": options.requestId }),
      ...standing,
    });
    const call = { method: request.method ?? "GET", headers, body, ca, signal: limit.signal };
    const about = {
      name: options.name,
      method: call.method,
      ...shownParts(url, request),
      ...(isProxied ? { proxy } : {}),
    };
    const sent = () => (isDotted ? fetchDotted(address, call) : fetchPlain(address, call));
    const response = await limit.guard(watched(about, sent, options.onRequest));
    options.onAnswer?.(response.headers, askedMs);
    const reading = readingOf(request, limit, place);
    if (response.ok || request.accept?.includes(response.status)) return createAnswer(response, reading);
    const said = await readBeginning(response, ERROR_BYTES_MAX, reading);
    if (isDotted && response.status >= 300 && response.status < 400) throw nameLost(place, response.status);
    throw statusError(place, response.status, response.headers, said);
  };

  return {
    url,
    send,
    json: async (schema, request) =>
      readJson(schema, await send(request), `${reached}: ${describeCall(request)}`),
    at: (other) => createHttpClient({ ...optionsFor(options, other), url: other }),
  };
}

const fetchPlain = (address: string, { body, ca, ...call }: SentCall): Promise<Response> =>
  ofetch.raw(address, {
    ...SETTINGS,
    ...call,
    ...given({ body }),
    ...(ca === undefined ? {} : { tls: { ca } }),
  });

/** What may be shown of a request: of the server's URL no more than elsewhere, and no query. */
function shownParts(url: string, { path }: HttpRequest): Pick<RequestAbout, "host" | "path"> {
  const base = /^[a-z]+:\/\/[^/?#]*([^?#]*)/i.exec(url)?.[1] ?? "";
  return { host: new URL(url).host, path: `${base}${path.split("?")[0]}` };
}

/** What another base URL inherits: everything, or, if credentials must stay, everything but them. */
function optionsFor(options: HttpClientOptions, other: string): HttpClientOptions {
  if (options.credentialsStay !== true || originOf(other) === originOf(options.url)) return options;
  const { token: _token, username: _user, password: _password, headers: _headers, ...rest } = options;
  const { tenant: _tenant, ...open } = rest;
  return open;
}

/** Scheme, host and port: somebody else may listen on another port, or in between without TLS. */
const originOf = (url: string): string => (URL.canParse(url) ? new URL(url).origin : url);

/** The system's complete trust store is a quarter of a megabyte. */
const CA_BYTES_MAX = 4 << 20;

/** How much of an error's body is read. */
const ERROR_BYTES_MAX = 64 << 10;

/** Bun's fetch ends an idle call after five minutes by default; we handle both the time limit and decompression ourselves. */
const OWN_LIMITS: object = { timeout: false, decompress: false };

const SETTINGS: FetchOptions<"stream"> = {
  responseType: "stream",
  ignoreResponseError: true,
  retry: false,
  redirect: "manual",
  ...OWN_LIMITS,
};

function headersOf(request: HttpRequest, standing: Record<string, string>): Headers {
  const headers = new Headers(standing);
  for (const [name, value] of Object.entries(request.headers ?? {})) headers.set(name, value);
  if (!headers.has("accept-encoding")) headers.set("accept-encoding", ENCODING);
  return headers;
}

function bodyOf(request: HttpRequest): { body?: string | Uint8Array; type?: string } {
  if (request.json !== undefined) return { body: JSON.stringify(request.json), type: "application/json" };
  if (request.form === undefined) return given({ body: request.body });
  return { body: new URLSearchParams(request.form).toString(), type: "application/x-www-form-urlencoded" };
}

function queryOf({ query = {} }: HttpRequest): string {
  const search = new URLSearchParams();
  for (const [key, value] of Object.entries(query)) {
    for (const one of Array.isArray(value) ? value : [value])
      if (one !== undefined) search.append(key, String(one));
  }
  return search.size === 0 ? "" : `?${search}`;
}

/** The runtime can also fetch files, and buckets with keys from the environment; none of our clients may. */
const SCHEMES = ["http:", "https:"];

function checkHost(options: HttpClientOptions, address: string): void {
  const { protocol, host, hostname } = new URL(address);
  if (!SCHEMES.includes(protocol))
    throw new PluginError("refused", `${options.name} wanted to talk to ${protocol}//${host}`, {
      hint: "Only http:// and https:// lead to a server.",
    });
  if (options.hosts === undefined || options.hosts.includes(host) || options.hosts.includes(hostname)) return;
  throw new PluginError("refused", `${options.name} wanted to talk to ${host}, which it did not declare`, {
    hint: "A plugin may talk to the host of its `url` and to those in its `hosts` list.",
  });
}
