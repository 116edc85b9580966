/** What of the traces cannot be had: what is known of it is kept, and the rest is reported. */
import { expect, test } from "bun:test";
import { storedTrace } from "../../lab/tempo/store.ts";
import { HOUR, harvest, MINUTE, NOW, never, SECOND, span, stage, traceOf } from "./support.ts";
import { ids, put, RANGE, reasons } from "./traces.ts";

test("a second whose traces nothing tells apart is reported as incomplete, and what is known of it is kept", async () => {
  await using here = stage({ limits: { maxResultLimit: 10 } });
  const from = NOW - HOUR;
  for (let index = 0; index < 30; index++) {
    put(here, `${index + 100}`, [span(`${index + 100}`, "1", from + 1n, { end: from + 7n })]);
  }
  const found = await harvest(here.backend, { range: RANGE });
  expect(reasons(found)).toEqual([
    { kind: "incomplete", reason: expect.stringContaining("More traces in one second"), items: [] },
  ]);
  expect(found.problems[0]?.range).toEqual({ from, to: from + SECOND });
  expect(ids(found).length).toBe(10);
});

test("a search that never finishes its jobs is asked again, halved, and then reported", async () => {
  await using here = stage({ limits: { neverCompletes: true } });
  put(here, "1", [span("1", "1", NOW - HOUR)]);
  const range = { from: NOW - 2n * HOUR, to: NOW - HOUR + MINUTE };
  const found = await harvest(here.backend, { range });
  expect(ids(found)).toEqual(["1"]);
  expect(new Set(reasons(found).map(({ kind }) => kind))).toEqual(new Set(["incomplete"]));
  const covered = found.problems
    .map((problem) => problem.range)
    .sort((a, b) => (a && b && a.from < b.from ? -1 : 1));
  expect(covered[0]?.from).toBe(range.from);
  expect(covered.at(-1)?.to).toBe(range.to);
});

test("a trace that search lists and nobody finds is missing, by name", async () => {
  await using here = stage();
  put(here, "1", [span("1", "1", NOW - HOUR)]);
  put(here, "2", [span("2", "1", NOW - HOUR)]);
  here.face.knobs.hidden.add("2".padStart(32, "0"));
  const found = await harvest(here.backend, { range: RANGE });
  expect(ids(found)).toEqual(["1"]);
  expect(reasons(found)).toEqual([
    { kind: "incomplete", reason: expect.stringContaining("gives nothing"), items: ["2".padStart(32, "0")] },
  ]);
});

test("a trace that is not there at the time at which search lists it is reported", async () => {
  await using here = stage();
  const trace = traceOf("shop", [span("1", "1", NOW - 100n * HOUR)]);
  const shown = storedTrace("1".padStart(32, "0"), traceOf("shop", [span("1", "1", NOW - HOUR)]));
  here.face.add([{ ...shown, bytes: storedTrace(shown.id, trace).bytes }]);
  const found = await harvest(here.backend, { range: RANGE });
  expect(ids(found)).toEqual([]);
  expect(reasons(found)).toEqual([
    {
      kind: "incomplete",
      reason: expect.stringContaining("none of their spans is in it"),
      items: [shown.id],
    },
  ]);
});

test("a trace with fewer spans than search counts is read again, and then reported", async () => {
  await using here = stage();
  put(here, "1", [span("1", "1", NOW - HOUR), span("1", "2", NOW - HOUR)]);
  put(here, "2", [span("2", "1", NOW - HOUR), span("2", "2", NOW - HOUR)]);
  here.face.knobs.short.set("1".padStart(32, "0"), 1);
  here.face.knobs.short.set("2".padStart(32, "0"), 2);
  const found = await harvest(here.backend, { range: RANGE });
  expect(found.counts).toMatchObject({ traces: 2, spans: 3 });
  expect(reasons(found)).toEqual([
    { kind: "incomplete", reason: expect.stringContaining("Fewer spans"), items: ["2".padStart(32, "0")] },
  ]);
});

test.each([
  ["Trace exceeds maximum size of 5000000 bytes, a partial trace is returned", true],
  ["Trace filtered, only a subset of spans matching the filter is returned", true],
  ["Trace was pruned by Tempo while serving this request; the original spans remain in storage", true],
  ["Trace was already pruned before it reached Tempo; this is the complete trace Tempo has stored", false],
  [
    "Trace exceeds maximum size of 9 bytes, a partial trace is returned; Trace was already pruned before it reached Tempo; this is the complete trace Tempo has stored",
    true,
  ],
])("PARTIAL with the reason %p is a loss: %p", async (message, loss) => {
  await using here = stage();
  const id = "1".padStart(32, "0");
  put(here, "1", [span("1", "1", NOW - HOUR), span("1", "2", NOW - HOUR)]);
  here.face.knobs.partial.set(id, message);
  const found = await harvest(here.backend, { range: RANGE });
  expect(ids(found)).toEqual(["1"]);
  if (loss)
    expect(reasons(found)).toEqual([
      { kind: "incomplete", reason: expect.stringContaining(message.slice(0, 24)), items: [id] },
    ]);
  else expect(found.problems.filter(({ reason }) => reason.includes("only part"))).toEqual([]);
});

test("a span that ends at 0: its trace comes with its neighbours, and alone it is said that no search lists it", async () => {
  await using here = stage();
  const border = NOW - 3n * HOUR;
  put(here, "1", [span("1", "1", border - SECOND, { end: 0n }), span("1", "2", border + SECOND)]);
  put(here, "2", [span("2", "1", border, { end: 0n })]);
  expect(ids(await harvest(here.backend, { range: RANGE }))).toEqual(["1"]);
  const { notes } = await here.backend.export.start({ range: RANGE }, never);
  expect(Object.values(notes ?? {}).join(" ")).toContain("end at 0");
});
