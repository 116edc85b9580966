/** Putting lines back: an export of what was restored equals the first, and what is refused is named entry by entry. */
import { expect, test } from "bun:test";
import fc from "fast-check";
import type { Harvest } from "../../../src/plugin/conformance/walk.ts";
import type { Backend, RestoreAnswer } from "../../../src/plugin/contract.ts";
import { seedLoki } from "../../lab/loki/index.ts";
import {
  broughtBy,
  DAY,
  entriesFrom,
  HOUR,
  harvest,
  heldBy,
  MINUTE,
  NOW,
  never,
  put,
  SECOND,
  stage,
} from "./support.ts";

interface Applied {
  readonly written: number;
  readonly existing: number;
  readonly rejected: NonNullable<RestoreAnswer["rejected"]>[number][];
}

/** Applies an export as the core does: block after block in the order of time, a batch of lines at a time. */
async function restore(backend: Backend, found: Harvest, labels = {}, range = DAY): Promise<Applied> {
  const applied = { written: 0, existing: 0, rejected: [] as Applied["rejected"] };
  const blocks = found.blocks
    .filter(({ file }) => file === "logs.json")
    .toSorted((a, b) => Number(a.from - b.from));
  for (const { lines } of blocks) {
    const answer = await backend.restore?.apply({ file: "logs.json", lines, range, labels }, never);
    applied.written += answer?.written.entries ?? 0;
    applied.existing += answer?.existing?.entries ?? 0;
    applied.rejected.push(...(answer?.rejected ?? []));
  }
  return applied;
}

const planOf = (labels = {}, range = DAY, paths = ["logs.json"]) => ({
  range,
  files: paths.map((path) => ({ path, counts: { entries: 1 } })),
  labels,
});

test("into an empty Loki, and exported again: equal", async () => {
  await using here = stage({ options: { pageSize: 200 } });
  await using empty = stage();
  seedLoki(here.face, { seed: 3, now: NOW });
  const first = await harvest(here.backend);
  const applied = await restore(empty.backend, first);
  expect(applied).toEqual({ written: first.counts.entries ?? 0, existing: 0, rejected: [] });
  expect(broughtBy(await harvest(empty.backend))).toEqual(broughtBy(first));
});

test("random entries come back as they were, whatever is in them", async () => {
  const text = fc.string({ unit: "grapheme", maxLength: 20 });
  const entry = fc.record({
    time: fc.bigInt({ min: NOW - 20n * HOUR, max: NOW - 1n }),
    line: fc.oneof(text, fc.constantFrom("", "\u0000", "<&>\u2028", '{"a":1}')),
    metadata: fc.oneof(
      fc.dictionary(fc.constantFrom("trace_id", "k"), text, { maxKeys: 2 }),
      fc.record({ detected_level: fc.constantFrom("info", "WARN", "odd") }),
    ),
  });
  const streams = fc.array(
    fc.tuple(fc.string({ minLength: 1, maxLength: 4 }), fc.array(entry, { minLength: 1, maxLength: 40 })),
    {
      minLength: 1,
      maxLength: 5,
    },
  );
  await fc.assert(
    fc.asyncProperty(streams, async (given) => {
      await using here = stage({ limits: { max_chunk_age: "1w" }, options: { pageSize: 16 } });
      await using empty = stage();
      for (const [app, entries] of given) put(here.face, { app }, entries);
      const first = await harvest(here.backend);
      expect((await restore(empty.backend, first)).rejected).toEqual([]);
      expect(broughtBy(await harvest(empty.backend))).toEqual(heldBy(here.face));
    }),
    { numRuns: 25 },
  );
}, 30_000);

test("a second time changes nothing: what is refused as too far behind is found to be there", async () => {
  await using here = stage();
  await using empty = stage();
  for (const app of ["web", "api"]) put(here.face, { app }, entriesFrom(NOW - 20n * HOUR, 100, 10n * MINUTE));
  const first = await harvest(here.backend);
  await restore(empty.backend, first);
  const held = heldBy(empty.face);
  const again = await restore(empty.backend, first);
  expect(again.rejected).toEqual([]);
  expect(again.written + again.existing).toBe(200);
  expect(again.existing).toBeGreaterThan(150);
  expect(heldBy(empty.face)).toEqual(held);
});

test("lines that say no level are found to be there with the level that the server gave them", async () => {
  await using empty = stage();
  const values = entriesFrom(NOW - 10n * HOUR, 100, 5n * MINUTE).map(({ time, line }) => [`${time}`, line]);
  const lines = [JSON.stringify({ streams: [{ stream: { app: "a" }, values }] })];
  const apply = () =>
    empty.backend.restore?.apply({ file: "logs.json", lines, range: DAY, labels: {} }, never);
  await apply();
  expect((await apply())?.rejected).toEqual([]);
  expect(heldBy(empty.face).length).toBe(100);
});

