import { type Step, toMs } from "contextcore";
import { saidTooMuch } from "../server/api.ts";
import { matchersOf, type Server } from "../server/server.ts";
import { type WorkOf, windowOf } from "./cursors.ts";
import { remoteRead } from "./remote-read.ts";
import { partsOf } from "./windows.ts";

/** A long span's parts, if there is anything in it. */
export async function span(server: Server, work: WorkOf<"span">, signal: AbortSignal): Promise<Step> {
  return (await hasSamples(server, work, signal)) ? { next: partsOf(windowOf(work)) } : {};
}

/** Asked of the samples themselves, since lists of labels may be cut; the first series is answer enough. */
async function hasSamples(server: Server, work: WorkOf<"span">, signal: AbortSignal): Promise<boolean> {
  const query = { fromMs: toMs(work.from), lastMs: toMs(work.to) - 1, matchers: matchersOf(work.match) };
  try {
    const answer = await remoteRead(server, query, signal);
    for await (const _ of answer.read()) return true;
    return false;
  } catch (error) {
    if (saidTooMuch(error)) return true;
    throw error;
  }
}
