/** What is there, how big, and how long it is kept. */
import { afterAll, expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startFront } from "../../support/front.ts";
import { entriesFrom, HOUR, harvest, NOW, never, openLoki, put, SECOND, stage, YOUNG } from "./support.ts";

const DAY_NS = 24n * HOUR;
const directory = mkdtempSync(join(tmpdir(), "loki-data-"));
afterAll(() => rmSync(directory, { recursive: true }));

test("oldest and newest, retention, streams and importance", async () => {
  await using here = stage({ streamShards: 2 });
  put(here.face, { app: "old" }, entriesFrom(NOW - 70n * DAY_NS, 3, SECOND));
  put(here.face, { app: "web" }, entriesFrom(NOW - HOUR, 3, SECOND));
  put(here.face, { app: "web" }, entriesFrom(NOW - HOUR + 1n, 3, SECOND));
  put(here.face, { job: "cron" }, entriesFrom(NOW - 2n * HOUR, 3, SECOND));
  expect(await here.backend.inventory(never)).toEqual({
    signals: ["logs"],
    importance: "high",
    oldest: NOW - 70n * DAY_NS,
    newest: NOW - HOUR + 2n * SECOND + 1n,
    retention: 7n * DAY_NS,
    retentionSetting: "limits_config.retention_period",
    counts: { streams: 2 },
    warnings: [],
  });
});

test("data behind a gap of half a year is found where nothing is ever deleted", async () => {
  await using here = stage({ limits: { retention_enabled: false } });
  put(here.face, { app: "old" }, entriesFrom(NOW - 200n * DAY_NS, 3, SECOND));
  const inventory = await here.backend.inventory(never);
  expect(inventory).toMatchObject({ oldest: NOW - 200n * DAY_NS, retention: "unlimited" });
  expect(inventory.warnings).toEqual([
    "limits_config.retention_period is 7d, but compactor.retention_enabled is false: nothing is ever deleted.",
  ]);
});

test.each([
  ["behind a gap of years", [5 * 365]],
  ["older than ten years without a gap", Array.from({ length: 140 }, (_, month) => month * 30)],
])("lines %s are found where nothing is ever deleted", async (_, days) => {
  // The lab's schema begins in 2020.
  await using here = stage({ limits: { retention_enabled: false } });
  for (const age of [0, ...days])
    put(here.face, { app: `a${age}` }, entriesFrom(NOW - HOUR - BigInt(age) * DAY_NS, 3, SECOND));
  const { oldest } = await here.backend.inventory(never);
  expect(oldest).toBe(NOW - HOUR - BigInt(Math.max(...days)) * DAY_NS);
});

test("an empty Loki is not an error", async () => {
  await using here = stage();
  const inventory = await here.backend.inventory(never);
  expect(inventory).toMatchObject({ counts: { streams: 0 }, retention: 7n * DAY_NS });
  expect(inventory).not.toHaveProperty("oldest");
  expect(await here.backend.size(never)).toMatchObject({ bytes: 0, source: "api" });
});

test("a server that hides its configuration has no known retention, and is exported all the same", async () => {
  await using here = stage();
  put(here.face, { app: "web" }, entriesFrom(NOW - HOUR, 3, SECOND));
  here.faults.add({ kind: "status", status: 403, path: "^/config", body: "forbidden" });
  here.faults.add({ kind: "status", status: 404, path: "buildinfo" });
  const inventory = await here.backend.inventory(never);
  expect(inventory).not.toHaveProperty("retention");
  expect(inventory.counts).toEqual({ streams: 1 });
  expect(await here.backend.limits?.(never)).toEqual([]);
  expect((await harvest(here.backend, { range: YOUNG })).counts).toEqual({ entries: 3 });
});

test("a tenant's own limits win over the configuration file's", async () => {
  await using here = stage({ authEnabled: true });
  const backend = openLoki({ url: here.url, tenant: "team-a" });
  here.faults.add({ kind: "status", status: 200, path: "tenant/v1/limits", body: "retention_period: 2d\n" });
  expect(await backend.inventory(never)).toMatchObject({ retention: 2n * DAY_NS });
});

