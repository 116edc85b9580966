/** A plugin's HTTP client: bound to its server, with classified errors that contain no secrets. */
import type * as v from "valibot";

/** One call. */
export interface HttpRequest {
  readonly method?: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  /** Appended to the client's base URL; starts with `/`. */
  readonly path: string;
  readonly query?: Readonly<
    Record<string, string | number | bigint | boolean | readonly string[] | undefined>
  >;
  /** The answer is decompressed unless `Accept-Encoding` is set here; then the caller decompresses it. */
  readonly headers?: Readonly<Record<string, string>>;
  /** A string or bytes, sent unchanged. Alternatives: `form`, `json`. */
  readonly body?: string | Uint8Array;
  readonly form?: Readonly<Record<string, string>>;
  readonly json?: unknown;
  readonly signal?: AbortSignal;
  /** Overrides the client's time limit for this call, ms. */
  readonly timeoutMs?: number;
  /** Most bytes, decompressed, of a body that is read whole (`text`, `bytes`, `json`). Default 64 MiB. */
  readonly maxBytes?: number;
  /** Statuses besides 2xx that count as answers, not errors. */
  readonly accept?: readonly number[];
}

/** An answer with status 2xx or one listed in `accept`. */
export interface HttpAnswer {
  readonly status: number;
  readonly headers: Headers;
  /**
   * Each reads the body once. @throws PluginError `temporary` when it is truncated, `too-large` beyond {@link
   * HttpRequest.maxBytes}
   */
  text(): Promise<string>;
  bytes(): Promise<Uint8Array>;
  /** @throws PluginError `invalid` when the body is not JSON (HTML, a truncated document) */
  json(): Promise<unknown>;
  /** The body as it arrives, with no size limit. Its errors are classified too. */
  readonly body: AsyncIterable<Uint8Array>;
}

/** Calls one server with its authentication, tenant and time limit. It never retries or follows a redirect. */
export interface HttpClient {
  /** The base URL, without credentials. */
  readonly url: string;
  /** @throws PluginError classified by the status, the body's text or the failed connection */
  send(request: HttpRequest): Promise<HttpAnswer>;
  /** The answer's JSON, checked against a schema. @throws PluginError `invalid`, naming the first wrong field */
  json<Schema extends v.GenericSchema>(schema: Schema, request: HttpRequest): Promise<v.InferOutput<Schema>>;
  /** A client with the same rules for another base URL of the same server (Tempo's OTLP port). */
  at(url: string): HttpClient;
}
