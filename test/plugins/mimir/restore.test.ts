/** What was exported is put back into the lab's servers, which refuse as the real ones do. */
import { expect, setDefaultTimeout, test } from "bun:test";
import type { Labels } from "../../../plugins/mimir/line/labels.ts";
import type { Harvest } from "../../../src/conformance/walk.ts";
import type { Point } from "../../lab/mimir/series.ts";
import { ALL, restore } from "./restoring.ts";
import {
  exportedSeries,
  float,
  HOUR_MS,
  harvest,
  labels,
  NOW_MS,
  never,
  openMimir,
  range,
  serveLab,
} from "./support.ts";

setDefaultTimeout(60_000);

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

test.each(["cluster", "constructor"])(
  "external labels do not hide what is there already: %s",
  async (name) => {
    await using lab = serveLab({ flavour: "prometheus", limits: { externalLabels: { [name]: "x" } } });
    const found = await exported([every("a", START, 60)]);
    const backend = lab.open();
    expect((await restore(backend, found)).written).toEqual({ samples: 60 });
    expect(await restore(backend, found)).toMatchObject({
      written: { samples: 0 },
      existing: { samples: 60 },
    });
  },
);

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

test("what a Mimir looks for in the storage only is hidden until it is there, and said so before", async () => {
  await using lab = serveLab({ limits: { queryIngestersWithin: 13 * HOUR_MS } });
  lab.face.put([every("a", NOW_MS - 20 * HOUR_MS, 60)]);
  const backend = lab.open();
  const request = { range: range(NOW_MS - 20 * HOUR_MS, NOW_MS) };
  const plan = { ...request, labels: {}, files: [{ path: "metrics.json", counts: { samples: 60 } }] };
  const findings = (await backend.restore?.preflight(plan, never)) ?? [];
  expect(findings.map(({ severity, setting }) => `${severity} ${setting}`)).toEqual([
    "hides query_ingesters_within: 0s",
  ]);
  const recent = { ...plan, range: range(NOW_MS - 12 * HOUR_MS, NOW_MS) };
  expect(await backend.restore?.preflight(recent, never)).toEqual([]);
  expect(await backend.count?.(request, never)).toEqual({ samples: 0 });
  await backend.flush?.(never);
  expect(await backend.count?.(request, never)).toEqual({ samples: 60 });
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
