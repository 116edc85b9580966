/** A restore believes only what it reads back: a 200 may have dropped, cut or hidden what was pushed. */

import { expect, test } from "bun:test";
import fc from "fast-check";
import { readLine } from "../../../plugins/tempo/restore/line.ts";
import type { RestoreBatch, RestorePlan } from "../../../src/contract/contract.ts";
import { bulkTraces } from "../../lab/tempo/index.ts";
import { storedTrace } from "../../lab/tempo/store.ts";
import { arbitraryTraces } from "./arbitrary.ts";
import { documents, HOUR, harvest, MINUTE, NOW, never, SECOND, span, stage, traceOf } from "./support.ts";

const RANGE = { from: NOW - 6n * HOUR, to: NOW - 2n * MINUTE };
const batchOf = (lines: readonly string[], more: Partial<RestoreBatch> = {}): RestoreBatch => ({
  file: "traces.json",
  lines,
  range: RANGE,
  labels: {},
  ...more,
});
const planOf = (more: Partial<RestorePlan> = {}): RestorePlan => ({
  range: RANGE,
  files: [{ path: "traces.json", counts: { traces: 20_000, spans: 160_000 }, range: RANGE }],
  labels: {},
  ...more,
});

async function exported(here: ReturnType<typeof stage>): Promise<readonly string[]> {
  return (await harvest(here.backend, { range: RANGE })).lines.get("traces.json") ?? [];
}

test("what was exported, restored and exported again is equal; a second restore changes nothing", async () => {
  await fc.assert(
    fc.asyncProperty(arbitraryTraces({ from: RANGE.from, to: RANGE.to - 1n }, 6), async (traces) => {
      await using here = stage();
      await using empty = stage();
      here.face.add(traces.map(({ id, trace }) => storedTrace(id, trace)));
      const lines = await exported(here);
      const first = await empty.backend.restore?.apply(batchOf(lines), never);
      expect(first).toMatchObject({ written: { traces: traces.length }, rejected: [], problems: [] });
      expect(await exported(empty)).toEqual(lines);
      const second = await empty.backend.restore?.apply(batchOf(lines), never);
      expect(second).toMatchObject({ written: { traces: 0 }, existing: { traces: traces.length } });
      expect(await exported(empty)).toEqual(lines);
    }),
    { numRuns: 25 },
  );
}, 30_000);

test("what Tempo drops with a 200 is pushed again until it is there", async () => {
  await using here = stage();
  here.face.add(bulkTraces({ traces: 40, spansPerTrace: 2, from: NOW - HOUR, to: NOW - HOUR + MINUTE }));
  const lines = await exported(here);
  const now = () => BigInt(Date.now()) * 1_000_000n;
  await using empty = stage({ now, limits: { maxTracesPerUser: 15, traceIdle: 30_000_000n } });
  const answer = await empty.backend.restore?.apply(batchOf(lines), never);
  expect(answer).toMatchObject({ written: { traces: 40, spans: 80 }, rejected: [] });
  expect(empty.face.size).toBe(40);
  expect(empty.asked.filter((path) => path === "/v1/traces").length).toBeGreaterThan(2);
});

test("a trace of which part is there already is completed", async () => {
  await using here = stage();
  const spans = [span("1", "1", NOW - HOUR), span("1", "2", NOW - HOUR + SECOND)];
  here.face.add([storedTrace("1".padStart(32, "0"), traceOf("shop", spans))]);
  const lines = await exported(here);
  await using other = stage();
  other.face.add([storedTrace("1".padStart(32, "0"), traceOf("shop", spans.slice(1)))]);
  expect(await other.backend.restore?.apply(batchOf(lines), never)).toMatchObject({
    written: { traces: 1, spans: 2 },
  });
  expect(await exported(other)).toEqual(lines);
});

test("attributes that Tempo cuts are reported by trace", async () => {
  await using here = stage();
  const long = [{ key: "long", value: { kind: "string", value: "x".repeat(3_000) } }] as const;
  here.face.add([
    storedTrace("1".padStart(32, "0"), traceOf("s", [span("1", "1", NOW - HOUR, { attributes: long })])),
  ]);
  here.face.add([storedTrace("2".padStart(32, "0"), traceOf("s", [span("2", "1", NOW - HOUR)]))]);
  const lines = await exported(here);
  await using empty = stage();
  const answer = await empty.backend.restore?.apply(batchOf(lines), never);
  expect(answer).toMatchObject({ written: { traces: 2 }, rejected: [] });
  expect(answer?.problems).toEqual([
    { kind: "lossy", reason: expect.stringContaining("max_attribute_bytes"), items: ["1".padStart(32, "0")] },
  ]);
});

