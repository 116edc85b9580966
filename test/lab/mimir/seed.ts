import { doubleBits } from "../../../plugins/mimir/chunk/histogram-layout.ts";
import { type HistogramSample, NO_BUCKETS, STALE_BITS } from "../../../plugins/mimir/chunk/series.ts";
import type { Labels } from "../../../plugins/mimir/line/labels.ts";
import { random } from "../random.ts";
import { SERVICES, tasks } from "../story.ts";
import type { MimirFace } from "./index.ts";
import type { Point } from "./series.ts";

const STEP_MS = 60_000;
const DAY_MS = 86_400_000;

/** What is still on its way at `now` in a real stack. */
const LAG_MS = 60_000;

type Valued = (at: { readonly time: number; readonly index: number }) => bigint | HistogramSample | undefined;

interface Metric {
  readonly name: string;
  readonly type: string;
  readonly help: string;
  readonly unit?: string;
  readonly series: readonly { readonly labels: Readonly<Record<string, string>>; readonly value: Valued }[];
}

/**
 * The project's metrics over the 24 hours before `now`, one sample a minute: counters, gauges, a native histogram, and each
 * value that is easily lost on the way: NaN, infinities, a stale marker, -0, a denormal.
 */
export async function seedMimir(
  face: MimirFace,
  { seed, now }: { seed: number; now: bigint },
): Promise<void> {
  const end = Math.floor((Number(now / 1_000_000n) - LAG_MS) / STEP_MS) * STEP_MS;
  const start = end - DAY_MS + STEP_MS;
  for (const { name, type, help, unit = "", series } of metrics(seed, now)) {
    face.store().metadata.set(name.replace(/_(bucket|sum|count)$/, ""), { type, help, unit });
    for (const { labels, value } of series) {
      face.put([{ labels: toLabels(name, labels), points: points(value, start, end) }]);
    }
  }
  seedBeside(face, end);
}

function points(value: Valued, start: number, end: number): Point[] {
  const made: Point[] = [];
  for (let time = start, index = 0; time <= end; time += STEP_MS, index++) {
    const one = value({ time, index });
    if (one === undefined) continue;
    made.push(typeof one === "bigint" ? { time, bits: one } : { time, bits: 0n, histogram: one });
  }
  return made;
}

const toLabels = (name: string, labels: Readonly<Record<string, string>>): Labels =>
  Object.entries({ __name__: name, ...labels }).sort(([a], [b]) => (a < b ? -1 : 1));

function metrics(seed: number, now: bigint): Metric[] {
  const next = random(seed);
  const story = tasks({ seed, now });
  const doneBy = (time: number): number =>
    story.filter(({ startedAt, durationNs }) => Number((startedAt + durationNs) / 1_000_000n) <= time).length;
  return [
    {
      name: "up",
      type: "gauge",
      help: "Whether the last scrape of the target worked.",
      series: SERVICES.map((service, at) => ({
        labels: { job: service, instance: `${service}:9090` },
        value: ({ index }) =>
          at === 1 && index === 720 ? STALE_BITS : doubleBits(index % 500 === 499 ? 0 : 1),
      })),
    },
    {
      name: "http_requests_total",
      type: "counter",
      help: "Requests answered.",
      series: SERVICES.flatMap((service) =>
        ["200", "404", "500"].map((code, at) => {
          let total = 0;
          return {
            labels: { job: service, instance: `${service}:9090`, code },
            value: () => {
              total += Math.floor(next() * (at === 0 ? 400 : 7));
              return doubleBits(total);
            },
          };
        }),
      ),
    },
    {
      name: "process_resident_memory_bytes",
      type: "gauge",
      help: "Resident memory size in bytes.",
      unit: "bytes",
      series: SERVICES.map((service) => ({
        labels: { job: service, instance: `${service}:9090` },
        value: () => doubleBits(40_000_000 + Math.floor(next() * 2000) * 4096),
      })),
    },
    {
      name: "contextcore_tasks",
      type: "gauge",
      help: "Tasks of the project by state.",
      series: [
        { labels: { project: "contextcore", state: "done" }, value: ({ time }) => doubleBits(doneBy(time)) },
        {
          labels: { project: "contextcore", state: "open" },
          value: ({ time }) => doubleBits(story.length - doneBy(time)),
        },
      ],
    },
    {
      name: "contextcore_build_ratio",
      type: "gauge",
      help: "Share of builds that passed; NaN while nothing was built.",
      series: [{ labels: { project: "contextcore" }, value: ({ index }) => ratio(index, next()) }],
    },
    {
      name: "http_request_duration_seconds",
      type: "histogram",
      help: "How long requests took.",
      unit: "seconds",
      series: SERVICES.slice(0, 2).map((service) => ({
        labels: { job: service, instance: `${service}:9090` },
        value: ({ time, index }) => durations(time, index),
      })),
    },
  ];
}

/** One of each value that needs care, then ordinary ones. */
const SPECIAL = [
  0x7ff8000000000001n,
  0x7ff0000000000000n,
  0xfff0000000000000n,
  0x8000000000000000n,
  1n,
  0x7ff8dead00000001n,
];

const ratio = (index: number, chance: number): bigint =>
  SPECIAL[index] ?? (index % 97 === 0 ? 0x7ff8000000000001n : doubleBits(Math.round(chance * 1000) / 1000));

/** A native histogram whose buckets fill up steadily. */
function durations(time: number, index: number): HistogramSample {
  const counts = [3, 10, 4, 1].map((rate) => BigInt(rate * (index + 1)));
  const deltas = counts.map((count, at) => count - (counts[at - 1] ?? 0n));
  const zeroCount = BigInt(index);
  return {
    timestamp: time,
    kind: "integer",
    schema: 3,
    zeroThreshold: doubleBits(2.938735877055719e-39),
    zeroCount,
    count: counts.reduce((sum, count) => sum + count, zeroCount),
    sum: doubleBits(0.25 * (index + 1)),
    positive: {
      spans: [
        [-4, 2],
        [3, 2],
      ],
      values: deltas,
    },
    negative: NO_BUCKETS,
    customValues: [],
  };
}

function seedBeside(face: MimirFace, end: number): void {
  const labels = toLabels("http_requests_total", { job: "checkout", instance: "checkout:9090", code: "200" });
  const list = [
    { labels: { trace_id: "0af7651916cd43dd8448eb211c80319c" }, value: 0.42, time: end - 120_000 },
    { labels: { trace_id: "4bf92f3577b34da6a3ce929d0e0e4736" }, value: 1.5, time: end - 60_000 },
  ];
  face.store().exemplars.set(JSON.stringify(labels), { labels, list });
  if (face.flavour === "prometheus") return;
  face
    .store()
    .rules.set(
      "contextcore/alerts",
      new Map([
        [
          "availability",
          "name: availability\ninterval: 1m\nrules:\n  - alert: TargetDown\n    expr: up == 0\n    for: 5m\n    labels:\n      severity: critical\n",
        ],
      ]),
    );
  face.store().alertmanager =
    "template_files: {}\nalertmanager_config: |\n  route:\n    receiver: nobody\n  receivers:\n    - name: nobody\n";
}
