import { type Cursor, NS_PER_SECOND, type Range, type Step, windows } from "contextcore";
import { matchersOf } from "../server/queries.ts";
import { hasSamples } from "../server/remote-read.ts";
import type { Server } from "../server/server.ts";
import { toCursor, type Window, type Work, type WorkOf, windowOf } from "./cursors.ts";

const HOUR = 3_600n * NS_PER_SECOND;
const DAY = 24n * HOUR;
const MONTH = 32n * DAY;

/** A range that is longer than `over` is first asked, in spans of this length, whether there is anything at all. */
const SPANS = [
  { length: MONTH, over: 2n * MONTH },
  { length: DAY, over: 8n * DAY },
];

/**
 * The first cursors of the samples: hours, since a server that accepts no late samples takes back at most one hour of all
 * series in any order; and the file must be readable in time order across series.
 */
export function firstWindows(window: Omit<Window, "first">): readonly Work[] {
  const long = SPANS.find(({ over }) => window.to - window.from > over);
  return long === undefined || window.method === "range"
    ? cut({ ...window, first: true }, "hour", HOUR)
    : cut({ ...window, first: true }, "span", long.length);
}

/** The parts of a span that has something: days, or hours. */
export const partsOf = (span: Window): readonly Cursor[] =>
  (span.to - span.from > DAY ? cut(span, "span", DAY) : cut(span, "hour", HOUR)).map(toCursor);

const cut = (window: Window, step: "span" | "hour", length: bigint): readonly Work[] =>
  windows(window, length).map((part: Range, index) => ({
    step,
    ...windowOf({ ...window, ...part, first: index === 0 ? window.first : undefined }),
  }));

/** A long span's parts, if there is anything in it. */
export async function span(server: Server, work: WorkOf<"span">, signal: AbortSignal): Promise<Step> {
  const isFilled = await hasSamples(server, { range: work, matchers: matchersOf(work.match) }, signal);
  return isFilled ? { next: partsOf(windowOf(work)) } : {};
}
