/** The export through the API: complete, each trace once, and where it is not complete it says what is missing. */
import { expect, test } from "bun:test";
import { bulkTraces } from "../../lab/tempo/index.ts";
import { HOUR, harvest, MINUTE, NOW, never, SECOND, span, stage } from "./support.ts";
import { ids, put, RANGE, reasons } from "./traces.ts";

test("every trace once, with its counts and times", async () => {
  await using here = stage();
  put(here, "a", [span("a", "1", RANGE.from + HOUR), span("a", "2", RANGE.from + HOUR + SECOND)]);
  put(here, "beef", [span("beef", "1", RANGE.from + 2n * HOUR)]);
  const found = await harvest(here.backend, { range: RANGE });
  expect(ids(found)).toEqual(["a", "beef"]);
  expect(found.counts).toEqual({ traces: 2, spans: 3, spansInRange: 3 });
  expect(found.problems).toEqual([]);
  expect(found.blocks.map(({ from, to }) => [from, to])).toEqual([
    [RANGE.from + HOUR, RANGE.from + HOUR + SECOND + 5_000_001n],
    [RANGE.from + 2n * HOUR, RANGE.from + 2n * HOUR + 5_000_001n],
  ]);
  expect(await here.backend.count?.({ range: RANGE }, never)).toEqual({ spansInRange: 3 });
});

test("traces on the border of windows, and longer than a window, come once", async () => {
  await using here = stage();
  const border = NOW - 3n * HOUR;
  put(here, "1", [span("1", "1", border - 1n)]);
  put(here, "2", [span("2", "1", border)]);
  put(here, "3", [span("3", "1", border - 2n * HOUR, { end: border + 2n * HOUR })]);
  put(here, "4", [span("4", "1", border, { end: border })]);
  const found = await harvest(here.backend, { range: RANGE }, (waiting) => waiting - 1);
  expect(ids(found)).toEqual(["1", "2", "3", "4"]);
});

test("a trace that reaches into the range is kept whole; one that only touches it from outside is not", async () => {
  await using here = stage();
  put(here, "1", [span("1", "1", RANGE.from - HOUR, { end: RANGE.from + MINUTE })]);
  put(here, "2", [span("2", "1", RANGE.from - HOUR)]);
  put(here, "3", [span("3", "1", RANGE.to)]);
  put(here, "4", [span("4", "1", RANGE.to - 1n), span("4", "2", RANGE.to + MINUTE)]);
  const found = await harvest(here.backend, { range: RANGE });
  expect(ids(found)).toEqual(["1", "4"]);
  expect(found.counts).toEqual({ traces: 2, spans: 3, spansInRange: 1 });
  expect(await here.backend.count?.({ range: RANGE }, never)).toEqual({ spansInRange: 1 });
});

test("a trace with a span before the range and the next one hours into it is found, once", async () => {
  await using here = stage();
  put(here, "1", [span("1", "1", RANGE.from - MINUTE), span("1", "2", RANGE.from + 4n * HOUR)]);
  expect(ids(await harvest(here.backend, { range: RANGE }))).toEqual(["1"]);
});

test("a range that begins and ends within a second", async () => {
  await using here = stage();
  const at = NOW - HOUR + 300_000_000n;
  for (const [id, from] of [
    ["1", at - 1n],
    ["2", at],
    ["3", at + 99n],
    ["4", at + 100n],
  ] as const) {
    put(here, id, [span(id, "1", from, { end: from })]);
  }
  expect(ids(await harvest(here.backend, { range: { from: at, to: at + 100n } }))).toEqual(["2", "3"]);
});

test("windows that are full are halved until they are not", async () => {
  await using here = stage({ limits: { maxResultLimit: 20 } });
  here.face.add(bulkTraces({ traces: 500, spansPerTrace: 2, from: NOW - 2n * HOUR, to: NOW - HOUR }));
  const found = await harvest(here.backend, { range: RANGE });
  expect(found.counts).toEqual({ traces: 500, spans: 1000, spansInRange: 1000 });
  expect(found.problems).toEqual([]);
});

test("a second with more traces than a search lists is taken apart by service, duration, kind and status", async () => {
  await using here = stage({ limits: { maxResultLimit: 10 } });
  const from = NOW - HOUR;
  const variants = [
    { service: "shop", more: {} },
    { service: "", more: {} },
    { service: "db", more: { parentSpanId: "00000000000000ff" } },
    { service: "api", more: { kind: 3 } },
    { service: "api", more: { kind: 0 } },
    { service: "api", more: { status: { code: 2, message: "" } } },
  ];
  variants.forEach(({ service, more }, variant) => {
    for (let index = 0; index < 9; index++) {
      const id = `${variant + 1}${index}`;
      // Half of them last equally long to the nanosecond, so that duration alone does not tell them apart.
      const end = from + 500n + (index % 2 === 0 ? 0n : BigInt(1 << (index + variant)));
      put(here, id, [span(id, "1", from + BigInt(index), { ...more, end })], service);
    }
  });
  const found = await harvest(here.backend, { range: RANGE });
  expect(found.problems).toEqual([]);
  expect(ids(found).length).toBe(54);
  expect(here.asked.some((path) => path.includes("traceDuration"))).toBe(true);
});

