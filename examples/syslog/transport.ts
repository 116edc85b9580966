/** How a message gets there. TCP and socket files tell when nobody is there; UDP never does. */
import { createConnection, type NetConnectOpts, type Socket } from "node:net";
import { PluginError } from "contextcore";

/** What UDP over IPv4 carries, less the headers. */
const DATAGRAM_BYTES_MAX = 65_507;

export type Place =
  | { readonly kind: "stream"; readonly shown: string; readonly connect: NetConnectOpts }
  | { readonly kind: "datagram"; readonly shown: string; readonly hostname: string; readonly port: number };

export function parseAddress(address: string): Place {
  if (address.startsWith("unix:"))
    return { kind: "stream", shown: address, connect: { path: address.slice(5) } };
  const { protocol, hostname, port } = new URL(address);
  const host = hostname.replace(/^\[|\]$/g, "");
  if (protocol === "udp:") return { kind: "datagram", shown: address, hostname: host, port: Number(port) };
  return { kind: "stream", shown: address, connect: { host, port: Number(port) } };
}

/** Connects and writes nothing. @throws PluginError */
export async function reach(place: Place, signal: AbortSignal): Promise<void> {
  if (place.kind === "stream") (await connected(place, signal)).destroy();
}

/** Resolves when the other side's system has the message, and it has not closed the connection. @throws PluginError */
export function send(place: Place, message: string, signal: AbortSignal): Promise<void> {
  return place.kind === "stream" ? sendStream(place, message, signal) : sendDatagram(place, message);
}

/** Octet counting (RFC 6587 §3.4.1): the message may then hold newlines. */
async function sendStream(
  place: Extract<Place, { kind: "stream" }>,
  message: string,
  signal: AbortSignal,
): Promise<void> {
  const socket = await connected(place, signal);
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const giveUp = (): void => void socket.destroy(asError(signal.reason));
  signal.addEventListener("abort", giveUp, { once: true });
  socket.once("error", reject);
  socket.once("close", () => resolve());
  socket.resume();
  socket.end(`${Buffer.byteLength(message)} ${message}`);
  try {
    await promise;
  } catch (error) {
    throw classified(error, place.shown);
  } finally {
    signal.removeEventListener("abort", giveUp);
  }
}

function connected(place: Extract<Place, { kind: "stream" }>, signal: AbortSignal): Promise<Socket> {
  signal.throwIfAborted();
  return new Promise((resolve, reject) => {
    const socket = createConnection(place.connect);
    const giveUp = (): void => void socket.destroy(asError(signal.reason));
    signal.addEventListener("abort", giveUp, { once: true });
    socket.once("error", (error) => reject(classified(error, place.shown)));
    socket.once("connect", () => {
      signal.removeEventListener("abort", giveUp);
      socket.removeAllListeners("error");
      resolve(socket);
    });
  });
}

async function sendDatagram(
  { hostname, port, shown }: Extract<Place, { kind: "datagram" }>,
  message: string,
): Promise<void> {
  const bytes = Buffer.from(message);
  if (bytes.length > DATAGRAM_BYTES_MAX) {
    const hint = "Use tcp:// instead.";
    throw new PluginError(
      "too-large",
      `syslog at ${shown}: an event of ${bytes.length} bytes fits in no datagram`,
      { hint },
    );
  }
  const socket = await Bun.udpSocket({});
  try {
    socket.send(bytes, port, hostname);
  } catch (error) {
    throw classified(error, shown);
  } finally {
    socket.close();
  }
}

function classified(error: unknown, shown: string): PluginError {
  const code = error instanceof Error && "code" in error ? String(error.code) : String(error);
  const hint = "Does something listen there? The option is `address`.";
  return new PluginError("temporary", `syslog at ${shown}: the event was not sent (${code})`, {
    hint,
    cause: error,
  });
}

const asError = (reason: unknown): Error => (reason instanceof Error ? reason : new Error(String(reason)));
