import type { Step } from "contextcore";
import { matchersOf, type Server } from "../server/server.ts";
import { type WorkOf, windowOf } from "./cursors.ts";
import { hasSamples } from "./has-samples.ts";
import { partsOf } from "./windows.ts";

/** A long span's parts, if there is anything in it. */
export async function span(server: Server, work: WorkOf<"span">, signal: AbortSignal): Promise<Step> {
  const isFilled = await hasSamples(server, { range: work, matchers: matchersOf(work.match) }, signal);
  return isFilled ? { next: partsOf(windowOf(work)) } : {};
}