test("warnings: streams that are kept shorter, a lookback, pending delete requests", async () => {
  await using here = stage({
    limits: {
      max_query_lookback: "12h",
      retention_stream: [{ selector: '{env="dev"}', priority: 1, period: "24h" }],
    },
  });
  put(here.face, { app: "web" }, entriesFrom(NOW - HOUR, 3, SECOND));
  await fetch(
    `${here.url}/loki/api/v1/delete?query={app="web"}&start=${NOW / SECOND - 7200n}&end=${NOW / SECOND}`,
    { method: "POST" },
  );
  expect((await here.backend.inventory(never)).warnings).toEqual([
    'Streams that match {env="dev"} are kept 24h (limits_config.retention_stream).',
    "Queries reach back 12h only (limits_config.max_query_lookback): what is older than 2027-01-14T20:00:00Z is kept, and cannot be seen or exported.",
    "One delete request is pending: what they match is hidden from queries and from an export.",
  ]);
});

test("an unreachable server, and one that wants credentials, fail with what to do", async () => {
  const nowhere = openLoki({ url: "http://127.0.0.1:1" });
  expect(nowhere.inventory(never)).rejects.toMatchObject({ kind: "temporary", hint: expect.any(String) });
  await using here = stage();
  here.faults.add({ kind: "status", status: 401, body: "who are you" });
  expect(here.backend.inventory(never)).rejects.toMatchObject({
    kind: "refused",
    hint: expect.stringContaining("token"),
  });
});

test("size: the directory where it is known, else what the index says, else a count of bytes", async () => {
  await using here = stage({ options: { data: directory } });
  writeFileSync(join(directory, "chunk"), "x".repeat(100_000));
  put(here.face, { app: "web" }, [{ time: NOW - HOUR, line: "0123456789" }]);
  const onDisk = await here.backend.size(never);
  expect(onDisk.source).toBe("disk");
  expect(onDisk.bytes).toBeGreaterThanOrEqual(100_000);
  const known = openLoki({ url: here.url });
  expect(await known.size(never)).toMatchObject({ bytes: 10 + 8 + 21, source: "api", isAtMost: true });
  here.face.limits.volume_enabled = false;
  expect(await known.size(never)).toMatchObject({ bytes: 10, source: "estimate" });
  const elsewhere = openLoki({ url: here.url, data: join(directory, "not there") });
  expect((await elsewhere.size(never)).how).toContain("is not there");
});

test("limits are those of the server, and say what they do", async () => {
  await using here = stage({ limits: { max_query_lookback: "12h" } });
  const limits = new Map((await here.backend.limits?.(never))?.map((one) => [one.setting, one]));
  expect(limits.get("limits_config.max_entries_limit_per_query")).toEqual({
    setting: "limits_config.max_entries_limit_per_query",
    value: "5000",
  });
  expect(limits.get("limits_config.max_query_lookback")?.effect).toContain("do not reach further back");
  expect(limits.get("ingester.max_chunk_age")?.value).toBe("2h0m0s");
});

test("of the limits, only those that do something now are told", async () => {
  const told = async (limits: NonNullable<Parameters<typeof stage>[0]>["limits"] = {}) => {
    await using here = stage({ limits });
    const found = (await here.backend.limits?.(never)) ?? [];
    return found
      .filter(({ effect }) => effect !== undefined)
      .map(({ setting }) => setting.replace("limits_config.", ""));
  };
  expect(await told({ reject_old_samples: true })).toEqual([
    "reject_old_samples_max_age",
    "ingester.max_chunk_age",
  ]);
  const strict = {
    reject_old_samples: false,
    max_line_size: "1KB",
    allow_structured_metadata: false,
    query_ingesters_within: "3h",
  };
  expect(await told(strict)).toEqual([
    "max_line_size",
    "allow_structured_metadata",
    "ingester.max_chunk_age",
    "querier.query_ingesters_within",
  ]);
  const single = { query_ingesters_within: "3h", reject_old_samples: false };
  const lookBack = "ingester.query_store_max_look_back_period";
  expect(await told({ ...single, query_store_max_look_back_period: "2h36m0s" })).toEqual([
    "ingester.max_chunk_age",
    lookBack,
  ]);
  expect(await told({ ...single, query_store_max_look_back_period: "240h0m0s" })).toEqual([
    "ingester.max_chunk_age",
  ]);
});

