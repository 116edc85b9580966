/** Plugins whose steps are wrong lose those steps alone, and are named. */
import { describe, expect, test } from "bun:test";
import type { Step } from "contextcore";
import { besideHealthy, isPage } from "./beside.ts";
import { fakeBackend } from "./fake-backend.ts";
import { FAST, runExport, scratch, timesByStream } from "./run.ts";

const NONSENSE: Readonly<Record<string, () => unknown>> = {
  "throws at once": () => {
    throw new TypeError("undefined is not a function");
  },
  "throws no error": () => {
    throw "a text";
  },
  "gives null": () => null,
  "gives a text": () => "records",
  "writes outside the snapshot": () => ({ objects: [{ path: "fake/../../etc/x", text: "", unit: "x" }] }),
  "writes into another's folder": () => ({ objects: [{ path: "loki/x.json", text: "", unit: "x" }] }),
  "writes a top-level file of its own": () => ({ records: [records({ file: "manifest.json" })] }),
  "ends without a newline": () => ({ records: [records({ text: "{}" })] }),
  "counts its lines wrongly": () => ({ records: [records({ lines: 2 })] }),
  "counts with a text": () => ({ records: [records({ counts: { entries: "many" } })] }),
  "counts NaN": () => ({ records: [records({ counts: { entries: Number.NaN } })] }),
  "gives times as numbers": () => ({ records: [records({ from: 1, to: 2 })] }),
  "ends before it begins": () => ({ records: [records({ from: 2n, to: 1n })] }),
  "gives cursors that are not JSON": () => ({ next: [{ from: 1n }] }),
  "gives a cursor that is a list": () => ({ next: [["a"]] }),
  "gives an enormous cursor": () => ({ next: [{ text: "x".repeat(100_000) }] }),
  "names an unknown kind of problem": () => ({ problems: [{ kind: "bad", reason: "x" }] }),
  "is done by half again": () => ({ done: 1.5, next: [{ a: 1 }] }),
};

const records = (more: object): object => ({
  file: "logs.json",
  text: "{}\n",
  lines: 1,
  from: 1n,
  to: 2n,
  counts: { entries: 1 },
  ...more,
});

