/** The HTTP client that a plugin is given: bound to its server, with classified errors and without secrets in them. */
import type * as v from "valibot";

/** One call. */
export interface HttpRequest {
  readonly method?: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  /** Appended to the client's base URL; starts with `/`. */
  readonly path: string;
  readonly query?: Readonly<
    Record<string, string | number | bigint | boolean | readonly string[] | undefined>
  >;
  /** An answer comes unpacked, unless an `Accept-Encoding` stands here: such an encoding is the caller's own to unpack. */
  readonly headers?: Readonly<Record<string, string>>;
  /** A string or bytes as they are; or `form`, or `json`. */
  readonly body?: string | Uint8Array;
  readonly form?: Readonly<Record<string, string>>;
  readonly json?: unknown;
  readonly signal?: AbortSignal;
  /** Overrides the client's time limit for this call, ms. */
  readonly timeoutMs?: number;
  /** The most bytes of a body that is read whole (`text`, `bytes`, `json`), unpacked. Default 64 MiB. */
  readonly maxBytes?: number;
  /** Statuses besides 2xx that are an answer here, not an error. */
  readonly accept?: readonly number[];
}

/** An answer whose status is 2xx, or one that was said to be acceptable. */
export interface HttpAnswer {
  readonly status: number;
  readonly headers: Headers;
  /** Each reads the body once. @throws PluginError `temporary` when it is cut, `too-large` beyond {@link HttpRequest.maxBytes} */
  text(): Promise<string>;
  bytes(): Promise<Uint8Array>;
  /** @throws PluginError `invalid` when the body is not JSON (HTML, half a document). */
  json(): Promise<unknown>;
  /** The body as it comes, however long; its errors are classified too. */
  readonly body: AsyncIterable<Uint8Array>;
}

/** Calls one server, with its authentication, tenant and time limit. It never retries and never follows a redirect. */
export interface HttpClient {
  /** The base URL, without credentials. */
  readonly url: string;
  /** @throws PluginError classified from the status, the body's text or the failed connection. */
  send(request: HttpRequest): Promise<HttpAnswer>;
  /** The answer's JSON checked against a schema. @throws PluginError `invalid` naming the first field that is wrong. */
  json<Schema extends v.GenericSchema>(schema: Schema, request: HttpRequest): Promise<v.InferOutput<Schema>>;
  /** A client with the same rules for another base URL of the same server (Tempo's OTLP port). */
  at(url: string): HttpClient;
}
