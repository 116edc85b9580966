/** What was exported is put back into a real Prometheus. */
import { expect, setDefaultTimeout, test } from "bun:test";
import { doubleBits } from "../../../plugins/mimir/chunk/histogram-layout.ts";
import { NO_BUCKETS } from "../../../plugins/mimir/chunk/series.ts";
import type { Labels } from "../../../plugins/mimir/line/labels.ts";
import type { Point } from "../../lab/mimir/series.ts";
import { startPrometheus } from "../../support/prometheus.ts";
import { restore } from "./restoring.ts";
import { SPECIAL } from "./samples.ts";
import {
  bits,
  contentOf,
  exportedContent,
  float,
  HOUR_MS,
  harvest,
  labels,
  never,
  openMimir,
  push,
  range,
  serveLab,
} from "./support.ts";

setDefaultTimeout(60_000);

const clock = (): bigint => BigInt(Date.now()) * 1_000_000n;
const start = async () => {
  const server = await startPrometheus({ flags: ["--enable-feature=native-histograms"] });
  return { ...server, backend: openMimir(server.url, { clock }) };
};

test("a day of samples, a day old, goes into an empty server with default settings, and comes out equal", async () => {
  const [first, second] = await Promise.all([start(), start()]);
  const begin = Math.floor(Date.now() / HOUR_MS) * HOUR_MS - 30 * HOUR_MS;
  for (let hour = 0; hour < 24; hour++) await push(`${first.url}/api/v1/write`, dayOfMetrics(begin, hour));
  const request = { range: range(begin - HOUR_MS, Date.now()) };
  const exported = await harvest(first.backend, request, { pick: (waiting) => waiting - 1 });
  expect(exported.counts).toMatchObject({ samples: 24 * 60 * 12 - 2, histograms: 24 * 60, stale: 2 });

  const restored = await restore(second.backend, exported);
  expect(restored.rejected).toEqual([]);
  expect(restored.written).toEqual({ samples: 24 * 60 * 12 - 2, histograms: 24 * 60, stale: 2 });
  expect(exportedContent(await harvest(second.backend, request))).toEqual(exportedContent(exported));

  const again = await restore(second.backend, exported);
  expect(again).toMatchObject({
    written: { samples: 0 },
    existing: { samples: 24 * 60 * 12 - 2 },
    rejected: [],
  });
  expect(exportedContent(await harvest(second.backend, request))).toEqual(exportedContent(exported));
}, 60_000);

test("what is too old for a server that has newer samples is refused, and every refused sample is handed back", async () => {
  const server = await start();
  const late = Date.now() - 5 * HOUR_MS;
  await push(`${server.url}/api/v1/write`, [
    { labels: labels("fresh"), points: [float(Date.now() - 60_000, 1)] },
  ]);
  const plan = {
    range: range(late, Date.now()),
    labels: {},
    files: [{ path: "metrics.json", counts: {} }],
  };
  const [finding] = (await server.backend.restore?.preflight(plan, never)) ?? [];
  expect(finding?.severity).toBe("refuses");
  expect(finding?.setting).toBe("storage.tsdb.out_of_order_time_window: 6h");
  const old = [{ labels: labels("old"), points: [float(late, 1), float(late + 1000, 2)] }];
  await using lab = serveLab({ now: clock });
  lab.face.put(old);
  const exported = await harvest(lab.open({ clock }), plan);
  const { written, rejected } = await restore(server.backend, exported);
  expect(written).toEqual({ samples: 0 });
  expect(rejected.map(({ reason }) => /out of bounds|too old/.test(reason))).toEqual([true]);
  const handedBack = { ...exported, lines: new Map([["metrics.json", rejected.map(({ line }) => line)]]) };
  expect(exportedContent(handedBack)).toEqual(contentOf(old));
});

test("what no Prometheus has a place for is kept, told of before, and marked as such", async () => {
  const { backend } = await start();
  const line = JSON.stringify({ metric: "up", type: "gauge", help: "", unit: "" });
  const batch = { file: "mimir/metadata.json", lines: [line], range: range(0, Date.now()), labels: {} };
  const answer = await backend.restore?.apply(batch, never);
  expect(answer).toMatchObject({ written: {}, rejected: [{ line, unsupported: true }] });
  const plan = { range: batch.range, labels: {}, files: [{ path: batch.file, counts: { metadata: 1 } }] };
  expect(await backend.restore?.preflight(plan, never)).toContainEqual({
    severity: "note",
    message: expect.stringContaining("cannot be written to a Prometheus"),
  });
});

/** One hour of ten series of floats, one of each special value, and one of histograms; a sample a minute. */
function dayOfMetrics(begin: number, hour: number): { labels: Labels; points: Point[] }[] {
  const times = Array.from({ length: 60 }, (_, minute) => begin + hour * HOUR_MS + minute * 60_000);
  const special = Object.values(SPECIAL);
  const floats = Array.from({ length: 10 }, (_, at) => ({
    labels: labels("requests_total", { instance: String(at) }),
    points: times.map((time, minute) => float(time, (hour * 60 + minute) * (at + 1) * 1.5)),
  }));
  const odd = times.map((time, minute) =>
    bits(time, special[(hour * 60 + minute) % 720 === 0 ? 0 : 1 + (minute % (special.length - 1))] ?? 0n),
  );
  const histograms = times.map((time, minute) => histogramAt(time, hour * 60 + minute));
  return [
    ...floats,
    { labels: labels("odd"), points: odd },
    { labels: labels("durations"), points: histograms },
  ];
}

function histogramAt(time: number, index: number): Point {
  const counts = [1n, 3n, 0n, 2n].map((rate) => rate * BigInt(index % 500));
  const histogram = {
    timestamp: time,
    kind: "integer" as const,
    schema: 2,
    zeroThreshold: doubleBits(0.001),
    zeroCount: 1n,
    count: counts.reduce((sum, one) => sum + one, 1n),
    sum: doubleBits(index / 3),
    positive: { spans: [[-3, 4]] as const, values: counts.map((one, at) => one - (counts[at - 1] ?? 0n)) },
    negative: NO_BUCKETS,
    customValues: [],
  };
  return { time, bits: 0n, histogram };
}
