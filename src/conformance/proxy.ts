/** A proxy on loopback that passes everything on to a real server, with faults on demand in front of it. */
import { createFaults, type Faults, type Handle } from "./faults.ts";

export interface FaultProxy {
  /** The server's URL, as the plugin is to see it: credentials and path are kept. */
  readonly url: string;
  readonly faults: Faults;
  /** Answers in the server's place while it is set. */
  instead: Handle | undefined;
  /** Asks the server itself. */
  readonly pass: Handle;
  stop(): Promise<void>;
}

/** Hop-by-hop, or wrong after decompression. */
const NOT_PASSED_ON = ["host", "connection", "content-length", "transfer-encoding", "content-encoding"];

/** Starts it on a free port of 127.0.0.1. @param target the server's URL */
export function startProxy(target: string): FaultProxy {
  const upstream = new URL(target);
  const faults = createFaults();
  const pass: Handle = (request) => forward(request, upstream);
  const faulty = faults.around(pass);
  const server = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    idleTimeout: 0,
    // Else every connection that is cut on purpose is printed as an error.
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
  const body = request.method === "GET" ? {} : { body: await request.bytes() };
  const answer = await fetch(upstream.origin + pathname + search, {
    method: request.method,
    headers: without(request.headers, [...NOT_PASSED_ON, "accept-encoding"]),
    redirect: "manual",
    ...body,
  });
  return new Response(answer.body, {
    status: answer.status,
    headers: without(answer.headers, NOT_PASSED_ON),
  });
}

function without(headers: Headers, names: readonly string[]): Headers {
  const kept = new Headers(headers);
  for (const name of names) kept.delete(name);
  return kept;
}
