/** An export of runs, in the order in which they were written down. */
import {
  type Cursor,
  decodeCursor,
  encodeCursor,
  fromMs,
  halves,
  NS_PER_MS,
  NS_PER_SECOND,
  nanoseconds,
  type Range,
  type Split,
  type Start,
  type Step,
  toRfc3339,
  v,
} from "contextcore";
import { toRunLine } from "contextcore/activity";
import { RUNS, recordedIn, type Saved, withLog, writing } from "./log.ts";

const work = v.object({
  from: nanoseconds,
  to: nanoseconds,
  /** Of the runs of the first millisecond those with a higher number. */
  after: v.number(),
});

/** Before every run. */
const FIRST = -1;

/** One cursor for all. Where the log cannot be written to, the newest runs are left for the next export. @throws PluginError */
export function start(saved: Saved, range: Range, signal: AbortSignal): Start {
  signal.throwIfAborted();
  if (withLog(saved, () => true) === undefined) return { cursors: [] };
  const settled = settledUntil(saved);
  const to = settled < range.to ? settled : range.to;
  return {
    cursors: to <= range.from ? [] : [encodeCursor({ from: range.from, to, after: FIRST })],
    notes: { read: saved.isSaid ? "with what was said" : "without what was said" },
    ...(settled < range.to && { exportedUntil: settled }),
  };
}

/** Runs are written down within this time. */
const WRITING = 5n * NS_PER_SECOND;

function settledUntil(saved: Saved): bigint {
  try {
    return writing(saved, (log) => fromMs(log.settled()));
  } catch {
    return fromMs(Date.now()) - WRITING;
  }
}

/** Reads some of them. @throws PluginError */
export function read(
  saved: Saved,
  cursor: Cursor,
  { stepBytes, signal }: { readonly stepBytes: number; readonly signal: AbortSignal },
): Step {
  signal.throwIfAborted();
  const { after, ...range } = decodeCursor("activity", work, cursor);
  const page = withLog(saved, (log) => {
    const page = {
      lines: [] as string[],
      bytes: 0,
      toolCalls: 0,
      first: 0,
      last: 0,
      seq: FIRST,
      isFull: false,
    };
    for (const { record, recorded, seq } of log.each({ ...recordedIn(range), after, isSaid: saved.isSaid })) {
      if (page.isFull) return { ...page, isCut: true };
      const line = toRunLine(record);
      page.lines.push(line);
      page.bytes += line.length;
      page.toolCalls += record.toolCalls.length;
      if (page.lines.length === 1) page.first = recorded;
      [page.last, page.seq] = [recorded, seq];
      page.isFull = page.bytes >= stepBytes || page.lines.length >= LINES_MAX;
    }
    return { ...page, isCut: false };
  });
  if (page === undefined || page.lines.length === 0) return {};
  const { lines, toolCalls, first, last, seq, isCut } = page;
  const reached = fromMs(last);
  return {
    records: [
      {
        file: RUNS,
        text: lines.join(""),
        lines: lines.length,
        from: fromMs(first),
        to: reached + NS_PER_MS,
        counts: { runs: lines.length, toolCalls },
      },
    ],
    ...(isCut && {
      next: [encodeCursor({ from: reached, to: range.to, after: seq })],
      done: Number(reached - range.from) / Number(range.to - range.from),
    }),
  };
}

/** So many are soon read. */
const LINES_MAX = 1_000;

/** What is damaged costs the runs of its own millisecond. */
export function splitCursor(cursor: Cursor): Split {
  const { after, ...range } = decodeCursor("activity", work, cursor);
  const [early, late] = halves(range, NS_PER_MS) ?? [];
  if (early === undefined || late === undefined)
    return { items: [`runs that were written down at ${toRfc3339(range.from)}`] };
  return { cursors: [encodeCursor({ ...early, after }), encodeCursor({ ...late, after: FIRST })] };
}
