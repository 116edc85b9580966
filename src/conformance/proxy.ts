/** A loopback proxy in front of a real server, with faults on demand. */
import { createFaults, type Faults, type Handle } from "./faults.ts";

/** A proxy that runs on a free port of this machine until it is stopped. */
export interface FaultProxy {
  /** The server's URL as the plugin sees it, with the same credentials and path. */
  readonly url: string;
  readonly faults: Faults;
  /** While set, answers in the server's place. */
  instead: Handle | undefined;
  /** Asks the server itself. */
  readonly pass: Handle;
  stop(): Promise<void>;
}

/** Hop-by-hop headers, and those that are wrong after decompression. */
const NOT_PASSED_ON = ["host", "connection", "content-length", "transfer-encoding", "content-encoding"];

/** Starts the proxy on a free port of 127.0.0.1. @param target the server's URL */
export function startProxy(target: string): FaultProxy {
  const upstream = new URL(target);
  const faults = createFaults();
  const pass: Handle = (request) => forward(request, upstream);
  const faulty = faults.around(pass);
  const server = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    idleTimeout: 0,
    // Otherwise every deliberately cut connection is printed as an error.
    development: false,
    fetch: (request) => (proxy.instead ?? faulty)(request),
    error: (error) => new Response(`the proxy got no answer: ${error.message}`, { status: 502 }),
  });
  const proxy: FaultProxy = {
    url: seenAs(upstream, server.port),
    faults,
    instead: undefined,
    pass,
    stop: () => server.stop(true),
  };
  return proxy;
}

function seenAs(upstream: URL, port: number | undefined): string {
  const seen = new URL(upstream);
  seen.protocol = "http:";
  seen.host = `127.0.0.1:${port}`;
  return seen.href.replace(/\/$/, "");
}

async function forward(request: Request, upstream: URL): Promise<Response> {
  const { pathname, search } = new URL(request.url);
  const host = request.headers.get("host");
  const body = request.method === "GET" ? {} : { body: await request.bytes() };
  const answer = await fetch(upstream.origin + pathname + search, {
    method: request.method,
    headers: withHost(without(request.headers, [...NOT_PASSED_ON, "accept-encoding"]), host),
    redirect: "manual",
    ...body,
  });
  return new Response(answer.body, {
    status: answer.status,
    headers: without(answer.headers, NOT_PASSED_ON),
  });
}

/** A call whose signature covers the host is right for the host that it was made for, and for no other. */
function withHost(headers: Headers, host: string | null): Headers {
  if (host !== null && /SignedHeaders=[^,]*\bhost\b/.test(headers.get("authorization") ?? ""))
    headers.set("host", host);
  return headers;
}

function without(headers: Headers, names: readonly string[]): Headers {
  const kept = new Headers(headers);
  for (const name of names) kept.delete(name);
  return kept;
}
