/** The plugin against a real Prometheus, the newest that runs here and the one of the distribution. */
import { beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import fc from "fast-check";
import { compactBuckets } from "../../../plugins/mimir/chunk/settle.ts";
import type { Labels } from "../../../plugins/mimir/line/labels.ts";
import type { Backend } from "../../../src/contract/contract.ts";
import { isStale, type Point } from "../../lab/mimir/series.ts";
import { startFront } from "../../support/front.ts";
import { type Prometheus, startPrometheus } from "../../support/prometheus.ts";
import { floats, histograms, SPECIAL } from "./samples.ts";
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
} from "./support.ts";

setDefaultTimeout(60_000);

const FEATURES = "--enable-feature=native-histograms,exemplar-storage";
const clock = (): bigint => BigInt(Date.now()) * 1_000_000n;
/** Within the hour that a head takes samples of. */
const START_MS = Math.floor(Date.now() / 1000) * 1000 - 50 * 60_000;

interface Stage extends Prometheus {
  readonly backend: Backend;
}

async function start(version: "newest" | "distribution", config?: () => string): Promise<Stage> {
  const server = await startPrometheus({
    version,
    flags: [FEATURES],
    ...(config === undefined ? {} : { config }),
  });
  return { ...server, backend: openMimir(server.url, { clock }) };
}

const write = (server: Prometheus, series: readonly { labels: Labels; points: readonly Point[] }[]) =>
  push(`${server.url}/api/v1/write`, series);

/** What `match` selects, of the hour before now. */
const read = (server: Stage, match: string, over = {}) =>
  harvest(server.backend, { range: range(START_MS - 600_000, Date.now() + HOUR_MS), match }, over);

describe.each(["newest", "distribution"] as const)("Prometheus, %s", (version) => {
  let server: Stage;
  beforeAll(async () => {
    server = await start(version);
  });

  test("every bit pattern comes back as it was written", async () => {
    const points = Object.values(SPECIAL).map((value, index) => bits(START_MS + index * 1000, value));
    const series = [{ labels: labels("special"), points }];
    await write(server, series);
    const found = await read(server, "special");
    expect(exportedContent(found)).toEqual(contentOf(series));
    expect(found.counts).toMatchObject({ samples: points.length - 1, stale: 1 });
    expect(found.problems).toEqual([]);
  });

  test("the server's own count agrees, also where windows meet", async () => {
    const border = Math.ceil(START_MS / 60_000) * 60_000;
    const points = Array.from({ length: 181 }, (_, index) => float(border + index * 1000, index));
    await write(server, [{ labels: labels("bordered"), points }]);
    for (const [from, to] of [
      [0, 60],
      [60, 120],
      [0, 181],
      [59, 61],
    ] as const) {
      const request = { range: range(border + from * 1000, border + to * 1000), match: "bordered" };
      const { counts } = await harvest(server.backend, request);
      expect(counts.samples).toBe(to - from);
      expect(await server.backend.count?.(request, never)).toEqual({ samples: to - from });
    }
    const justAfter = { range: range(border + 1, border + 60_001), match: "bordered" };
    expect(await server.backend.count?.(justAfter, never)).toEqual({ samples: 60 });
  });

  test("a range is half-open to the millisecond, inside a chunk", async () => {
    const points = Array.from({ length: 500 }, (_, index) => float(START_MS + index * 1000, index / 7));
    await write(server, [{ labels: labels("clipped", { job: "a" }), points }]);
    const inside = points.slice(101, 402);
    const found = await harvest(server.backend, {
      range: { from: BigInt(START_MS + 100_001) * 1_000_000n, to: BigInt(START_MS + 401_001) * 1_000_000n },
      match: 'clipped{job="a"}',
    });
    expect(exportedContent(found)).toEqual(
      contentOf([{ labels: labels("clipped", { job: "a" }), points: inside }]),
    );
  });

  test("whatever floats were written, any order of cursors brings them back", async () => {
    let run = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.array(floats(START_MS, 60), { minLength: 1, maxLength: 4 }),
        fc.infiniteStream(fc.nat()),
        async (lists, chance) => {
          const name = `random_${version}_${run++}`;
          const series = lists.map((points, index) => ({
            labels: labels(name, { index: String(index) }),
            points,
          }));
          await write(server, series);
          const pick = (waiting: number): number => (chance.next().value ?? 0) % waiting;
          const found = await read(server, name, { pick });
          expect(exportedContent(found)).toEqual(contentOf(series.filter(({ points }) => points.length > 0)));
          const all = series.flatMap(({ points }) => points);
          expect(found.counts.samples ?? 0).toBe(all.filter((point) => !isStale(point)).length);
        },
      ),
      { numRuns: 15 },
    );
  });

  test("without remote read, queries give what they can, and what they cannot is said", async () => {
    const points = [
      float(START_MS, 1.5),
      bits(START_MS + 1000, SPECIAL["+Inf"] ?? 0n),
      bits(START_MS + 2000, SPECIAL.stale ?? 0n),
    ];
    await write(server, [{ labels: labels("queried"), points }]);
    await using front = startFront(server.url, (request, pass) =>
      new URL(request.url).pathname === "/api/v1/read"
        ? new Response("404 page not found", { status: 404 })
        : pass(),
    );
    const backend = openMimir(front.url, { clock });
    const found = await harvest(backend, { range: range(START_MS, START_MS + 60_000), match: "queried" });
    expect(exportedContent(found)).toEqual(
      contentOf([{ labels: labels("queried"), points: points.slice(0, 2) }]),
    );
    const [problem] = found.problems;
    expect(problem?.kind).toBe("lossy");
    expect(problem?.reason).toContain("stale markers");
  });
});