describe("a plugin whose step", () => {
  test.each(Object.keys(NONSENSE))("%s loses that step alone, and is named", async (name) => {
    using dir = scratch();
    // What a plugin written without types may give.
    const nonsense = NONSENSE[name] as () => Step;
    const open = fakeBackend({
      onStep: (cursor) => (cursor.stream === 1 && isPage(cursor) ? nonsense() : undefined),
    });
    const { bad, path } = await besideHealthy(dir.path, open);
    expect(bad?.status).toBe("partial");
    expect(bad?.problems[0]?.reason).toMatch(/^the plugin('s answer makes no sense| failed| threw)/);
    const times = timesByStream(path);
    expect([times[0]?.length, times[1]?.length, times[2]?.length]).toEqual([20, undefined, 20]);
  });

  test("names the same cursors for ever comes to an end", async () => {
    using dir = scratch();
    const open = fakeBackend({
      onStep: (cursor) => (isPage(cursor) ? { next: [cursor, { stream: 0 }, { stream: 1 }] } : undefined),
    });
    const { manifest } = await runExport(dir.path, [open]);
    expect(manifest.plugins[0]?.counts).toEqual({});
    expect(open.steps()).toBeLessThan(20);
  });

  test("hangs and ignores its signal is abandoned", async () => {
    using dir = scratch();
    const open = fakeBackend({
      onStep: (cursor) => (cursor.stream === 1 ? new Promise<Step>(() => {}) : undefined),
    });
    const { manifest, path } = await runExport(dir.path, [open], {
      tuning: { ...FAST, stepMs: 40, graceMs: 10 },
    });
    expect(manifest.plugins[0]?.problems[0]).toMatchObject({ kind: "incomplete" });
    expect(manifest.plugins[0]?.problems[0]?.reason).toContain("gave no answer within");
    expect(timesByStream(path)[0]?.length).toBe(20);
  });
});

describe("two objects of one path", () => {
  test("are both kept, also where the file system folds case", async () => {
    using dir = scratch();
    const object = (path: string, text: string) => ({ path, text, unit: "objects" });
    const open = fakeBackend({
      streams: 0,
      objects: 1,
      onStep: () => ({
        objects: [object("fake/a.json", "1"), object("fake/A.json", "2"), object("fake/a.json", "3")],
      }),
    });
    const { manifest } = await runExport(dir.path, [open]);
    expect(manifest.plugins[0]?.files.map(({ path, of }) => [path, of])).toEqual([
      ["fake/a.json", undefined],
      ["fake/A-2.json", "fake/A.json"],
      ["fake/a-3.json", "fake/a.json"],
      ["logs.json", undefined],
    ]);
  });

  test("of which one is a folder for the other lose that step alone", async () => {
    using dir = scratch();
    const open = fakeBackend({
      streams: 0,
      objects: 2,
      onStep: ({ object }) => ({
        objects: [{ path: object === 0 ? "fake/a" : "fake/a/b.json", text: "{}", unit: "objects" }],
      }),
    });
    const { manifest } = await runExport(dir.path, [open]);
    expect(manifest.status).toBe("partial");
    expect(manifest.plugins[0]?.problems[0]?.reason).toContain("cannot be written: a ");
  });
});

describe("a third party's plugin whose lines no reader takes is never complete: the problem says invalid, and of what,", () => {
  const entry = (time: bigint) => `{"streams":[{"stream":{"app":"x"},"values":[["${time}","a line"]]}]}\n`;
  const FROM = 1_001_000_000_000n;
  const SPANS = [{ traceId: "4bf92f35", startTimeUnixNano: `${FROM}` }];
  const TRACE = `${JSON.stringify({ resourceSpans: [{ scopeSpans: [{ spans: SPANS }] }] })}\n`;
  const answered = async (step: Step, name = "acme/notes") => {
    using dir = scratch();
    const open = fakeBackend({ name, streams: 1, onStep: () => step });
    const { manifest } = await runExport(dir.path, [open]);
    const [plugin] = manifest.plugins;
    return { status: plugin?.status, reasons: plugin?.problems.map(({ reason }) => reason) ?? [] };
  };
  const records = (text: string, over: object = {}): Step => ({
    records: [
      { file: "logs.json", text, lines: 1, from: FROM, to: FROM + 1n, counts: { entries: 1 }, ...over },
    ],
  });

  test.each<[string, Step, string]>([
    ["no streams", records("{}\n"), "line 1 of the records of logs.json: streams is not a list"],
    ["no JSON", records("{\n"), "line 1 of the records of logs.json: is not valid JSON: "],
    [
      "its second line",
      records(`${entry(FROM)}[]\n`, { lines: 2 }),
      "line 2 of the records of logs.json: streams is not a list",
    ],
    [
      "a time outside of its range",
      records(entry(FROM + 1n)),
      "line 1 of the records of logs.json: its times are outside its block's",
    ],
    [
      "fewer entries than it claims",
      records(entry(FROM), { counts: { entries: 2 } }),
      "records of logs.json: they claim 2 entries and have 1",
    ],
    [
      "a span without an id",
      records('{"resourceSpans":[{"scopeSpans":[{"spans":[{}]}]}]}\n', { file: "traces.json", counts: {} }),
      "line 1 of the records of traces.json: a span has no traceId",
    ],
    [
      "one trace on two lines",
      records(`${TRACE}${TRACE}`, { file: "traces.json", lines: 2, counts: { traces: 2, spans: 2 } }),
      "line 2 of the records of traces.json: 4bf92f35 is there twice",
    ],
    [
      "its own file",
      records("one\n", { file: "acme/notes/notes.json", counts: {} }),
      "line 1 of the records of acme/notes/notes.json: is not valid JSON: ",
    ],
    [
      "an object",
      { objects: [{ path: "acme/notes/one.json", text: "{", unit: "notes" }] },
      "object acme/notes/one.json: is not valid JSON: ",
    ],
  ])("%s", async (_, step, what) => {
    const { status, reasons } = await answered(step);
    expect(status).toBe("partial");
    expect(reasons).toContainEqual(
      expect.stringContaining(`the plugin's answer makes no sense: invalid ${what}`),
    );
  });

  test("and what every reader takes is kept", async () => {
    const { reasons } = await answered(records(entry(FROM)));
    expect(reasons.filter((reason) => reason.includes("invalid"))).toEqual([]);
  });
});
