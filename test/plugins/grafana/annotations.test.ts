import { expect, test } from "bun:test";
import type { Range } from "contextcore";
import fc from "fast-check";
import type { GrafanaFace } from "../../lab/grafana/index.ts";
import { exportAll, NEVER, NOW, open, restoreAll, startGrafana } from "./support.ts";

const NOW_MS = Number(NOW / 1_000_000n);
const HOUR_MS = 3_600_000;

interface Sample {
  readonly time: number;
  readonly timeEnd: number;
}

function add({ store }: GrafanaFace, samples: readonly Sample[]): void {
  for (const { time, timeEnd } of samples) {
    const id = store.nextId();
    const about = { alertId: 0, alertName: "", newState: "", prevState: "", dashboardUID: "", panelId: 0 };
    const content = { text: `note ${id}`, tags: [], data: {}, created: time, updated: time };
    store.annotations.push({ id, time, timeEnd, ...about, ...content });
  }
}

const range = (fromMs: number, toMs: number): Range => ({
  from: BigInt(fromMs) * 1_000_000n,
  to: BigInt(toMs) * 1_000_000n,
});

/** The texts exported from a window, and how many calls it took. */
async function exported(samples: readonly Sample[], wanted: Range) {
  await using grafana = await startGrafana();
  add(grafana.face, samples);
  const { backend } = await open(grafana);
  const { files, problems, counts } = await exportAll(backend, { range: wanted });
  const lines = (files.get("grafana/annotations.jsonl") ?? "").split("\n").filter((line) => line !== "");
  const texts = lines.map((line): string => JSON.parse(line).text);
  const expected = grafana.face.store.annotations
    .filter(
      (one) => BigInt(one.time) * 1_000_000n < wanted.to && BigInt(one.timeEnd) * 1_000_000n >= wanted.from,
    )
    .map((one) => one.text);
  const calls = grafana.calls.filter((call) => call === "GET /api/annotations").length;
  return { texts: texts.sort(), expected: expected.sort(), problems, counts, calls };
}

const incomplete = (problems: readonly { kind: string }[]): boolean =>
  problems.some(({ kind }) => kind === "incomplete");

test("far more than one answer holds: each once, however long its region", async () => {
  const samples = Array.from({ length: 6000 }, (_, index) => {
    const time = NOW_MS - 24 * HOUR_MS + index * 14_000;
    return { time, timeEnd: time + (index % 50 === 0 ? 3 * HOUR_MS : index % 3) };
  });
  const { texts, expected, problems, calls } = await exported(
    samples,
    range(NOW_MS - 24 * HOUR_MS, NOW_MS + HOUR_MS),
  );
  expect(texts).toEqual(expected);
  expect(texts).toHaveLength(6000);
  expect(incomplete(problems)).toBe(false);
  expect(calls).toBeLessThan(60);
});

test("thousands in one millisecond are read with a higher limit", async () => {
  const samples = Array.from({ length: 3500 }, () => ({ time: NOW_MS, timeEnd: NOW_MS }));
  const { texts, problems } = await exported(samples, range(NOW_MS - HOUR_MS, NOW_MS + HOUR_MS));
  expect(texts).toHaveLength(3500);
  expect(incomplete(problems)).toBe(false);
});

test("thousands that began long before the window do not make it split for ever", async () => {
  const old = Array.from({ length: 2500 }, (_, index) => ({
    time: NOW_MS - 100 * HOUR_MS - index,
    timeEnd: NOW_MS + HOUR_MS,
  }));
  const { texts, expected, calls } = await exported(old, range(NOW_MS - HOUR_MS, NOW_MS));
  expect(texts).toEqual(expected);
  expect(texts).toHaveLength(2500);
  expect(calls).toBeLessThan(10);
});

test("when Grafana gives no more than so many at one time, the rest is called missing", async () => {
  await using grafana = await startGrafana();
  const row = JSON.stringify({ id: 1, time: NOW_MS, timeEnd: NOW_MS, text: "x", tags: [] });
  grafana.intercept = (request) => {
    const url = new URL(request.url);
    if (url.pathname !== "/api/annotations") return undefined;
    return new Response(
      `[${Array(Number(url.searchParams.get("limit")))
        .fill(row)
        .join(",")}]`,
    );
  };
  const { backend } = await open(grafana);
  const { problems, counts } = await exportAll(backend, { range: range(NOW_MS, NOW_MS + 1) });
  expect(counts.annotations).toBe(64_000);
  expect(problems.find((one) => one.kind === "incomplete")?.reason).toStartWith(
    "More than 64000 annotations at one time",
  );
});

test("any annotations, any window: what overlaps it is exported, once", async () => {
  const sample = fc
    .tuple(fc.integer({ min: 0, max: 5000 }), fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 4000 })))
    .map(([offset, length]) => ({ time: NOW_MS + offset, timeEnd: NOW_MS + offset + length }));
  const window = fc.tuple(fc.integer({ min: 0, max: 5000 }), fc.integer({ min: 1, max: 5000 }));
  await fc.assert(
    fc.asyncProperty(
      fc.array(sample, { maxLength: 60 }),
      fc.integer({ min: 1, max: 60 }),
      window,
      async (few, copies, [start, length]) => {
        const samples = few.flatMap((one) => Array<Sample>(copies).fill(one));
        const { texts, expected } = await exported(samples, range(NOW_MS + start, NOW_MS + start + length));
        expect(texts).toEqual(expected);
      },
    ),
    { numRuns: 60 },
  );
});

test("the inventory finds the oldest without reading them all", async () => {
  await using grafana = await startGrafana();
  add(grafana.face, [
    { time: NOW_MS - 400 * 24 * HOUR_MS, timeEnd: NOW_MS - 399 * 24 * HOUR_MS },
    { time: NOW_MS - HOUR_MS, timeEnd: NOW_MS - HOUR_MS },
  ]);
  const { backend } = await open(grafana);
  const { oldest = 0n, newest } = await backend.inventory(NEVER);
  const first = BigInt(NOW_MS - 400 * 24 * HOUR_MS) * 1_000_000n;
  expect(oldest).toBeLessThanOrEqual(first);
  expect(first - oldest).toBeLessThan(2n * 86_400_000_000_000n);
  expect(newest).toBe(BigInt(NOW_MS - HOUR_MS) * 1_000_000n);
  expect(grafana.calls.filter((call) => call === "GET /api/annotations").length).toBeLessThan(20);
});

test("data of any names comes and goes back as it is", async () => {
  const data = JSON.parse('{"__proto__":{"a":1},"constructor":"mclaren","prototype":null,"plain":[1]}');
  await using grafana = await startGrafana();
  add(grafana.face, [{ time: NOW_MS, timeEnd: NOW_MS }]);
  for (const one of grafana.face.store.annotations) Object.assign(one, { data });
  const { backend } = await open(grafana);
  const exported = await exportAll(backend, { range: range(NOW_MS - HOUR_MS, NOW_MS + HOUR_MS) });
  const line = exported.files.get("grafana/annotations.jsonl") ?? "";
  expect(line).toContain(`"data":${JSON.stringify(data)}`);
  await using empty = await startGrafana();
  await restoreAll((await open(empty)).backend, exported.files);
  expect(JSON.stringify(empty.face.store.annotations[0]?.data)).toBe(JSON.stringify(data));
});
