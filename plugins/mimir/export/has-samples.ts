import { type Range, toMs } from "contextcore";
import { saidTooMuch } from "../server/api.ts";
import type { Server } from "../server/server.ts";
import type { Matcher } from "../wire/matchers.ts";
import { remoteRead } from "./remote-read.ts";

/**
 * Whether there is any sample in a range. Asked of the samples themselves, since lists of labels may be cut, and Prometheus
 * leaves what came out of order out of them; the first series is answer enough.
 * @throws PluginError
 */
export async function hasSamples(
  server: Server,
  { range, matchers }: { readonly range: Range; readonly matchers: readonly Matcher[] },
  signal: AbortSignal,
): Promise<boolean> {
  const query = { fromMs: toMs(range.from), lastMs: toMs(range.to) - 1, matchers };
  try {
    const answer = await remoteRead(server, query, signal);
    for await (const _ of answer.read()) return true;
    return false;
  } catch (error) {
    if (saidTooMuch(error)) return true;
    throw error;
  }
}