test("beside newer data: the lines that their streams refuse are reported, each with the server's reason", async () => {
  await using here = stage();
  await using busy = stage();
  const entries = entriesFrom(NOW - 10n * HOUR, 600, MINUTE);
  put(here.face, { app: "web" }, entries);
  put(busy.face, { app: "web" }, [{ time: NOW - 30n * MINUTE, line: "newest" }]);
  const applied = await restore(busy.backend, await harvest(here.backend));
  const oldest = NOW - 90n * MINUTE;
  const late = entries.filter(({ time }) => time < oldest);
  expect(applied.rejected.length).toBe(late.length);
  expect(applied.written).toBe(entries.length - late.length);
  const [refused] = applied.rejected;
  expect(refused?.reason).toContain("entry too far behind");
  expect(JSON.parse(refused?.line ?? "")).toEqual({
    streams: [
      {
        stream: { app: "web", service_name: "web" },
        values: [[String(late[0]?.time), "line 0", { detected_level: "unknown" }]],
      },
    ],
  });
  expect(heldBy(busy.face).length).toBe(entries.length - late.length + 1);
});

test("with a label of its own a restore stands beside newer data", async () => {
  await using here = stage();
  await using busy = stage();
  put(here.face, { app: "web" }, entriesFrom(NOW - 10n * HOUR, 10, MINUTE));
  put(busy.face, { app: "web" }, [{ time: NOW - MINUTE, line: "newest" }]);
  const applied = await restore(busy.backend, await harvest(here.backend), { restored_from: "monday" });
  expect(applied).toEqual({ written: 10, existing: 0, rejected: [] });
  expect(heldBy(busy.face).filter((one) => one.includes('["restored_from","monday"]')).length).toBe(10);
});

test("one bad line among good ones: only it is refused", async () => {
  await using here = stage({ limits: { max_line_size: "1MB" } });
  await using empty = stage({ limits: { max_line_size: "1KB" } });
  for (const app of ["a", "b", "c"]) put(here.face, { app }, entriesFrom(NOW - HOUR, 50, SECOND));
  put(here.face, { app: "b" }, [{ time: NOW - HOUR + 5n, line: "y".repeat(2_000) }]);
  put(
    here.face,
    { ...Object.fromEntries(Array.from({ length: 14 }, (_, index) => [`l${index}`, "v"])) },
    entriesFrom(NOW - HOUR, 3, SECOND),
  );
  empty.face.limits.max_label_names_per_series = 10;
  const applied = await restore(empty.backend, await harvest(here.backend));
  expect(applied.written).toBe(150);
  expect(applied.rejected.map(({ reason }) => reason.slice(0, 24)).sort()).toEqual([
    ...Array.from({ length: 3 }, () => "entry for stream '{l0=\"v"),
    "max entry size '1024' by",
  ]);
});

test("lines that are too old by the server's setting are refused as a whole, those beside them are not", async () => {
  await using here = stage();
  await using strict = stage({ limits: { reject_old_samples: true, reject_old_samples_max_age: "5h" } });
  put(here.face, { app: "web" }, entriesFrom(NOW - 10n * HOUR, 600, MINUTE));
  const applied = await restore(strict.backend, await harvest(here.backend));
  expect([applied.written, applied.rejected.length]).toEqual([300, 300]);
  expect(strict.asked.filter((path) => path.includes("push")).length).toBeLessThan(30);
});

test("429 is left to whoever waits, and sending the batch again writes nothing twice", async () => {
  await using here = stage();
  await using empty = stage();
  put(here.face, { app: "web" }, entriesFrom(NOW - HOUR, 50, SECOND));
  const found = await harvest(here.backend);
  empty.faults.add({
    kind: "status",
    status: 429,
    path: "push",
    times: 1,
    retryAfter: 2,
    body: "ingestion rate limit exceeded",
  });
  await expect(restore(empty.backend, found)).rejects.toMatchObject({
    kind: "temporary",
    retryAfterMs: 2_000,
  });
  await restore(empty.backend, found);
  await restore(empty.backend, found);
  expect(heldBy(empty.face)).toEqual(heldBy(here.face));
});

test("a batch that had to wait in the middle goes on where it stopped", async () => {
  await using empty = stage();
  const values = entriesFrom(NOW - 10n * HOUR, 100, 5n * MINUTE).map(({ time, line }) => [`${time}`, line]);
  const lines = [JSON.stringify({ streams: [{ stream: { app: "a" }, values }] })];
  const batch = { file: "logs.json", lines, range: DAY, labels: {} };
  empty.faults.add({ kind: "status", status: 429, path: "push", after: 5, times: 1 });
  const { restore: restorer } = empty.backend;
  await expect(restorer?.apply(batch, never)).rejects.toMatchObject({ kind: "temporary" });
  expect(await restorer?.apply(batch, never)).toEqual({
    written: { entries: 100 },
    existing: {},
    rejected: [],
  });
});

