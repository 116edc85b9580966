/** A small snapshot with every kind of file in it, made by a real export. */
import { type Step, v } from "contextcore";
import type { ExportJob } from "../../src/export/types.ts";
import type { OpenBackend } from "../../src/host/open.ts";
import { given } from "../../src/units/given.ts";
import { FIRST, fakeBackend, fakeRange, SECOND } from "../export/fake-backend.ts";
import { runExport } from "../export/run.ts";

const span = (trace: number, at: bigint) => ({
  traceId: `${trace}`.padStart(32, "0"),
  spanId: "00000000000000aa",
  name: "GET /",
  startTimeUnixNano: `${at}`,
  endTimeUnixNano: `${at + SECOND}`,
});

/** Two traces, each a line. */
function tracesStep(): Step {
  const traces = [1, 2].map((trace) => ({
    resourceSpans: [{ scopeSpans: [{ spans: [span(trace, FIRST), span(trace, FIRST + SECOND)] }] }],
  }));
  return {
    records: [
      {
        file: "traces.json",
        text: traces.map((trace) => `${JSON.stringify(trace)}\n`).join(""),
        lines: 2,
        from: FIRST,
        to: FIRST + 2n * SECOND + 1n,
        counts: { traces: 2, spans: 4 },
      },
    ],
  };
}

/** One series with a stale marker, and a file of the plugin's own. */
function metricsStep(): Step {
  const ms = Number(FIRST / 1_000_000n);
  const series = {
    metric: { __name__: "up" },
    timestamps: [ms, ms + 1000, ms + 2000],
    values: [1, 0.5, null],
    special: { "2": "stale" },
    histograms: [{ timestamp: ms + 3000, type: "integer", sum: 3 }],
  };
  const range = { from: FIRST, to: FIRST + 3n * SECOND + 1_000_000n };
  return {
    records: [
      {
        file: "metrics.json",
        text: `${JSON.stringify(series)}\n`,
        lines: 1,
        ...range,
        counts: { samples: 3, stale: 1, histograms: 1 },
      },
      {
        file: "metrics/metadata.json",
        text: '{"metric":"up","type":"gauge"}\n',
        lines: 1,
        ...range,
        counts: { metadata: 1 },
      },
    ],
  };
}

const fixed = (name: string, signal: "traces" | "metrics", step: () => Step): OpenBackend => ({
  name,
  plugin: { name, about: "fixed", options: v.object({}) },
  url: "http://fixed",
  backend: {
    inventory: async () => ({ signals: [signal], importance: "high" }),
    size: async () => ({ bytes: 1, source: "estimate" }),
    export: { start: async () => ({ cursors: [{ all: true }] }), step: async () => step() },
  },
});

/** How much of logs there is in it; the rest is always the same. */
export interface SmallOptions extends Partial<ExportJob> {
  readonly streams?: number;
  readonly entries?: number;
  readonly objects?: number;
  /** By backend: logs, traces, metrics. Default: by the importance, which is high. */
  readonly classes?: Readonly<Record<string, string>>;
}

/** Exports it. @returns its path */
export async function smallSnapshot(
  directory: string,
  { streams = 2, entries = 20, objects = 2, classes = {}, ...more }: SmallOptions = {},
): Promise<string> {
  const logs = fakeBackend({ name: "logs", objects, streams, entries });
  const opens = [logs, fixed("traces", "traces", tracesStep), fixed("metrics", "metrics", metricsStep)];
  const classed = opens.map((open) => ({ ...open, ...given({ class: classes[open.name] }) }));
  const backends = classed.map((open) => ({ open, request: { range: fakeRange(entries) } }));
  return (await runExport(directory, [], { backends, ...more })).path;
}
