/** How an export goes through time, and goes on where a step stopped. */
import { expect, setDefaultTimeout, test } from "bun:test";
import { lineRecords } from "../../../src/contract/contract.ts";
import {
  float,
  HOUR_MS,
  harvest,
  labels,
  manySeries,
  NOW_MS,
  never,
  REQUEST,
  range,
  START,
  serveLab,
} from "./support.ts";

setDefaultTimeout(60_000);

test("a continuation finds its place when the series it stopped at is gone", async () => {
  const series = manySeries(2, 6);
  await using lab = serveLab();
  await using without = serveLab();
  lab.face.put(series);
  without.face.put(series.filter(({ labels: [, [, instance] = ["", ""]] }) => instance !== "0"));
  const request = { range: range(START, START + HOUR_MS) };
  const backend = lab.open({ stepBytes: 1 });
  const [cursor = {}] = (await backend.export.start(request, never)).cursors;
  const first = await backend.export.step(cursor, never);
  expect(Buffer.from(lineRecords(first)[0]?.text ?? "").toString()).toContain('"instance":"0"');
  const waiting = [...(first.next ?? [])];
  let lines = 0;
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const step = await without.open().export.step(next, never);
    for (const records of lineRecords(step)) lines += records.lines;
    waiting.push(...(step.next ?? []));
  }
  expect(lines).toBe(11);
});

test("a metric of very many series is read in parts, each series once", async () => {
  await using lab = serveLab();
  const wide = Array.from({ length: 1_000 }, (_, at) => ({
    labels: labels("wide", {
      pod: `pod-${at % 250}`,
      ...(at % 250 === 7 ? {} : { zone: String(at % 3) }),
      at: String(at),
    }),
    points: [float(NOW_MS - 1000, at)],
  }));
  lab.face.put([
    ...wide,
    ...wide
      .slice(0, 5)
      .map((one) => ({ ...one, labels: labels("wide", { bare: String(one.points[0]?.bits) }) })),
  ]);
  const found = await harvest(lab.open({ stepBytes: 5_000 }), { range: range(NOW_MS - HOUR_MS, NOW_MS) });
  expect(found.counts.samples).toBe(1_005);
  expect(new Set(found.lines.get("metrics.json")).size).toBe(1_005);
  expect(lab.asked.filter((path) => path.endsWith("/read")).length).toBeLessThan(80);
  expect(lab.asked).toContain("/prometheus/api/v1/label/at/values");
});

test("a label whose name the server does not take in a path is no choice for such parts, and no end of them", async () => {
  await using lab = serveLab({}, (request) =>
    request.url.includes("/label/a%2Fb/values")
      ? new Response("404 page not found", { status: 404 })
      : undefined,
  );
  lab.face.put(
    Array.from({ length: 1_000 }, (_, at) => ({
      labels: labels("wide", { "a/b": `x-${at}`, at: String(at) }),
      points: [float(NOW_MS - 1000, at)],
    })),
  );
  const found = await harvest(lab.open({ stepBytes: 5_000 }), { range: range(NOW_MS - HOUR_MS, NOW_MS) });
  expect(found.counts.samples).toBe(1_000);
  expect(found.problems).toEqual([]);
  expect(lab.asked).toContain("/prometheus/api/v1/label/at/values");
});

test("windows are hours, each with its samples' first and last time", async () => {
  await using lab = serveLab();
  lab.face.put([
    { labels: labels("a"), points: [float(START + 5, 1), float(START + HOUR_MS, 2), float(NOW_MS - 1, 3)] },
  ]);
  const { blocks } = await harvest(lab.open(), { range: range(START - 100 * 24 * HOUR_MS, NOW_MS) });
  expect(
    blocks.map(({ from, to }) => [Number(from / 1_000_000n) - START, Number(to / 1_000_000n) - START]),
  ).toEqual([
    [5, 6],
    [HOUR_MS, HOUR_MS + 1],
    [3 * HOUR_MS - 1, 3 * HOUR_MS],
  ]);
});

test("years of nothing cost few calls", async () => {
  await using lab = serveLab();
  lab.face.put([{ labels: labels("a"), points: [float(START, 1)] }]);
  await harvest(lab.open(), { range: range(NOW_MS - 10 * 365 * 24 * HOUR_MS, NOW_MS) });
  expect(lab.asked.filter((path) => path.endsWith("/read")).length).toBeLessThan(200);
});

test("what may still be on its way is left to the next export", async () => {
  await using lab = serveLab();
  lab.face.put([{ labels: labels("a"), points: [float(NOW_MS - 31_000, 1), float(NOW_MS - 29_000, 2)] }]);
  const found = await harvest(lab.open({ options: { settle: "30s" } }), REQUEST);
  expect(found.counts.samples).toBe(1);
  expect(found.exportedUntil).toBe(BigInt(NOW_MS - 30_000) * 1_000_000n);
});

test("a server that hides old data is known by its limits", async () => {
  await using lab = serveLab({ limits: { maxQueryLookback: HOUR_MS } });
  lab.face.put(manySeries(1, 1));
  const found = await harvest(lab.open(), REQUEST);
  const clamped = found.problems.find(({ kind }) => kind === "clamped");
  expect(clamped?.reason).toContain("limits.max_query_lookback is 3600s");
  expect(clamped?.range).toEqual(range(START, NOW_MS - HOUR_MS));
  const { warnings } = await lab.open().inventory(never);
  expect(warnings?.[0]).toContain("limits.max_query_lookback");
});