test("streams beyond those whose volume the server gives are not left out of the size", async () => {
  await using here = stage();
  for (let app = 0; app < 1_001; app += 1)
    put(here.face, { app: `a${app}` }, [{ time: NOW - HOUR, line: "0123456789" }]);
  expect(await here.backend.size(never)).toMatchObject({ bytes: 10_010, source: "estimate" });
});

test("flush asks the ingesters", async () => {
  await using here = stage();
  await here.backend.flush?.(never);
  expect(here.asked).toContain("/flush");
});

test("a server that takes queries over a few days only is asked for a few days at a time", async () => {
  await using here = stage({ limits: { max_query_length: "5d", retention_enabled: false } });
  put(here.face, { app: "old" }, entriesFrom(NOW - 70n * DAY_NS, 3, SECOND));
  put(here.face, { app: "web" }, [{ time: NOW - HOUR, line: "0123456789" }]);
  expect(await here.backend.inventory(never)).toMatchObject({
    oldest: NOW - 70n * DAY_NS,
    newest: NOW - HOUR,
  });
  here.face.limits.volume_enabled = false;
  expect(await here.backend.size(never)).toMatchObject({ bytes: 28, source: "estimate" });
  const plan = {
    range: { from: NOW - 90n * DAY_NS, to: NOW },
    files: [{ path: "logs.json", counts: {} }],
    labels: {},
  };
  const findings = (await here.backend.restore?.preflight(plan, never)) ?? [];
  expect(findings.map(({ setting }) => setting)).toContainEqual(expect.stringContaining("max_chunk_age"));
});

test("inventory and size, asked at the same time, ask the server once for what both need", async () => {
  await using here = stage({ limits: { retention_enabled: false } });
  put(here.face, { app: "web" }, entriesFrom(NOW - HOUR, 3, SECOND));
  const paths: string[] = [];
  await using front = startFront(here.url, (request, pass) => {
    paths.push(new URL(request.url).pathname);
    return pass();
  });
  const backend = openLoki({ url: front.url });
  await Promise.all([backend.inventory(never), backend.size(never)]);
  const times = (path: string): number => paths.filter((one) => one === path).length;
  expect([times("/config"), times("/loki/api/v1/query_range")]).toEqual([1, 2]);
  // A month with entries, halved ten times to an hour for either end, and thirteen without; then the newest day for its size.
  expect(times("/loki/api/v1/labels")).toBe(16 + 2 * 10);
  // Nothing is kept: what is asked later is answered anew.
  put(here.face, { app: "late" }, entriesFrom(NOW - 2n * HOUR, 3, SECOND));
  expect((await backend.inventory(never)).oldest).toBe(NOW - 2n * HOUR);
});

test("no line is looked for over a long empty time: the index says where to look", async () => {
  await using here = stage({ limits: { retention_enabled: false } });
  put(here.face, { app: "web" }, entriesFrom(NOW - 700n * HOUR, 3, SECOND));
  put(here.face, { app: "web" }, entriesFrom(NOW - 90n * HOUR, 3, SECOND));
  const lengths: bigint[] = [];
  await using front = startFront(here.url, async (request, pass) => {
    const form = new URLSearchParams(await request.clone().text());
    if (new URL(request.url).pathname.endsWith("/query_range"))
      lengths.push(BigInt(form.get("end") ?? 0) - BigInt(form.get("start") ?? 0));
    return pass();
  });
  const { oldest, newest } = await openLoki({ url: front.url }).inventory(never);
  expect([oldest, newest]).toEqual([NOW - 700n * HOUR, NOW - 90n * HOUR + 2n * SECOND]);
  expect(lengths.length).toBe(2);
  for (const length of lengths) expect(length).toBeLessThanOrEqual(HOUR);
});

test("who waits for another's answer asks for itself when that one gives up", async () => {
  await using here = stage();
  put(here.face, { app: "web" }, entriesFrom(NOW - HOUR, 3, SECOND));
  here.faults.add({ kind: "latency", ms: 300, path: "^/config" });
  const gone = new AbortController();
  const first = here.backend.size(gone.signal).then(
    () => "answered",
    () => "gave up",
  );
  const second = here.backend.inventory(never);
  gone.abort(new Error("gave up"));
  expect(await first).toBe("gave up");
  expect(await second).toMatchObject({ oldest: NOW - HOUR });
});