test("lines that the server refuses are found among the others, and kept with the reason", async () => {
  await using here = stage();
  here.face.add(bulkTraces({ traces: 9, spansPerTrace: 1, from: NOW - HOUR, to: NOW - HOUR + MINUTE }));
  const good = await exported(here);
  const bad =
    good[4]
      ?.replace(/"spanId":"[0-9a-f]{16}"/, '"spanId":"0000000000000000"')
      .replace(/"traceId":"../g, '"traceId":"ff') ?? "";
  const lines = [...good.slice(0, 4), bad, "not json", '{"resourceSpans":[]}', ...good.slice(5)];
  await using empty = stage();
  const answer = await empty.backend.restore?.apply(batchOf(lines), never);
  expect(answer).toMatchObject({ written: { traces: 8 } });
  expect(answer?.rejected).toEqual([
    { line: "not json", reason: expect.stringContaining("not JSON") },
    { line: '{"resourceSpans":[]}', reason: expect.stringContaining("no span") },
    { line: bad, reason: expect.stringContaining("span ids must be 64 bit and not all zero") },
  ]);
});

test("an attribute that only sounds like a member of every object is none of the labels", () => {
  const attributes = ["__proto__", "constructor", "toString"].map((key) => ({
    key,
    value: { stringValue: "x" },
  }));
  const spans = [
    {
      traceId: "1".padStart(32, "0"),
      spanId: "1".padStart(16, "0"),
      startTimeUnixNano: "1",
      endTimeUnixNano: "2",
    },
  ];
  const text = JSON.stringify({ resourceSpans: [{ resource: { attributes }, scopeSpans: [{ spans }] }] });
  const labelled = readLine(text, { labels: { restored_from: "x" } });
  for (const { key } of attributes) expect(labelled?.inner).toContain(`"key":"${key}"`);
});

test("labels become attributes of every resource, and only the range is written", async () => {
  await using here = stage();
  here.face.add([storedTrace("1".padStart(32, "0"), traceOf("s", [span("1", "1", NOW - HOUR)]))]);
  here.face.add([storedTrace("2".padStart(32, "0"), traceOf("s", [span("2", "1", NOW - 3n * HOUR)]))]);
  const lines = await exported(here);
  await using empty = stage();
  const range = { from: NOW - 2n * HOUR, to: NOW };
  const labels = { restored_from: "20260124-143000" };
  const answer = await empty.backend.restore?.apply(batchOf(lines, { range, labels }), never);
  expect(answer).toMatchObject({ written: { traces: 1 }, rejected: [], problems: [] });
  expect(documents(await harvest(empty.backend, { range: RANGE }))).toMatchObject([
    {
      resourceSpans: [
        {
          resource: {
            attributes: [
              { key: "restored_from", value: { stringValue: "20260124-143000" } },
              { key: "service.name", value: { stringValue: "s" } },
            ],
          },
        },
      ],
    },
  ]);
});

test("a restore that is stopped ends at once", async () => {
  await using here = stage();
  here.face.add([storedTrace("1".padStart(32, "0"), traceOf("s", [span("1", "1", NOW - HOUR)]))]);
  const lines = await exported(here);
  await using empty = stage({ limits: { maxTracesPerUser: 1, traceIdle: HOUR } });
  await empty.backend.restore?.apply(batchOf(lines), never);
  const other = lines.map((line) => line.replaceAll(/"traceId":"0/g, '"traceId":"a'));
  const stop = AbortSignal.timeout(200);
  const started = performance.now();
  await expect(empty.backend.restore?.apply(batchOf(other), stop)).rejects.toThrow();
  expect(performance.now() - started).toBeLessThan(1_000);
});

test("preflight names what would be hidden, cut, dropped or refused, with the settings", async () => {
  await using here = stage({ limits: { ingestionSlack: 2n * MINUTE } });
  const findings = (await here.backend.restore?.preflight(planOf(), never)) ?? [];
  expect(findings.map(({ severity, setting }) => [severity, setting])).toEqual([
    [
      "hides",
      "storage.trace.wal.ingestion_time_range_slack: 8h, live_store.wal.ingestion_time_range_slack: 8h, block_builder.wal.ingestion_time_range_slack: 8h",
    ],
    ["alters", "distributor.max_attribute_bytes"],
    ["note", "overrides.defaults.ingestion.max_traces_per_user: 0"],
    ["note", "overrides.defaults.global.max_bytes_per_trace: 0"],
    ["note", "storage.trace.blocklist_poll"],
  ]);
  expect(await here.backend.restore?.settleMs?.(never)).toBe(360_000);
  expect(findings[0]?.message).toStartWith("Traces from before 2027-01-15T07:58:00Z");
});

test("traces older than the retention are deleted soon where blocks keep their times", async () => {
  await using here = stage({ limits: { ingestionSlack: 800n * HOUR, blockRetention: 48n * HOUR } });
  const findings = await here.backend.restore?.preflight(
    planOf({ range: { from: NOW - 72n * HOUR, to: NOW } }),
    never,
  );
  expect(findings?.[0]).toMatchObject({ severity: "hides", setting: "compaction.block_retention: 98h" });
});

test("preflight finds out that nothing listens for OTLP", async () => {
  await using here = stage();
  const backend = here.open({ otlpUrl: "http://127.0.0.1:9" });
  const findings = await backend.restore?.preflight(planOf(), never);
  expect(findings?.[0]).toMatchObject({
    severity: "refuses",
    message: expect.stringContaining("Nothing takes OTLP"),
  });
});

test("another file is not taken", async () => {
  await using here = stage();
  await expect(here.backend.restore?.apply(batchOf([], { file: "logs.json" }), never)).rejects.toMatchObject({
    kind: "invalid",
  });
});

test("a selector chooses among the lines; what it does not understand it refuses", async () => {
  await using here = stage();
  const text = (key: string, value: string) => ({ key, value: { kind: "string", value } }) as const;
  const paid = span("1", "1", NOW - HOUR, { name: "pay", attributes: [text("user", 'a "b"')], kind: 2 });
  const failed = span("2", "1", NOW - HOUR, {
    status: { code: 2, message: "no" },
    attributes: [{ key: "code", value: { kind: "int", value: 500n } }],
  });
  here.face.add([storedTrace(paid.traceId, traceOf("shop", [paid]))]);
  here.face.add([storedTrace(failed.traceId, traceOf("db", [failed]))]);
  const lines = await exported(here);
  const chosen = (selector: string): string =>
    lines
      .filter((line) => here.backend.restore?.matcher?.(selector)(line, "traces.json") !== undefined)
      .map((line) => (line.includes(paid.traceId) ? "paid" : "failed"))
      .sort()
      .join(" ");
  expect(chosen("{}")).toBe("failed paid");
  expect(chosen('{ resource.service.name = "shop" }')).toBe("paid");
  expect(chosen('{ .user = "a \\"b\\"" && kind = server }')).toBe("paid");
  expect(chosen('{ span.user != "x" }')).toBe("paid");
  expect(chosen("{ status = error && span.code = 500 }")).toBe("failed");
  expect(chosen("{ name =~ `p.y` }")).toBe("paid");
  expect(chosen("{ name !~ `p.y` }")).toBe("failed");
  for (const wrong of [
    "name = 1",
    "{ name = }",
    "{ a } && { b }",
    "{ traceDuration > 5s }",
    "{ name =~ `(` }",
    '{ name = "a" && }',
    '{ name = "\\q" }',
  ]) {
    expect(() => here.backend.restore?.matcher?.(wrong)).toThrow("is not understood");
  }
});

test.each(["-0", "-0.0", "-0e5", "-1e-400"])(
  "minus zero, written %s, keeps its sign when labels are added",
  (zero) => {
    const line = (value: string): string =>
      `{"resourceSpans":[{"scopeSpans":[{"spans":[{"traceId":"beef","spanId":"01","attributes":[{"key":"z","value":{"doubleValue":${value}}}]}]}]}]}`;
    const labelled = readLine(line(zero), { labels: { restored_from: "x" } });
    expect(labelled?.inner).toContain('{"doubleValue":"-0"}');
    expect(readLine(line("-0.5"), { labels: { restored_from: "x" } })?.inner).toContain(
      '{"doubleValue":-0.5}',
    );
  },
);
