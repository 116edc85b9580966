/** Whether the server has a trace, whole: a push that is answered with 200 may have been dropped. */
import { scanTrace } from "../otlp/scan.ts";
import { TextBuffer } from "../otlp/text-buffer.ts";
import { writeTrace } from "../otlp/trace.ts";
import type { FetchTrace } from "../trace-by-id.ts";
import { readLine, type TraceLine } from "./line.ts";

/** `altered`: every span is there, but not as it was pushed. */
export type State = "whole" | "altered" | "missing";

/** Reads a trace that was pushed and compares its spans with those of the line. */
export async function readBack(
  fetchTrace: FetchTrace,
  trace: TraceLine,
  signal: AbortSignal,
): Promise<State> {
  const { bytes } = await fetchTrace(trace.id, signal);
  const scanned = scanTrace([bytes]);
  if (scanned.spans.length === 0) return "missing";
  const out = new TextBuffer(trace.inner.length * 2);
  writeTrace(scanned, out);
  const stored = readLine(Buffer.from(out.view()).toString(), { labels: {} });
  let state: State = "whole";
  for (const [span, text] of trace.spans) {
    const kept = stored?.spans.get(span);
    if (kept === undefined) return "missing";
    if (kept !== text) state = "altered";
  }
  return state;
}

/** Looks at many traces, a few at a time, since each costs the server some of its time. */
export async function readAllBack(
  fetchTrace: FetchTrace,
  traces: readonly TraceLine[],
  signal: AbortSignal,
): Promise<Map<TraceLine, State>> {
  const states = new Map<TraceLine, State>();
  const waiting = traces.values();
  const work = async (): Promise<void> => {
    for (const trace of waiting) states.set(trace, await readBack(fetchTrace, trace, signal));
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return states;
}

const AT_ONCE = 4;
