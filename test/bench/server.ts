/** The bench's server side, a process of its own: the lab, empty but for data that is made up when it is asked for. */
import { parseArgs } from "node:util";
import { startLab } from "../lab/lab.ts";
import { bulkTraces } from "../lab/tempo/index.ts";

const { values } = parseArgs({
  options: { lines: { type: "string" }, samples: { type: "string" }, spans: { type: "string" } },
});

const STREAMS = 50;
const SERIES = 1_000;
const SPANS_PER_TRACE = 10;
const HOUR = 3_600_000_000_000n;

const now = BigInt(Date.now()) * 1_000_000n;
const range = { from: now - 4n * HOUR, to: now - HOUR };
const lab = await startLab({ empty: true });

const linesPerStream = Math.ceil(Number(values.lines) / STREAMS);
for (let index = 0; index < STREAMS; index += 1) {
  const spacing = (range.to - range.from) / BigInt(linesPerStream);
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
lab.faces.tempo.add(
  bulkTraces({
    ...range,
    traces: Math.ceil(Number(values.spans) / SPANS_PER_TRACE),
    spansPerTrace: SPANS_PER_TRACE,
  }),
);
const samplesPerSeries = Math.ceil(Number(values.samples) / SERIES);
// The same few values for every series: their chunks are then encoded once, and encoding is not what is measured.
const gauge = (index: number): number => 20 + Math.round(Math.sin(index / 50) * 500) / 100;
const counter = (index: number): number => index * 7;
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
console.log(JSON.stringify(lab.urls));