test("a trace that lasts for hours is read once, in the window that it belongs to", async () => {
  await using here = stage();
  put(here, "1", [span("1", "1", RANGE.from - HOUR, { end: NOW }), span("1", "2", RANGE.from - MINUTE)]);
  put(here, "2", [span("2", "1", RANGE.from + MINUTE, { end: NOW }), span("2", "2", RANGE.from + HOUR)]);
  expect(ids(await harvest(here.backend, { range: RANGE }))).toEqual(["1", "2"]);
  expect(here.asked.filter((path) => path.includes("/traces/")).length).toBe(2);
});

test("many traces that last for hours do not make the search go down to seconds", async () => {
  await using here = stage({ limits: { maxResultLimit: 10 } });
  for (let index = 0; index < 40; index++) {
    const id = `${index + 100}`;
    put(here, id, [
      span(id, "1", NOW - 5n * HOUR + BigInt(index) * SECOND, { end: NOW - HOUR + BigInt(index * index) }),
    ]);
  }
  const found = await harvest(here.backend, { range: RANGE });
  expect(found.problems).toEqual([]);
  expect(found.counts).toMatchObject({ traces: 40 });
  expect(here.asked.length).toBeLessThan(1_300);
});

test("pruning is always switched off, and a trace is never asked for with a range", async () => {
  await using here = stage();
  put(here, "1", [span("1", "1", NOW - HOUR)]);
  await harvest(here.backend, { range: RANGE });
  expect(here.asked.filter((path) => path.includes("/traces/"))).toEqual([
    `/api/v2/traces/${"1".padStart(32, "0")}?span_pruning=false`,
  ]);
});

test("a server without v2 is read through v1, which refuses what is too large", async () => {
  await using here = stage({ limits: { traceByIdV2: false } });
  put(here, "1", [span("1", "1", NOW - HOUR)]);
  put(here, "2", [span("2", "1", NOW - HOUR)]);
  here.face.knobs.partial.set("2".padStart(32, "0"), "Trace exceeds maximum size of 1 bytes");
  const found = await harvest(here.backend, { range: RANGE });
  expect(ids(found)).toEqual(["1"]);
  expect(reasons(found)).toEqual([
    { kind: "incomplete", reason: "trace exceeds max size", items: ["2".padStart(32, "0")] },
  ]);
  expect(here.asked.filter((path) => path.includes("/v2/traces/")).length).toBe(1);
});

test("what is too new to be found is left out, and the export says until when it reaches", async () => {
  await using here = stage();
  put(here, "1", [span("1", "1", NOW - 5n * MINUTE)]);
  put(here, "2", [span("2", "1", NOW - 10n * SECOND)]);
  const found = await harvest(here.backend, { range: { from: NOW - HOUR, to: NOW } });
  expect(ids(found)).toEqual(["1"]);
  expect(found.exportedUntil).toBe(NOW - 90n * SECOND);
  expect(
    (await here.backend.export.start({ range: { from: NOW - SECOND, to: NOW } }, never)).cursors,
  ).toEqual([]);
});

test("a selector keeps whole traces in which something matches", async () => {
  await using here = stage();
  put(here, "1", [span("1", "1", NOW - HOUR, { name: "pay" }), span("1", "2", NOW - HOUR)]);
  put(here, "2", [span("2", "1", NOW - HOUR)]);
  const found = await harvest(here.backend, { range: RANGE, match: '{ name = "pay" }' });
  expect(ids(found)).toEqual(["1"]);
  expect(found.counts).toMatchObject({ spans: 2 });
  expect(await here.backend.count?.({ range: RANGE, match: '{ name = "pay" }' }, never)).toBeUndefined();
});

test("a selector that does not parse ends the export at once with the server's words", async () => {
  await using here = stage();
  const start = here.backend.export.start({ range: RANGE, match: "{ name = " }, never);
  const error = await start.catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({
    kind: "invalid",
    message: expect.stringContaining("parse error at line 1, col 10"),
  });
});

test("a step stays bounded: what does not fit is read by the next one", async () => {
  await using here = stage({ stepBytes: 40_000 });
  here.face.add(bulkTraces({ traces: 60, spansPerTrace: 10, from: NOW - HOUR, to: NOW - HOUR + SECOND }));
  const found = await harvest(here.backend, { range: RANGE });
  expect(found.counts).toMatchObject({ traces: 60, spans: 600 });
  expect(Math.max(...found.blocks.map(({ bytes }) => bytes))).toBeLessThan(50_000);
});

test("a cursor that is not ours is refused", async () => {
  await using here = stage();
  await expect(here.backend.export.step({ kind: "window", from: "x" }, never)).rejects.toMatchObject({
    kind: "invalid",
  });
});
