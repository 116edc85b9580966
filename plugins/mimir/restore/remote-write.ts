import { PluginError } from "contextcore";
import type { Server } from "../server/server.ts";
import type { SeriesPoints } from "./points.ts";
import { encodeWriteRequest } from "./write-request.ts";

/** Where the server takes remote writes. */
async function writePath(server: Server, signal: AbortSignal): Promise<string> {
  const { flavour, prefix } = await server.identity(signal);
  return flavour === "prometheus" ? `${prefix}/api/v1/write` : "/api/v1/push";
}

/**
 * Writes the points. Resolves with what the server said when it refused some of them: which ones, it does not say.
 * @throws PluginError for everything but a 400
 */
export async function remoteWrite(
  server: Server,
  series: readonly SeriesPoints[],
  signal: AbortSignal,
): Promise<string | undefined> {
  return sendWriteRequest(server, encodeWriteRequest(series), signal);
}

/** Sends a packed request. See {@link remoteWrite}. */
export async function sendWriteRequest(
  server: Server,
  body: Uint8Array,
  signal: AbortSignal,
): Promise<string | undefined> {
  try {
    const headers = {
      "Content-Type": "application/x-protobuf",
      "Content-Encoding": "snappy",
      "X-Prometheus-Remote-Write-Version": "0.1.0",
    };
    const path = await writePath(server, signal);
    await (await server.http.send({ method: "POST", path, headers, body, signal })).text();
    return undefined;
  } catch (error) {
    if (error instanceof PluginError && error.status === 400) return withoutExample(error.message);
    throw error;
  }
}

/** Mimir ends with the sample and series that it happened to meet first; without them equal reasons are equal. */
const withoutExample = (said: string): string =>
  said.replace(/\.? The affected sample has timestamp .*$/s, "");
