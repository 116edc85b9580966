/**
 * Paths as a client sent them. `Bun.serve` and `Request` take `.` and `..` out of a path, also as `%2E`, before a handler sees it;
 * the real servers do not, so a face that has names in its paths is served by this one.
 */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Handle } from "../../src/conformance/faults.ts";

export interface Served {
  readonly port: number;
  stop(): Promise<void>;
}

/** Serves on 127.0.0.1; {@link pathOf} of the requests that it gives is what was sent. */
export async function serveAsSent(handle: Handle, port = 0): Promise<Served> {
  const server = createServer((incoming, outgoing) => {
    const answered = handle(requestOf(incoming)).then((response) => answer(response, outgoing));
    answered.catch(() => outgoing.destroy());
  });
  await new Promise<void>((ready) => server.listen(port, "127.0.0.1", ready));
  return {
    port: (server.address() as AddressInfo).port,
    async stop() {
      server.closeAllConnections();
      await new Promise<void>((closed) => server.close(() => closed()));
    },
  };
}

/** The path of a request, without its query, as far as the server that took it has left it alone. */
export const pathOf = ({ url }: Request): string =>
  url.replace(/^[a-z]+:\/\/[^/]*/i, "").replace(/[?#].*$/s, "");

function requestOf(incoming: IncomingMessage): Request {
  const { method = "GET", url = "/", headers } = incoming;
  const address = `http://${headers.host ?? "127.0.0.1"}${url}`;
  const hasBody = method !== "GET" && method !== "HEAD";
  const request = new Request(address, {
    method,
    headers: Object.entries(headers).flatMap(([name, value]): [string, string][] =>
      (Array.isArray(value) ? value : [value ?? ""]).map((one) => [name, one]),
    ),
    ...(hasBody ? { body: bodyOf(incoming), duplex: "half" } : {}),
  });
  return Object.defineProperty(request, "url", { value: address });
}

const bodyOf = (incoming: IncomingMessage): ReadableStream<Uint8Array> =>
  new ReadableStream({
    async start(controller) {
      for await (const piece of incoming) controller.enqueue(new Uint8Array(piece));
      controller.close();
    },
  });

async function answer(response: Response, outgoing: ServerResponse): Promise<void> {
  outgoing.writeHead(response.status, response.headers.toJSON());
  for await (const piece of response.body ?? []) outgoing.write(piece);
  outgoing.end();
}
