import { type Step, toMs } from "contextcore";
import { matchersOf, type Server } from "../server/server.ts";
import { type WorkOf, windowOf } from "./cursors.ts";
import { remoteRead } from "./remote-read.ts";
import { hoursOf } from "./windows.ts";

/** A day's hours, if there is anything in that day; asked of the samples themselves, since lists of labels may be cut. */
export async function day(server: Server, work: WorkOf<"day">, signal: AbortSignal): Promise<Step> {
  const query = { fromMs: toMs(work.from), lastMs: toMs(work.to) - 1, matchers: matchersOf(work.match) };
  const answer = await remoteRead(server, query, signal);
  for await (const _ of answer.read()) return { next: hoursOf(windowOf(work)) };
  return {};
}
