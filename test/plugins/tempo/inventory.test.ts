import { expect, test } from "bun:test";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createFaults } from "../../../src/conformance/faults.ts";
import { bulkTraces, createTempo, seedTempo } from "../../lab/tempo/index.ts";
import { storedTrace } from "../../lab/tempo/store.ts";
import recording from "../../recordings/tempo.json";
import { HOUR, MINUTE, NOW, never, openTempo, SECOND, span, stage, traceOf } from "./support.ts";

const put = (here: ReturnType<typeof stage>, id: string, from: bigint, to = from): void =>
  here.face.add([storedTrace(id.padStart(32, "0"), traceOf("shop", [span(id, "1", from, { end: to })]))]);

test("oldest and newest, retention, version and importance", async () => {
  await using here = stage();
  put(here, "1", NOW - 300n * HOUR - 7n);
  put(here, "2", NOW - 20n * HOUR);
  put(here, "3", NOW - HOUR, NOW - HOUR + 90n * SECOND);
  expect(await here.backend.inventory(never)).toEqual({
    signals: ["traces"],
    serverVersion: "3.1.0-lab",
    oldest: NOW - 300n * HOUR - 7n,
    newest: NOW - HOUR + 90n * SECOND,
    retention: 336n * HOUR,
    retentionSetting: "backend_worker.compaction.block_retention",
    importance: "high",
    warnings: [],
  });
});

test("an empty server is not an error", async () => {
  await using here = stage();
  const inventory = await here.backend.inventory(never);
  expect(inventory.oldest).toBeUndefined();
  expect(inventory.newest).toBeUndefined();
});

test("oldest is found among many, and never after the first trace", async () => {
  await using here = stage();
  const from = NOW - 250n * HOUR;
  here.face.add(bulkTraces({ traces: 3000, spansPerTrace: 1, from, to: NOW - HOUR }));
  expect((await here.backend.inventory(never)).oldest).toBe(from);
});

test("the sample data has traces of the last day", async () => {
  await using here = stage();
  await seedTempo(here.face, { seed: 1, now: NOW });
  const { oldest, newest } = await here.backend.inventory(never);
  expect(oldest).toBe(NOW - 24n * HOUR);
  expect(newest).toBeGreaterThan(NOW - HOUR);
});

test.each([[[100n, 400n, 700n]], [[300n]]])(
  "where nothing is deleted, traces of any age are found: %p days",
  async (days) => {
    await using here = stage({ limits: { blockRetention: 0n } });
    for (const age of days) put(here, `${age}`, NOW - age * 24n * HOUR);
    const { oldest, newest, retention } = await here.backend.inventory(never);
    expect(retention).toBe("unlimited");
    expect(oldest).toBe(NOW - days.reduce((a, b) => (a > b ? a : b)) * 24n * HOUR);
    expect(newest).toBe(NOW - (days[0] ?? 0n) * 24n * HOUR);
  },
);

test("a tight ingestion_time_range_slack is warned of, since it hides late data", async () => {
  await using here = stage({ limits: { ingestionSlack: 2n * MINUTE } });
  const { warnings } = await here.backend.inventory(never);
  expect(warnings).toEqual([expect.stringContaining("more than 2m late")]);
});

test("a server that hides its configuration is still listed, and said so", async () => {
  const face = createTempo({ now: () => NOW });
  const faults = createFaults();
  faults.add({ kind: "status", status: 403, path: "^/status/" });
  const server = Bun.serve({
    port: 0,
    hostname: "127.0.0.1",
    fetch: faults.around((request) => face.handle(request)),
  });
  const inventory = await openTempo({ url: `http://127.0.0.1:${server.port}` }).inventory(never);
  expect(inventory.retention).toBeUndefined();
  expect(inventory.warnings).toEqual([expect.stringContaining("does not show its configuration")]);
  await server.stop(true);
});

test("settings are read from a real server's page", async () => {
  const page = recording.exchanges.find(({ name }) => name === "config")?.response.body.text ?? "";
  const face = createTempo({ now: () => NOW });
  const server = Bun.serve({
    port: 0,
    hostname: "127.0.0.1",
    fetch: (request) =>
      new URL(request.url).pathname === "/status/config" ? new Response(page) : face.handle(request),
  });
  const limits = (await openTempo({ url: `http://127.0.0.1:${server.port}` }).limits?.(never)) ?? [];
  expect(Object.fromEntries(limits.map(({ setting, value }) => [setting, value]))).toEqual({
    "compaction.block_retention": "14d",
    "query_frontend.search.max_result_limit": "262144",
    "query_frontend.search.max_duration": "7d",
    "query_frontend.query_end_cutoff": "30s",
    "query_frontend.search.query_backend_after": "15m",
    "storage.trace.blocklist_poll": "15s",
    "overrides.defaults.global.max_bytes_per_trace": "5.0 MB",
    "storage.trace.wal.ingestion_time_range_slack": "8d8h",
    "distributor.max_attribute_bytes": "2048",
    "overrides.defaults.ingestion.max_traces_per_user": "0",
    "overrides.defaults.ingestion.rate_limit_bytes": "500000000",
  });
  // Those that are off, at Tempo's own default, or kept by a querier that answers are recorded, and not told.
  expect(limits.filter(({ effect }) => effect !== undefined).map(({ setting }) => setting)).toEqual([
    "storage.trace.blocklist_poll",
    "overrides.defaults.global.max_bytes_per_trace",
    "storage.trace.wal.ingestion_time_range_slack",
  ]);
  await server.stop(true);
});

