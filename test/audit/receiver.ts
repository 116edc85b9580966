/** A real HTTP server on this machine that takes deliveries as it is told to. */
import { createServer, type IncomingHttpHeaders, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

export type Behaviour =
  | "accept"
  | "fail"
  | "hang"
  | "slow"
  | "redirect"
  | "close"
  | "reject"
  | "unauthorised";

export interface Received {
  readonly body: string;
  readonly headers: IncomingHttpHeaders;
  /** Path and query. */
  readonly target: string;
}

export interface Receiver {
  readonly url: string;
  /** What was accepted. */
  readonly received: Received[];
  behaviour: Behaviour;
  [Symbol.asyncDispose](): Promise<void>;
}

/** Answers a request; true when the event counts as accepted. */
type Answer = (response: ServerResponse) => boolean | Promise<boolean>;

const answering =
  (status: number, body = "", headers: Record<string, string> = {}): Answer =>
  (response) => {
    response.writeHead(status, headers).end(body);
    return status < 300;
  };

const ANSWERS: Readonly<Record<Behaviour, Answer>> = {
  accept: answering(204),
  fail: answering(503, "out of order"),
  hang: () => false,
  slow: async (response) => {
    await Bun.sleep(150);
    return answering(200, "ok")(response);
  },
  redirect: answering(302, "", { location: "http://127.0.0.1:9/elsewhere" }),
  close: (response) => {
    response.writeHead(200, { "content-length": "1000" }).write("half");
    response.socket?.destroy();
    return false;
  },
  reject: answering(422, "no such event type"),
  unauthorised: answering(401, "who are you?"),
};

export async function startReceiver(behaviour: Behaviour = "accept"): Promise<Receiver> {
  const received: Received[] = [];
  const server = createServer(async (request, response) => {
    let body = "";
    for await (const piece of request) body += piece;
    const { headers, url: target = "" } = request;
    if (await ANSWERS[receiver.behaviour](response)) received.push({ body, headers, target });
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  const { port } = server.address() as AddressInfo;
  const receiver: Receiver = {
    url: `http://127.0.0.1:${port}`,
    received,
    behaviour,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
    },
  };
  return receiver;
}
