/** Divides a step that Loki cannot answer: by stream first, since usually only one is the problem, then by time. */
import { type Cursor, given, halves, type Split } from "contextcore";
import type { Api } from "./api.ts";
import { cursorsOf, type LokiCursor, type ReadCursor, readCursor, type WindowCursor } from "./cursor.ts";
import { partition } from "./partition.ts";
import { type Labels, printSelector } from "./selector.ts";

/** Ends at the lines of one stream in one nanosecond. @throws the server's error when its streams are requested */
export async function splitCursor(api: Api, cursor: LokiCursor, signal: AbortSignal): Promise<Split> {
  if (cursor.kind === "rules") return { items: ["rules"] };
  if (cursor.kind === "deletes") return { items: ["delete requests"] };
  if (cursor.kind === "window") return { ...inTime(cursor), items: ["a window's list of streams"] };
  const streams = await api.series([cursor.selector], cursor, signal);
  const parts = byStream(cursor, streams);
  const items = [`lines of ${nameOf(cursor, streams)}`];
  return parts.length > 1 ? { cursors: parts, items } : { ...inTime(cursor), items };
}

function byStream(cursor: ReadCursor, streams: readonly Labels[]): Cursor[] {
  const loads = streams.map((labels) => ({ labels, entries: 1 }));
  const selectors = partition(cursor.selector, loads, Math.ceil(streams.length / 2));
  return selectors.map((selector) => readCursor({ ...cursor, selector }));
}

function inTime(cursor: WindowCursor | ReadCursor): Pick<Split, "cursors"> {
  const parts = halves({ from: cursor.from, to: cursor.to });
  return given({ cursors: parts && cursorsOf(cursor, { now: parts, later: undefined }) });
}

function nameOf({ selector }: ReadCursor, [first, second]: readonly Labels[]): string {
  if (first === undefined || second !== undefined) return selector;
  return printSelector(Object.entries(first).map(([name, value]) => ({ name, operator: "=", value })));
}
