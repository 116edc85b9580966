/**
 * Which traces belong to an export: those with a span in its range. In what version 0.1.1 began a window knows nothing of what others
 * list, so the spans alone must tell to which one a trace belongs.
 */
import type { Range } from "contextcore";
import type { SearchHit } from "../server/search.ts";
import type { TracesWork } from "./cursor.ts";

interface SpanTimes {
  readonly from: bigint;
  readonly to: bigint;
}

/**
 * The moment that decides: the first start of a span in the export's range. A trace that began before the range and reaches into
 * it belongs to the range's beginning, so the first window takes it. `undefined`: no span is in the range.
 */
export function anchorOf(spans: readonly SpanTimes[], whole: Range): bigint | undefined {
  let anchor: bigint | undefined;
  for (const { from, to } of spans) {
    if (to < whole.from || from >= whole.to) continue;
    const moment = from < whole.from ? whole.from : from;
    if (anchor === undefined || moment < anchor) anchor = moment;
  }
  return anchor;
}

/** Whether a moment, ns, lies in a half-open range. */
export const contains = (range: Range, moment: bigint): boolean => moment >= range.from && moment < range.to;

/** Whether a trace belongs to the work that has read it. @param anchor of its spans in the part of the range that is searched */
export const isOwn = (work: TracesWork, anchor: bigint | undefined): boolean =>
  anchor !== undefined && (work.partFrom === undefined || contains(work, anchor));

/**
 * False only when the trace cannot belong to the window, so that it need not be read: what search saw of it begins after
 * the window, or in the export's range but before the window, or one of its spans decides that it belongs to an earlier
 * window.
 */
export function mayOwn(window: Range, whole: Range, { from, span }: SearchHit): boolean {
  if (from >= window.to || (from >= whole.from && from < window.from)) return false;
  const latest = span === undefined ? undefined : anchorOf([span], whole);
  return latest === undefined || latest >= window.from;
}