/** What 2.8 to 2.10 print: the parts of version 3, which do not run, with their defaults. */
const versionTwo = (more = ""): string => `GET /status/config
---
${more}ingester:
    trace_live_period: 50s
    flush_check_period: 7s
compactor:
    compaction:
        block_retention: 2160h0m0s
query_frontend:
    search:
        max_duration: 168h0m0s
block_builder:
    wal:
        ingestion_time_range_slack: 2m0s
storage:
    trace:
        wal:
            ingestion_time_range_slack: 200h0m0s
backend_scheduler:
    provider:
        compaction:
            compaction:
                block_retention: 336h0m0s
backend_worker:
    compaction:
        block_retention: 336h0m0s
live_store:
    wal:
        ingestion_time_range_slack: 3m0s
    max_trace_live: 30s
`;

async function shown(page: string) {
  const face = createTempo({ now: () => NOW });
  const server = Bun.serve({
    port: 0,
    hostname: "127.0.0.1",
    fetch: (request) =>
      new URL(request.url).pathname === "/status/config" ? new Response(page) : face.handle(request),
  });
  try {
    const backend = openTempo({ url: `http://127.0.0.1:${server.port}` });
    const { retention, warnings } = await backend.inventory(never);
    const plan = { range: { from: NOW - 300n * HOUR, to: NOW }, labels: {}, files: [] };
    const found = (await backend.restore?.preflight?.(plan, never)) ?? [];
    const hides = found.flatMap(({ severity, setting = "" }) => (severity === "hides" ? [setting] : []));
    return { retention, warnings, hides };
  } finally {
    await server.stop(true);
  }
}

const DAY = 24n * HOUR;

test("of the sections that a server prints, those count that its version reads", async () => {
  expect(await shown(versionTwo())).toEqual({
    retention: 90n * DAY,
    warnings: [],
    hides: ["storage.trace.wal.ingestion_time_range_slack: 302h"],
  });
  // With a queue in front, block builders write blocks, too.
  expect((await shown(versionTwo("ingest:\n    enabled: true\n"))).warnings).toEqual([
    expect.stringContaining("more than 2m late"),
  ]);
  // The parts of version 3, while it was tried in version 2.
  expect(await shown(versionTwo("target: all-3.0\n"))).toMatchObject({
    retention: 14n * DAY,
    warnings: [expect.stringContaining("more than 2m late")],
  });
  const three = versionTwo().replace(/ingester:[\s\S]*?query_frontend/, "query_frontend");
  expect(await shown(three.replace("200h0m0s", "1m0s"))).toMatchObject({
    retention: 14n * DAY,
    warnings: [expect.stringContaining("more than 2m late")],
  });
});

test("size: the directory, else the blocks, else an estimate that says how", async () => {
  const data = await mkdtemp(join(tmpdir(), "contextcore-tempo-"));
  await Bun.write(join(data, "blocks/a/data.parquet"), new Uint8Array(300_000).fill(7));
  await using here = stage({ options: { data } });
  put(here, "1", NOW - HOUR);
  const onDisk = await here.backend.size(never);
  expect(onDisk.source).toBe("disk");
  expect(onDisk.bytes).toBeGreaterThanOrEqual(300_000);
  await rm(data, { recursive: true });
  expect(await here.backend.size(never)).toMatchObject({ source: "api" });
});

test("flush is asked for where a server has it, and missed nowhere", async () => {
  await using old = stage({ limits: { flush: true } });
  await old.backend.flush?.(never);
  expect(old.asked).toEqual(["/flush"]);
  await using here = stage();
  await here.backend.flush?.(never);
});

test("the server's count sums days, and is not given where it cannot be trusted", async () => {
  await using here = stage();
  here.face.add(bulkTraces({ traces: 100, spansPerTrace: 3, from: NOW - 90n * HOUR, to: NOW - HOUR }));
  const range = { from: NOW - 100n * HOUR, to: NOW - MINUTE };
  expect(await here.backend.count?.({ range }, never)).toEqual({ spansInRange: 300 });
  expect(here.asked.filter((path) => path.startsWith("/api/metrics/query")).length).toBe(5);
  here.face.knobs.metrics = false;
  expect(await here.backend.count?.({ range }, never)).toBeUndefined();
});

// Tempo 3 with nothing in blocks: the live store's answer is counted as a job, and not among all jobs.
test.each([
  [{ completedJobs: 1 }, { spansInRange: 0 }],
  [{ completedJobs: 3, totalJobs: 4 }, undefined],
])("a count whose jobs are %j says %j", async (metrics, expected) => {
  const face = createTempo({ now: () => NOW });
  using server = Bun.serve({
    port: 0,
    hostname: "127.0.0.1",
    fetch: (request) =>
      new URL(request.url).pathname === "/api/metrics/query"
        ? Response.json({ metrics })
        : face.handle(request),
  });
  const { count } = openTempo({ url: `http://127.0.0.1:${server.port}` });
  expect(await count?.({ range: { from: NOW - HOUR, to: NOW } }, never)).toEqual(expected);
});