describe("Prometheus, newest: native histograms", () => {
  let server: Stage;
  beforeAll(async () => {
    server = await start("newest");
  });

  test("integer and float histograms of any shape, gauges and stale ones come back", async () => {
    let run = 0;
    await fc.assert(
      fc.asyncProperty(histograms(START_MS, 30), async (points) => {
        const series = [{ labels: labels(`histogram_${run++}`), points }];
        await write(server, series);
        const found = await read(server, `histogram_${run - 1}`);
        expect(withoutHints(exportedContent(found))).toEqual(
          withoutHints(contentOf(points.length === 0 ? [] : compacted(series))),
        );
      }),
      { numRuns: 40 },
    );
  });
});

/** Empty buckets come and go with the server's chunks. */
const compacted = (series: readonly { labels: Labels; points: readonly Point[] }[]) =>
  series.map(({ labels: own, points }) => ({
    labels: own,
    points: points.map((point) =>
      point.histogram === undefined ? point : { ...point, histogram: compactBuckets(point.histogram) },
    ),
  }));

/** The server finds out itself where a counter began anew, so a hint may come back that was not written. */
const withoutHints = (content: ReadonlyMap<string, readonly string[]>) =>
  new Map(
    [...content].map(([key, points]) => [key, points.map((text) => text.replace(/"hint":"reset",/, ""))]),
  );

test("a sample from before 1970 hides nothing, and is said to be missing", async () => {
  const { url } = await startPrometheus();
  const write = (name: string, time: number) =>
    push(`${url}/api/v1/write`, [{ labels: labels(name), points: [float(time, 1)] }]);
  await write("early", -3_600_000);
  await write("old", 3_600_000);
  await write("new", Date.now() - 1_000);
  const backend = openMimir(url, { clock });
  const { oldest = -1n } = await backend.inventory(never);
  expect(oldest).toBe(0n);
  const { counts, problems } = await harvest(backend, { range: { from: oldest, to: clock() } });
  expect(counts.samples).toBe(2);
  expect(problems).toEqual([{ kind: "incomplete", reason: expect.stringContaining("before 1970") }]);
});
