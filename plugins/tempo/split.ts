/** What a step that Tempo cannot answer is made of: traces one by one, and windows by time. */
import { halves, NS_PER_SECOND, type Split } from "contextcore";
import { type TracesWork, toCursor, type WindowWork, type Work } from "./cursor.ts";

/** Ends at one trace, at what search lists of one second, and at the block that is being read. */
export function splitWork(work: Work): Split {
  if (work.kind === "traces") return splitTraces(work);
  if (work.kind === "window") return splitWindow(work);
  return { items: [`block ${work.block}`] };
}

function splitTraces(work: TracesWork): Split {
  const [first, ...others] = work.ids;
  if (others.length === 0) return { items: [`trace ${first?.[0]}`] };
  const middle = work.ids.length >> 1;
  const halfs = [work.ids.slice(0, middle), work.ids.slice(middle)];
  return { cursors: halfs.map((ids) => toCursor({ ...work, ids })), items: [`${work.ids.length} traces`] };
}

/** Search knows no time that is shorter than a second. */
function splitWindow(work: WindowWork): Split {
  const items = ["what search lists of a window"];
  const parts = work.to - work.from <= NS_PER_SECOND ? undefined : halves(work);
  return parts === undefined
    ? { items }
    : { cursors: parts.map((part) => toCursor({ ...work, ...part })), items };
}
