/** Tells of every request that was made: what was asked, what came back, and how long that took. Never a secret, nor a query. */

import { withoutSecrets } from "../redact/known-secrets.ts";
import { proxyFor } from "./proxy.ts";

/** A request that is over. */
export interface RequestRecord {
  /** The name of who is asked: `loki`. */
  readonly name: string;
  readonly method: string;
  /** With its port. */
  readonly host: string;
  /** Without the query. */
  readonly path: string;
  readonly proxy?: string;
  /** Absent: no answer came. */
  readonly status?: number;
  /** Of the answer's body, as they came. */
  readonly bytes: number;
  readonly ms: number;
}

/** Is told of each request once it is over. */
export type OnRequest = (record: RequestRecord) => void;

/** What is known of a request before it is sent. */
export type RequestAbout = Omit<RequestRecord, "status" | "bytes" | "ms">;

/** About a request that only looks whether somebody answers at a server's URL. */
export function aboutLook(name: string, url: string): RequestAbout {
  const { host, pathname } = new URL(withoutSecrets(url));
  const proxy = proxyFor(url);
  return { name, method: "GET", host, path: pathname, ...(proxy === undefined ? {} : { proxy }) };
}

/** Answers without a body. */
const BODILESS = [204, 205, 304];

/** A body that was not begun to be read by now is not going to be. ms */
const UNREAD_MS = 20;

/** Sends a request by `send`, and tells of it once its answer was read, or will not be. */
export async function watched(
  about: RequestAbout,
  send: () => Promise<Response>,
  onRequest: OnRequest | undefined,
): Promise<Response> {
  if (onRequest === undefined) return send();
  const began = performance.now();
  let isTold = false;
  const tell = (bytes: number, status?: number): void => {
    if (isTold) return;
    isTold = true;
    const ms = Math.round(performance.now() - began);
    onRequest({ ...about, ...(status === undefined ? {} : { status }), bytes, ms });
  };
  try {
    return withCountedBody(await send(), tell);
  } catch (error) {
    tell(0);
    throw error;
  }
}

function withCountedBody(response: Response, tell: (bytes: number, status: number) => void): Response {
  const { body, status, headers } = response;
  if (body === null || BODILESS.includes(status)) {
    tell(0, status);
    return response;
  }
  const reader = body.getReader();
  let bytes = 0;
  let isBegun = false;
  const counted = new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        isBegun = true;
        const { done, value } = await reader.read().catch((error: unknown) => {
          tell(bytes, status);
          throw error;
        });
        if (done) {
          tell(bytes, status);
          controller.close();
        } else {
          bytes += value.length;
          controller.enqueue(value);
        }
      },
      cancel(reason) {
        tell(bytes, status);
        return reader.cancel(reason);
      },
    },
    { highWaterMark: 0 },
  );
  setTimeout(() => {
    if (!isBegun) tell(Number(headers.get("content-length") ?? 0), status);
  }, UNREAD_MS);
  return new Response(counted, { status, headers });
}
