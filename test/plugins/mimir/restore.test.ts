/** What was exported is put back: into a real Prometheus, and into the lab's, which refuse as the servers do. */
import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { doubleBits } from "../../../plugins/mimir/chunk/histogram-layout.ts";
import { NO_BUCKETS } from "../../../plugins/mimir/chunk/histogram-sample.ts";
import type { Labels } from "../../../plugins/mimir/line/labels.ts";
import type { Harvest } from "../../../src/plugin/conformance/walk.ts";
import type { Backend, Counts, RestoreAnswer } from "../../../src/plugin/contract.ts";
import type { Point } from "../../lab/mimir/series.ts";
import { startPrometheus } from "../../support/prometheus.ts";
import { SPECIAL } from "./samples.ts";
import {
  bits,
  contentOf,
  exportedContent,
  exportedSeries,
  float,
  HOUR_MS,
  harvest,
  labels,
  NOW_MS,
  never,
  openMimir,
  push,
  range,
  serveLab,
} from "./support.ts";

setDefaultTimeout(60_000);

const ALL = range(0, NOW_MS + 10 * HOUR_MS);

/** Writes an export's lines as the core does: in the order that the restorer asks for. */
async function restore(backend: Backend, found: Harvest, over: { labels?: Record<string, string> } = {}) {
  const totals = { written: {} as Record<string, number>, existing: {} as Record<string, number> };
  const rejected: NonNullable<RestoreAnswer["rejected"]>[number][] = [];
  const add = (into: Record<string, number>, counts: Counts = {}): void => {
    for (const [unit, number] of Object.entries(counts)) into[unit] = (into[unit] ?? 0) + number;
  };
  const blocks = found.blocks.filter(({ file }) => file === "metrics.json");
  const byTime = backend.restore?.order?.["metrics.json"] === "time";
  for (const { file, lines } of byTime ? blocks.toSorted((a, b) => Number(a.from - b.from)) : blocks) {
    const answer = await backend.restore?.apply({ file, lines, range: ALL, labels: {}, ...over }, never);
    add(totals.written, answer?.written);
    add(totals.existing, answer?.existing);
    rejected.push(...(answer?.rejected ?? []));
  }
  return { ...totals, rejected };
}

