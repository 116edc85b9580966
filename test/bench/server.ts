/**
 * The bench's server side, a process of its own: the lab, empty but for data that is made up when it is asked for.
 * Without amounts it is empty: what a restore writes to.
 */
import { parseArgs } from "node:util";
import { type Lab, startLab } from "../lab/lab.ts";
import { bulkTraces } from "../lab/tempo/index.ts";

const { values } = parseArgs({
  options: {
    lines: { type: "string", default: "0" },
    samples: { type: "string", default: "0" },
    spans: { type: "string", default: "0" },
  },
});

const STREAMS = 50;
const SERIES = 1_000;
const SPANS_PER_TRACE = 10;
const HOUR = 3_600_000_000_000n;

const now = BigInt(Date.now()) * 1_000_000n;
const range = { from: now - 4n * HOUR, to: now - HOUR };

function addLines(lab: Lab, lines: number): void {
  const linesPerStream = Math.ceil(lines / STREAMS);
  const spacing = (range.to - range.from) / BigInt(linesPerStream);
  for (let index = 0; index < STREAMS; index += 1) {
    lab.faces.loki.addStream(
      { app: `service-${index}`, service_name: `service-${index}`, env: "prod" },
      {
        length: linesPerStream,
        time: (line) => range.from + BigInt(line) * spacing,
        line: (line) =>
          `level=info ts=${line} caller=handler.go:142 msg="request served" method=GET path=/api/v1/orders/${line} status=200`,
        metadata: (line) => [
          ["detected_level", "info"],
          ["trace_id", line.toString(16).padStart(32, "0")],
        ],
      },
    );
  }
}

function addSpans(lab: Lab, spans: number): void {
  const traces = Math.ceil(spans / SPANS_PER_TRACE);
  lab.faces.tempo.add(bulkTraces({ ...range, traces, spansPerTrace: SPANS_PER_TRACE }));
}

// The same few values for every series: their chunks are then encoded once, and encoding is not what is measured.
const gauge = (index: number): number => 20 + Math.round(Math.sin(index / 50) * 500) / 100;
const counter = (index: number): number => index * 7;

function addSamples(lab: Lab, samples: number): void {
  const samplesPerSeries = Math.ceil(samples / SERIES);
  for (let index = 0; index < SERIES; index += 1) {
    lab.faces.mimir.generate({
      labels: [
        ["__name__", index % 2 === 0 ? `requests_${index % 40}_total` : `temperature_${index % 40}`],
        ["instance", `host-${index}:9100`],
        ["job", "bench"],
      ],
      from: Number(range.from / 1_000_000n),
      stepMs: Math.max(1, Math.floor(Number((range.to - range.from) / 1_000_000n) / samplesPerSeries)),
      length: samplesPerSeries,
      value: index % 2 === 0 ? counter : gauge,
    });
  }
}

const lab = await startLab({ empty: true });
if (Number(values.lines) > 0) addLines(lab, Number(values.lines));
if (Number(values.spans) > 0) addSpans(lab, Number(values.spans));
if (Number(values.samples) > 0) addSamples(lab, Number(values.samples));
console.log(JSON.stringify(lab.urls));
