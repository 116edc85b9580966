import type { Cursor, Step } from "contextcore";
import type { Server } from "../server/server.ts";
import { readCursor, toCursor, type WorkOf, windowOf } from "./cursors.ts";
import { exemplars } from "./exemplars.ts";
import { countSeries, groups, isSmall } from "./groups.ts";
import { metadata } from "./metadata.ts";
import { alertmanager, rules } from "./objects.ts";
import { read } from "./read.ts";
import { span } from "./windows.ts";

export interface StepLimits {
  readonly stepBytes: number;
}

/** Runs one cursor. */
export function step(server: Server, cursor: Cursor, limits: StepLimits, signal: AbortSignal): Promise<Step> {
  const work = readCursor(cursor);
  switch (work.step) {
    case "span":
      return span(server, work, signal);
    case "hour":
      return hour(server, work, limits, signal);
    case "groups":
      return groups(server, work, signal);
    case "read":
      return read(server, work, limits, signal);
    case "metadata":
      return metadata(server, work, signal);
    case "exemplars":
      return exemplars(server, work, signal);
    case "rules":
      return rules(server, signal);
    case "alertmanager":
      return alertmanager(server, signal);
  }
}

/** What few series have is read at once; many are split into groups first. */
async function hour(
  server: Server,
  work: WorkOf<"hour">,
  limits: StepLimits,
  signal: AbortSignal,
): Promise<Step> {
  const window = windowOf(work);
  if (!isSmall(await countSeries(server, window, signal), work.method)) {
    return { next: [toCursor({ step: "groups", ...window })] };
  }
  return read(server, { step: "read", ...window, hourFrom: work.from, hourTo: work.to }, limits, signal);
}
