import { afterAll, describe, expect, test } from "bun:test";
import { join } from "node:path";
import { sampleEvent } from "../../src/conformance/sample-event.ts";
import { openSubject } from "../../src/conformance/subject.ts";
import { SINK_SERVER_RULES, testSink } from "../support/conformance.ts";
import { temporaryDirectory } from "../support/directory.ts";
import { loadExample } from "./load.ts";

const example = await loadExample("syslog");
const never = new AbortController().signal;
const WAIVED = ["history-is-a-witness", ...SINK_SERVER_RULES];

/** A collector: octet-counted messages over a stream. */
function collector() {
  const chunks: Buffer[] = [];
  const socket: Bun.SocketHandler = {
    data: (_, chunk) => void chunks.push(Buffer.from(chunk)),
    end: (peer) => void peer.end(),
  };
  const messages = (): string[] => {
    const bytes = Buffer.concat(chunks);
    const found: string[] = [];
    for (let at = 0; at < bytes.length; ) {
      const blank = bytes.indexOf(" ", at);
      const length = Number(bytes.subarray(at, blank).toString());
      found.push(bytes.subarray(blank + 1, blank + 1 + length).toString());
      at = blank + 1 + length;
    }
    return found;
  };
  return { socket, messages };
}

/** The text of a message: what follows the structured data. */
const lineOf = (message: string): string => message.slice(message.indexOf("] \ufeff") + 3);

describe("over TCP", () => {
  const { socket, messages } = collector();
  const server = Bun.listen({ hostname: "127.0.0.1", port: 0, socket });
  afterAll(() => server.stop(true));
  const address = `tcp://127.0.0.1:${server.port}`;
  testSink({
    ...example,
    options: { address },
    arrived: async () => messages().map(lineOf),
    waived: WAIVED,
  });
});

describe("over a socket file", () => {
  const unix = join(temporaryDirectory(), "log.sock");
  const { socket, messages } = collector();
  const server = Bun.listen({ unix, socket });
  afterAll(() => server.stop(true));
  testSink({
    ...example,
    options: { address: `unix:${unix}` },
    arrived: async () => messages().map(lineOf),
    waived: WAIVED,
  });
});

const sink = (options: Record<string, unknown>) => openSubject({ ...example, face: "sink", options }).sink();

test("a message over UDP has the header that RFC 5424 asks for", async () => {
  const { promise, resolve } = Promise.withResolvers<string>();
  const socket = await Bun.udpSocket({
    hostname: "127.0.0.1",
    socket: { data: (_, data) => resolve(data.toString()) },
  });
  try {
    const event = { ...sampleEvent(0), outcome: "failed", host: "a host", project: 'shop "]\\' };
    await (await sink({ address: `udp://127.0.0.1:${socket.port}` })).deliver(event, never);
    const message = await promise;
    expect(message).toStartWith(
      `<108>1 ${event.timestamp} a_host contextcore - export [contextcore@32473 id="${event.id}" seq="1" outcome="failed" project="shop \\"\\]\\\\"] \ufeff{`,
    );
    expect(lineOf(message)).toBe(event.line);
  } finally {
    socket.close();
  }
});

test("an event that fits in no datagram is refused, and one that finds nobody is tried again", async () => {
  const large = { ...sampleEvent(0), line: "x".repeat(70_000) };
  await expect((await sink({ address: "udp://127.0.0.1:9" })).deliver(large, never)).rejects.toMatchObject({
    kind: "too-large",
  });
  const gone = await sink({ address: `unix:${join(temporaryDirectory(), "gone.sock")}` });
  await expect(gone.deliver(sampleEvent(0), never)).rejects.toMatchObject({ kind: "temporary" });
  await expect(gone.probe(never)).rejects.toMatchObject({ kind: "temporary" });
});
