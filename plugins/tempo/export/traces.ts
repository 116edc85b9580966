/** Reads a batch of traces by id and writes those that belong to the window. */
import { type Cursor, PluginError, type Step } from "contextcore";
import { type ScannedTrace, scanTrace } from "../otlp/scan.ts";
import {
  listedCursor,
  type Source,
  searchedOf,
  type TracesWork,
  type TraceToRead,
  toCursor,
  wholeOf,
} from "./cursor.ts";
import { anchorOf, isOwn } from "./owner.ts";
import { createFindings, createTraceLines, NOT_UTF8 } from "./trace-lines.ts";

/** About what one span takes as a line's text. */
const SPAN_LINE_BYTES = 700;
/**
 * Traces that one step reads by their ids: a second's work or two. Few, since several steps at once are what a server can take,
 * and how many it can take is learned from step to step.
 */
export const READ_MAX = 24;
/** Traces in one cursor of which only those in no block are read. */
export const LISTED_MAX = 500;

/** Where traces are read, and for what. */
type TracesPart = Omit<TracesWork, "kind" | "ids">;

/** Cursors for these traces, in batches of about one step's worth. @param most traces in one of them */
export function tracesCursors(
  source: Source,
  work: TracesPart,
  ids: readonly TraceToRead[],
  most: number,
): Cursor[] {
  return batchesOf(source, ids, most).map((batch) => toCursor({ ...work, kind: "traces", ids: batch }));
}

/** The same for traces that a window lists, and others may list, too. */
export function listedCursors(
  source: Source,
  work: TracesPart,
  ids: readonly TraceToRead[],
  most: number,
): Cursor[] {
  return batchesOf(source, ids, most).map((batch) => listedCursor({ ...work, kind: "traces", ids: batch }));
}

function batchesOf({ stepBytes }: Source, ids: readonly TraceToRead[], most: number): TraceToRead[][] {
  const spansMax = stepBytes / SPAN_LINE_BYTES;
  const batches: TraceToRead[][] = [];
  let batch: TraceToRead[] = [];
  let spans = 0;
  for (const one of ids) {
    const [, least] = one;
    if (batch.length === 0 || spans + least > spansMax || batch.length >= most) {
      batch = [];
      batches.push(batch);
      spans = 0;
    }
    batch.push(one);
    spans += least;
  }
  return batches;
}

/**
 * Runs a cursor that names traces: gives their lines, what is wrong with them, and a cursor for those that did not fit in the
 * step.
 */
export async function tracesStep(source: Source, work: TracesWork, signal: AbortSignal): Promise<Step> {
  const searched = searchedOf(work);
  const lines = createTraceLines(wholeOf(work));
  const findings = createFindings(work);
  const notes: Record<string, string> = {};
  let index = 0;
  for (; index < work.ids.length && lines.bytes < source.stepBytes; index++) {
    const [id, expected, begins] = work.ids[index] ?? ["", 0, false];
    const read = await readTrace(source, id, expected, signal);
    if (read.note !== undefined) notes["pruned before Tempo"] = read.note;
    if (read.trace.spans.length === 0) findings.add("incomplete", read.partial ?? MISSING, id);
    const anchor = anchorOf(read.trace.spans, searched);
    if (anchor === undefined && begins && read.trace.spans.length > 0)
      findings.add("incomplete", ELSEWHERE, id);
    if (!isOwn(work, anchor) || isNewer(work, read.trace)) continue;
    if (read.partial !== undefined)
      findings.add("incomplete", `Tempo gave only part of these traces: ${read.partial}`, id);
    else if (read.trace.spans.length < expected) findings.add("incomplete", FEWER, id);
    if (lines.add(read.trace) > 0) findings.add("lossy", NOT_UTF8, id);
  }
  const rest = work.ids.slice(index);
  return {
    records: lines.records(),
    problems: findings.problems(),
    notes,
    next: rest.length === 0 ? [] : [toCursor({ ...work, ids: rest })],
    done: index / work.ids.length,
  };
}

/** Whether the trace belongs to the windows in which what is newer than all blocks is searched. */
const isNewer = ({ beyond, wholeTo }: TracesWork, { spans }: ScannedTrace): boolean =>
  beyond?.recent !== undefined && anchorOf(spans, { from: beyond.recent, to: wholeTo }) !== undefined;

const MISSING = "Tempo lists these traces, but gives nothing when they are read by id.";
const ELSEWHERE =
  "Search lists these traces in the range, but none of their spans is in it when they are read by id: other spans have the same ids.";
const FEWER = "Fewer spans of these traces were read than Tempo's search counts, twice.";

/** A trace as it was read by its id. */
export interface ReadTrace {
  readonly trace: ScannedTrace;
  /** As the server sent them. */
  readonly bytes: Uint8Array;
  readonly partial?: string;
  readonly note?: string;
}

/** Reads a trace, and once more when it has fewer spans than search counted: it may just have been written. */
async function readTrace(
  source: Source,
  id: string,
  expected: number,
  signal: AbortSignal,
): Promise<ReadTrace> {
  const first = await readOnce(source, id, signal);
  if (first.partial !== undefined || first.trace.spans.length >= Math.max(expected, 1)) return first;
  const second = await readOnce(source, id, signal);
  return second.trace.spans.length > first.trace.spans.length ? second : first;
}

/** @throws PluginError `temporary` when the answer was cut */
export async function readOnce(source: Source, id: string, signal: AbortSignal): Promise<ReadTrace> {
  try {
    const { bytes, partial, note } = await source.fetchTrace(id, signal);
    return {
      trace: scanTrace([bytes]),
      bytes,
      ...(partial === undefined ? {} : { partial }),
      ...(note === undefined ? {} : { note }),
    };
  } catch (cause) {
    if (cause instanceof PluginError) throw withoutId(cause, id);
    if (!(cause instanceof RangeError)) throw cause;
    const message = `tempo at ${source.http.url}: the answer for trace ${id} is not a complete trace`;
    throw new PluginError("temporary", message, { cause });
  }
}

/** What many traces fail with is one reason: which of them, a problem says beside it. */
function withoutId(error: PluginError, id: string): PluginError {
  const { kind, message, hint, retryAfterMs, timedOut, absent, status } = error;
  const same = { hint, retryAfterMs, timedOut, absent, status };
  return new PluginError(kind, message.replaceAll(id, "…"), { ...same, cause: error });
}