test("a wait in the middle of a slice that is cut counts no entry twice", async () => {
  await using empty = stage({ limits: { max_line_size: "1KB" } });
  const time = NOW - HOUR;
  const streams = ["a", "b", "c", "d"].map((app) =>
    JSON.stringify({
      streams: [{ stream: { app }, values: [[`${time}`, app === "a" ? "y".repeat(2_000) : "x"]] }],
    }),
  );
  const batch = { file: "logs.json", lines: streams, range: DAY, labels: {} };
  // All four are refused, then the first two, then a alone; b is taken, and c with d has to wait.
  empty.faults.add({ kind: "status", status: 429, path: "push", after: 4, times: 1 });
  const { restore: restorer } = empty.backend;
  await expect(restorer?.apply(batch, never)).rejects.toMatchObject({ kind: "temporary" });
  const answer = await restorer?.apply(batch, never);
  expect(answer?.written).toEqual({ entries: 3 });
  expect(answer?.rejected?.length).toBe(1);
});

test("too many streams is no passing trouble: the setting is named", async () => {
  await using here = stage();
  await using small = stage({ limits: { max_global_streams_per_user: 2 } });
  for (const app of ["a", "b", "c", "d"]) put(here.face, { app }, entriesFrom(NOW - HOUR, 2, SECOND));
  await expect(restore(small.backend, await harvest(here.backend))).rejects.toMatchObject({
    kind: "refused",
    hint: expect.stringContaining("max_global_streams_per_user"),
  });
});

test("only what lies within the range is written, and the server's own labels never", async () => {
  await using empty = stage();
  const times = [NOW - 2n * HOUR, NOW - HOUR, NOW - MINUTE];
  const values = times.map((time) => [`${time}`, "x"]);
  const line = JSON.stringify({
    streams: [{ stream: { app: "a", __stream_shard__: "3", __backfill__: "true" }, values }],
  });
  const range = { from: NOW - HOUR, to: NOW - MINUTE };
  const answer = await empty.backend.restore?.apply(
    { file: "logs.json", lines: [line], range, labels: {} },
    never,
  );
  expect(answer?.written).toEqual({ entries: 1 });
  expect(heldBy(empty.face)).toEqual([
    `[["app","a"],["service_name","a"]] ${NOW - HOUR} "x" [["detected_level","unknown"]]`,
  ]);
});

test("a selector picks lines by their stream's labels", async () => {
  await using here = stage();
  const matcher = here.backend.restore?.matcher?.('{app=~"web|api", env!="dev"}');
  const line = (stream: object) => JSON.stringify({ streams: [{ stream, values: [] }] });
  const kept = [{ app: "web" }, { app: "api", env: "prod" }, { app: "web", env: "dev" }, { app: "webx" }, {}];
  expect(kept.filter((labels) => matcher?.(line(labels), "logs.json") !== undefined)).toEqual(
    kept.slice(0, 2),
  );
  expect(matcher?.("name: x", "loki/rules/a/b.yaml")).toBeUndefined();
  expect(() => here.backend.restore?.matcher?.("app=web")).toThrow(/not a Loki stream selector/);
});

test("preflight names the exact settings", async () => {
  await using here = stage({
    limits: {
      reject_old_samples: true,
      retention_period: "24h",
      max_query_lookback: "12h",
      allow_structured_metadata: false,
    },
  });
  const range = { from: NOW - 30n * 24n * HOUR, to: NOW };
  const paths = ["logs.json", "loki/deletes.json"];
  const findings = (await here.backend.restore?.preflight(planOf({}, range, paths), never)) ?? [];
  expect(findings.map(({ severity, setting }) => [severity, setting])).toEqual([
    ["refuses", "limits_config.reject_old_samples: false"],
    ["refuses", "limits_config.allow_structured_metadata: true"],
    ["hides", "limits_config.retention_period: 0s"],
    ["hides", "limits_config.max_query_lookback: 0s"],
    ["note", "limits_config.discover_log_levels: false"],
    ["note", undefined],
  ]);
});

test("preflight: newer lines in the way, unless the restore has a label of its own", async () => {
  await using here = stage();
  const { restore: restorer } = here.backend;
  here.face.limits.discover_log_levels = false;
  expect(await restorer?.preflight(planOf(), never)).toEqual([]);
  put(here.face, { app: "web" }, [{ time: NOW - MINUTE, line: "newest" }]);
  const [finding] = (await restorer?.preflight(planOf(), never)) ?? [];
  expect(finding).toMatchObject({
    severity: "refuses",
    setting: expect.stringContaining("ingester.max_chunk_age: 48h"),
  });
  expect(await restorer?.preflight(planOf({ restored_from: "x" }), never)).toEqual([]);
});