describe("into a real Prometheus", () => {
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

describe("into the lab", () => {
  const START = NOW_MS - 2 * HOUR_MS;
  const exported = async (
    series: readonly { labels: Labels; points: readonly Point[] }[],
  ): Promise<Harvest> => {
    await using lab = serveLab();
    lab.face.put(series);
    return await harvest(lab.open({ clock: () => ALL.to }), {
      range: range(NOW_MS - 10 * HOUR_MS, NOW_MS + 10 * HOUR_MS),
    });
  };
  const every = (name: string, from: number, length: number, more = {}) => ({
    labels: labels(name, more),
    points: Array.from({ length }, (_, index) => float(from + index * 60_000, index)),
  });

  test.each(["mimir", "prometheus"] as const)(
    "a late series does not keep its neighbours out (%s)",
    async (flavour) => {
      await using lab = serveLab({ flavour });
      const there = { labels: labels("a"), points: [float(START + 30 * 60_000, 100)] };
      lab.face.put([there]);
      const found = await exported([every("a", START, 60), every("b", START, 60)]);
      const { written, rejected } = await restore(lab.open(), found);
      // Of `a` the server takes what is newer than its newest: 29 of 60, since it has another value at one time.
      expect(written).toEqual({ samples: 60 + 29 });
      const lines = rejected.map(({ line }) => line);
      const refused = exportedSeries({ ...found, lines: new Map([["metrics.json", lines]]) });
      expect(refused.flatMap(({ points }) => points).length).toBe(31);
      const reasons = new Set(rejected.map(({ reason }) => /another value|out.of.order/.exec(reason)?.[0]));
      expect([...reasons].length).toBe(2);
      expect(lab.face.store().find(labels("b"))?.count(0, NOW_MS)).toBe(60);
    },
  );

  test("a whole hour that is too old costs few calls", async () => {
    await using lab = serveLab();
    lab.face.put([{ labels: labels("head"), points: [float(NOW_MS, 1)] }]);
    const series = Array.from({ length: 50 }, (_, at) =>
      every("old", START - 3 * HOUR_MS, 60, { at: String(at) }),
    );
    const { written, rejected } = await restore(lab.open(), await exported(series));
    expect(written).toEqual({ samples: 0 });
    expect(rejected.length).toBe(50);
    expect(lab.asked.filter((path) => path.endsWith("/push")).length).toBeLessThan(200);
  });

  test("samples of the future are refused one by one, the others are taken", async () => {
    await using lab = serveLab();
    const series = every("ahead", NOW_MS - 5 * 60_000, 40);
    const { written, rejected } = await restore(lab.open(), await exported([series]));
    expect(written).toEqual({ samples: 16 });
    expect(rejected.every(({ reason }) => reason.includes("err-mimir-too-far-in-future"))).toBe(true);
  });

  test("labels that the restore adds keep it beside live data", async () => {
    await using lab = serveLab();
    lab.face.put([every("a", START, 10)]);
    const found = await exported([every("a", START, 60)]);
    const { written, rejected } = await restore(lab.open(), found, { labels: { restored_from: "x" } });
    expect(written).toEqual({ samples: 60 });
    expect(rejected).toEqual([]);
    expect(
      lab.face
        .store()
        .find(labels("a", { restored_from: "x" }))
        ?.count(0, NOW_MS),
    ).toBe(60);
  });

  test("external labels do not hide what is there already", async () => {
    await using lab = serveLab({ flavour: "prometheus", limits: { externalLabels: { cluster: "x" } } });
    const found = await exported([every("a", START, 60)]);
    const backend = lab.open();
    expect((await restore(backend, found)).written).toEqual({ samples: 60 });
    expect(await restore(backend, found)).toMatchObject({
      written: { samples: 0 },
      existing: { samples: 60 },
    });
  });

  test("a server that asks to wait is waited for, not argued with", async () => {
    await using lab = serveLab({ limits: { ingestionRate: 10 } });
    const found = await exported([every("a", START, 60)]);
    const refused = restore(lab.open(), found);
    await expect(refused).rejects.toMatchObject({ kind: "temporary", status: 429 });
  });

  test("before a restore, each setting that would get in the way is named", async () => {
    await using lab = serveLab({
      limits: {
        outOfOrderTimeWindow: 600_000,
        pastGracePeriod: HOUR_MS,
        nativeHistograms: false,
        maxExemplars: 0,
        maxQueryLookback: HOUR_MS,
      },
    });
    lab.face.put([{ labels: labels("head"), points: [float(NOW_MS, 1)] }]);
    const plan = {
      range: range(NOW_MS - 30 * HOUR_MS, NOW_MS + HOUR_MS),
      labels: {},
      files: [
        { path: "metrics.json", counts: { samples: 10_000_000, histograms: 5 } },
        { path: "mimir/exemplars.json", counts: {} },
      ],
    };
    const findings = (await lab.open().restore?.preflight(plan, never)) ?? [];
    expect(findings.map(({ severity, setting }) => `${severity} ${setting}`)).toEqual([
      "refuses limits.out_of_order_time_window: 31h",
      "refuses limits.past_grace_period: 0s",
      "refuses limits.creation_grace_period",
      "hides limits.native_histograms_ingestion_enabled: true",
      "hides limits.max_global_exemplars_per_user: 100000",
      "note limits.ingestion_rate, limits.ingestion_burst_size",
      "hides limits.max_query_lookback: 0s",
    ]);
  });

  test("a Prometheus without a write receiver is known before", async () => {
    await using lab = serveLab({ flavour: "prometheus", limits: { remoteWriteReceiver: false } });
    const plan = { range: range(START, NOW_MS), labels: {}, files: [] };
    const findings = await lab.open().restore?.preflight(plan, never);
    expect(findings?.[0]).toMatchObject({
      severity: "refuses",
      setting: "--web.enable-remote-write-receiver",
    });
  });

  test("a range's first millisecond is inside it and its last is not, whichever they are", async () => {
    const points = Array.from({ length: 16 }, (_, ms) => float(START + ms, ms));
    const found = await exported([{ labels: labels("a"), points }]);
    await using lab = serveLab();
    for (const { time } of points) {
      const batch = { lines: found.lines.get("metrics.json") ?? [], range: range(time, time + 1) };
      const answer = await lab.open().restore?.apply({ file: "metrics.json", ...batch, labels: {} }, never);
      expect(answer?.written).toEqual({ samples: 1 });
    }
  });

  test("a selector restores only its series", async () => {
    const found = await exported([every("a", START, 2, { job: "x" }), every("a", START, 2, { job: "y" })]);
    const backend = openMimir("http://127.0.0.1:1");
    const keep = backend.restore?.matcher?.('a{job=~"x|z"}');
    const kept = (found.lines.get("metrics.json") ?? []).filter(
      (line) => keep?.(line, "metrics.json") !== undefined,
    );
    expect(kept.length).toBe(1);
    expect(() => backend.restore?.matcher?.("not a selector(")).toThrow("not a PromQL selector");
  });
});
