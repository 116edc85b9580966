import type { Problem, ProblemKind, Range, Records } from "contextcore";
import type { ScannedTrace } from "../otlp/scan.ts";
import { TextBuffer } from "../otlp/text-buffer.ts";
import { writeTrace } from "../otlp/trace.ts";

/** Lines of `traces.json` that become one block. */
interface TraceLines {
  /** Writes one trace. @returns how many of its strings were not UTF-8 */
  add(trace: ScannedTrace): number;
  /** How many bytes there are so far. */
  readonly bytes: number;
  records(): Records[];
}

/**
 * The unit that the server's own count is compared with: spans that began in the export's range. A trace that reaches
 * over its border is kept whole, so `spans` may be more.
 */
export const COUNTED = "spansInRange";

/** @param whole the export's range */
export function createTraceLines(whole: Range): TraceLines {
  const out = new TextBuffer();
  const counts = { traces: 0, spans: 0, [COUNTED]: 0 };
  let extent: Range | undefined;
  return {
    get bytes() {
      return out.length;
    },
    add(trace) {
      const before = out.repaired;
      writeTrace(trace, out);
      counts.traces += 1;
      counts.spans += trace.spans.length;
      counts[COUNTED] += trace.spans.filter(({ from }) => from >= whole.from && from < whole.to).length;
      extent = {
        from: extent === undefined || trace.from < extent.from ? trace.from : extent.from,
        to: extent === undefined || trace.to >= extent.to ? trace.to + 1n : extent.to,
      };
      return out.repaired - before + trace.repaired;
    },
    records() {
      if (extent === undefined) return [];
      return [{ file: "traces.json", text: out.view(), lines: counts.traces, ...extent, counts }];
    },
  };
}

/** Problems by kind and reason, each with the ids of its traces. */
interface Findings {
  add(kind: ProblemKind, reason: string, id: string): void;
  problems(): Problem[];
}

/** The problem of traces that the server holds with invalid text: JSON cannot carry it as it is. */
export const NOT_UTF8 = "Some text in these traces is not UTF-8; its invalid bytes were replaced by U+FFFD.";

/** Gathers what is wrong with a window's traces: one problem for each reason, with the ids of its traces. */
export function createFindings({ from, to }: Range): Findings {
  const found = new Map<string, { kind: ProblemKind; reason: string; items: string[] }>();
  return {
    add(kind, reason, id) {
      const key = `${kind} ${reason}`;
      const known = found.get(key) ?? { kind, reason, items: [] };
      known.items.push(id);
      found.set(key, known);
    },
    problems: () => [...found.values()].map((one) => ({ ...one, range: { from, to } })),
  };
}
