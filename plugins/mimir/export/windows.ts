import { type Range, windows } from "contextcore";
import { toCursor, type Window, type Work, windowOf } from "./cursors.ts";

const HOUR = 3_600_000_000_000n;
const DAY = 24n * HOUR;

/** Ranges longer than this are first asked day by day whether there is anything. */
const BY_DAY = 8n * DAY;

/**
 * The first cursors of the samples: hours, since a server that accepts no late samples takes back at most one hour of all
 * series in any order; and the file must be readable in time order across series.
 */
export function firstWindows(window: Omit<Window, "first">): readonly Work[] {
  const byDay = window.to - window.from > BY_DAY && window.method !== "range";
  const cut = windows(window, byDay ? DAY : HOUR);
  return cut.map((part, index) => ({
    step: byDay ? "day" : "hour",
    ...windowOf({ ...window, ...part, first: index === 0 ? true : undefined }),
  }));
}

/** A day's hours. */
export const hoursOf = (day: Window) =>
  windows(day, HOUR).map((part: Range, index) =>
    toCursor({ step: "hour", ...windowOf({ ...day, ...part, first: index === 0 ? day.first : undefined }) }),
  );
