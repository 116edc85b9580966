/** A server that answers with the very bytes that it is told, in the very pieces, and breaks off where it is told to. */

import type { AddressInfo } from "node:net";
import { createServer, type Socket } from "node:net";

/** Bytes, one after the other; `break`: the connection is reset; `hang`: nothing more comes; a function is awaited. */
export type Piece = string | Uint8Array | "break" | "hang" | (() => Promise<void>);

export interface RawUpstream extends AsyncDisposable {
  readonly url: string;
  /** What was asked, as it came. */
  readonly asked: string[];
  /** How many connections were ended by the other side before the answer was. */
  left(): number;
  /** Answers a path with this. */
  answers(path: string, pieces: readonly Piece[]): void;
}

/** The head of a stream of events, without a length: it ends with its connection's chunks. */
export const STREAM_HEAD =
  "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n";

/** One chunk. */
export const chunked = (text: string): string => `${Buffer.byteLength(text).toString(16)}\r\n${text}\r\n`;

/** The chunk that ends a body. */
export const END = "0\r\n\r\n";

/** An event of OpenAI's chat completions. */
export const said = (content: string, finish: string | null = null): string =>
  `data: ${JSON.stringify({ id: "c", model: "small", choices: [{ index: 0, delta: { content }, finish_reason: finish }] })}\n\n`;

/** A whole answer of this type. */
export const whole = (body: string | Uint8Array, headers = "", status = "200 OK"): Piece[] => [
  `HTTP/1.1 ${status}\r\n${headers}Content-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n`,
  body,
];

export async function startRawUpstream(): Promise<RawUpstream> {
  const answers = new Map<string, readonly Piece[]>();
  const asked: string[] = [];
  const open = new Set<Socket>();
  let left = 0;

  const answer = async (socket: Socket, pieces: readonly Piece[]): Promise<void> => {
    for (const piece of pieces) {
      if (piece === "hang") return;
      if (piece === "break") return void socket.resetAndDestroy();
      if (typeof piece === "function") await piece();
      else if (!socket.write(piece)) await new Promise((resolve) => socket.once("drain", resolve));
    }
    socket.end();
  };

  const server = createServer((socket) => {
    open.add(socket);
    let heard = "";
    let isAnswered = false;
    socket.on("error", () => {});
    socket.on("close", () => {
      open.delete(socket);
      if (!socket.writableEnded) left += 1;
    });
    socket.on("data", (bytes) => {
      heard += bytes.toString("latin1");
      const end = heard.indexOf("\r\n\r\n");
      const length = Number(/^content-length: (\d+)/im.exec(heard)?.[1] ?? 0);
      if (isAnswered || end === -1 || heard.length < end + 4 + length) return;
      isAnswered = true;
      asked.push(heard);
      const path = /^\S+ (\S+)/.exec(heard)?.[1] ?? "";
      void answer(socket, answers.get(path) ?? whole("{}", "", "404 Not Found"));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    left: () => left,
    answers: (path, pieces) => void answers.set(path, pieces),
    async [Symbol.asyncDispose]() {
      for (const socket of open) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
