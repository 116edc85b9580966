/** Records that a server cannot give: each costs itself, and not its neighbours. */
import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type Cursor, type Exporter, PluginError, type Step } from "contextcore";
import { resumeSnapshot } from "../../src/export/export-snapshot.ts";
import { listPartials } from "../../src/snapshot/write/partial.ts";
import { verifySnapshot } from "../../src/verify/verify.ts";
import { FIRST, fakeBackend, logLine, SECOND, temporary } from "./fake-backend.ts";
import { FAST, jobOf, runExport, scratch, timesByStream } from "./run.ts";

const ENTRIES = 20;
const secondOf = (time: unknown): number => Number((BigInt(String(time)) - FIRST) / SECOND);

interface Poison {
  /** What the server says of a step that holds this second of a stream; nothing: it gives it. */
  readonly fails: (stream: number, second: number, attempt: number) => unknown;
  readonly split?: Exporter["split"];
}

/** Every stream is one step, until it is split by time: a step that holds a poisoned second fails whole. */
function poisoned({ fails, split = halves }: Poison) {
  const asked: Cursor[] = [];
  const tried = new Map<string, number>();
  const step = (cursor: Cursor): Step => {
    asked.push(cursor);
    const key = JSON.stringify(cursor);
    const attempt = tried.get(key) ?? 0;
    tried.set(key, attempt + 1);
    const [from, to] = [secondOf(cursor.from), secondOf(cursor.to)];
    const seconds = Array.from({ length: to - from }, (_, at) => from + at);
    for (const second of seconds) {
      const failure = fails(Number(cursor.stream), second, attempt);
      if (failure !== undefined) throw failure;
    }
    const times = seconds.map((second) => FIRST + BigInt(second) * SECOND);
    const text = `${logLine(Number(cursor.stream), times)}\n`;
    const range = { from: BigInt(String(cursor.from)), to: BigInt(String(cursor.to)) };
    return { records: [{ file: "logs.json", text, lines: 1, ...range, counts: { entries: times.length } }] };
  };
  const open = fakeBackend({
    entries: ENTRIES,
    onStep: (cursor) => (typeof cursor.stream === "number" ? step(cursor) : undefined),
  });
  const exporter: Exporter = { ...open.backend.export, split };
  return { asked, open: { ...open, backend: { ...open.backend, export: exporter } } };
}

/** Down to one second, which has a name. */
async function halves(cursor: Cursor) {
  const [from, to] = [BigInt(String(cursor.from)), BigInt(String(cursor.to))];
  const middle = from + ((to - from) / 2n / SECOND) * SECOND;
  if (middle === from) return { items: [`second ${secondOf(from)} of stream ${cursor.stream}`] };
  return {
    cursors: [
      { ...cursor, to: `${middle}` },
      { ...cursor, from: `${middle}` },
    ],
  };
}

const secondsOf = (path: string): Record<string, number[]> =>
  Object.fromEntries(
    Object.entries(timesByStream(path)).map(([stream, times]) => [
      stream,
      times.map(secondOf).sort((a, b) => a - b),
    ]),
  );

const all = Array.from({ length: ENTRIES }, (_, second) => second);
const allBut = (...lost: number[]): number[] => all.filter((second) => !lost.includes(second));

const ERRORS: Readonly<Record<string, () => unknown>> = {
  "an invalid answer": () => new PluginError("invalid", "it makes no sense"),
  "an answer that is too large": () => new PluginError("too-large", "it is too large"),
  "a failure that does not go away": () => temporary("HTTP 500 from /page", { status: 500 }),
  "a defect of the plugin": () => new TypeError("undefined is not a function"),
};

describe("a record that gives", () => {
  test.each(Object.keys(ERRORS))("%s costs itself alone, and is named in words", async (name) => {
    using dir = scratch();
    const { open } = poisoned({
      fails: (stream, second) => (stream === 1 && second === 13 ? ERRORS[name]?.() : undefined),
    });
    const { manifest, path } = await runExport(dir.path, [open]);
    expect(secondsOf(path)).toEqual({ 0: all, 1: allBut(13), 2: all });
    const [problem] = manifest.plugins[0]?.problems ?? [];
    expect(problem).toMatchObject({ kind: "incomplete", items: ["second 13 of stream 1"], itemsTotal: 1 });
    expect(problem?.ranges).toEqual([{ from: "1970-01-01T00:16:53Z", to: "1970-01-01T00:16:54Z" }]);
    expect(manifest.status).toBe("partial");
    expect((await verifySnapshot(path)).flaws).toEqual([]);
  });
});

test("several records cost themselves, neighbours and whole streams among them", async () => {
  using dir = scratch();
  const lost: Readonly<Record<number, readonly number[]>> = { 0: all, 1: [0, 6, 7, 19] };
  const { open } = poisoned({
    fails: (stream, second) =>
      lost[stream]?.includes(second) ? new PluginError("invalid", "it makes no sense") : undefined,
  });
  const { manifest, path } = await runExport(dir.path, [open]);
  expect(secondsOf(path)).toEqual({ 1: allBut(0, 6, 7, 19), 2: all });
  expect(manifest.plugins[0]?.problems[0]?.itemsTotal).toBe(24);
});

test("a record that is unreadable now and then is there in the end", async () => {
  using dir = scratch();
  let failures = 0;
  const { open } = poisoned({
    fails: (stream, second) => {
      if (stream !== 1 || second !== 13 || failures >= 3) return undefined;
      failures += 1;
      return new PluginError("invalid", "not now");
    },
  });
  const { manifest, path } = await runExport(dir.path, [open]);
  expect(secondsOf(path)).toEqual({ 0: all, 1: all, 2: all });
  expect([failures, manifest.status]).toEqual([3, "complete"]);
});

test("a step that is too slow is split, and what comes of its parts is kept", async () => {
  using dir = scratch();
  const { open } = poisoned({ fails: () => undefined });
  const { step } = open.backend.export;
  const isLarge = ({ from, to }: Cursor): boolean => secondOf(to) - secondOf(from) > 6;
  const slow: Exporter = {
    ...open.backend.export,
    step: (cursor, signal) =>
      typeof cursor.stream === "number" && isLarge(cursor)
        ? new Promise<Step>(() => {})
        : step(cursor, signal),
  };
  const slowly = { ...open, backend: { ...open.backend, export: slow } };
  const { manifest, path } = await runExport(dir.path, [slowly], {
    tuning: { ...FAST, stepMs: 30, graceMs: 5 },
  });
  expect(manifest.status).toBe("complete");
  expect(secondsOf(path)).toEqual({ 0: all, 1: all, 2: all });
});

const REFUSALS: Readonly<Record<string, () => unknown>> = {
  refuses: () => new PluginError("refused", "HTTP 403", { status: 403 }),
  "has nothing there": () => new PluginError("not-found", "HTTP 404", { status: 404 }),
  "is not there": () => new PluginError("temporary", "connection refused", { absent: true }),
  "has too much to do": () => temporary("HTTP 429", { status: 429 }),
};

test.each(Object.keys(REFUSALS))("a server that %s is not asked for less", async (name) => {
  using dir = scratch();
  let splits = 0;
  const { open } = poisoned({
    fails: (stream) => (stream === 1 ? REFUSALS[name]?.() : undefined),
    split: (cursor) => {
      splits += 1;
      return halves(cursor);
    },
  });
  const { manifest, path } = await runExport(dir.path, [open], {
    tuning: {
      ...FAST,
      retry: {
        attempts: 2,
        attemptsOverload: 2,
        attemptsTimedOut: 1,
        baseMs: 1,
        capMs: 1,
        retryAfterMaxMs: 1,
      },
    },
  });
  expect(splits).toBe(0);
  expect(secondsOf(path)).toEqual({ 0: all, 2: all });
  expect(manifest.plugins[0]?.problems[0]?.items).toEqual(["stream 1"]);
});

const NONSENSE: Readonly<Record<string, unknown>> = {
  "gives null": null,
  "gives the same again": "same",
  "gives one part": { cursors: [{ stream: 1 }] },
  "gives parts that are not JSON": { cursors: [{ a: 1n }, { a: 2n }] },
  "names nothing": {},
};

test.each(Object.keys(NONSENSE))(
  "a split that %s loses the cursor for the reason that it had",
  async (name) => {
    using dir = scratch();
    const given = NONSENSE[name];
    const { open } = poisoned({
      fails: (stream) => (stream === 1 ? new PluginError("invalid", "it makes no sense") : undefined),
      split: async (cursor) => (given === "same" ? { cursors: [cursor, cursor] } : given) as never,
    });
    const { manifest, path } = await runExport(dir.path, [open]);
    expect(secondsOf(path)).toEqual({ 0: all, 2: all });
    expect(manifest.plugins[0]?.problems[0]).toMatchObject({
      reason: "it makes no sense",
      items: ["stream 1"],
    });
  },
);

test("a server that cannot read anything is given up, and not asked for every part of it", async () => {
  using dir = scratch();
  const { open, asked } = poisoned({ fails: () => temporary("HTTP 500 from /page", { status: 500 }) });
  const { manifest } = await runExport(dir.path, [open]);
  expect(manifest.plugins[0]?.problems.some(({ reason }) => reason.startsWith("it stopped answering"))).toBe(
    true,
  );
  expect(asked.length).toBeLessThan(120);
});

test("a plugin whose every part can be split comes to an end", async () => {
  using dir = scratch();
  const { open, asked } = poisoned({
    fails: () => new PluginError("invalid", "it makes no sense"),
    split: async (cursor) => ({
      cursors: [0, 1].map((half) => ({ ...cursor, way: `${cursor.way ?? ""}${half}` })),
    }),
  });
  const { manifest } = await runExport(dir.path, [open]);
  expect(manifest.plugins[0]?.problems[0]?.reason).toBe("it makes no sense");
  expect(asked.length).toBeLessThan(4_000);
});

test("an export that is interrupted after a split goes on with its parts", async () => {
  using dir = scratch();
  const abort = new AbortController();
  const isPoison = (stream: number, second: number): boolean => stream === 1 && second === 13;
  const fails = (stream: number, second: number) =>
    isPoison(stream, second) ? new PluginError("invalid", "it makes no sense") : undefined;
  const first = poisoned({ fails });
  const { split = halves } = first.open.backend.export;
  let splits = 0;
  const stopping: Exporter = {
    ...first.open.backend.export,
    split: async (cursor, signal) => {
      splits += 1;
      if (splits > 2) abort.abort();
      return split(cursor, signal);
    },
  };
  const open = { ...first.open, backend: { ...first.open.backend, export: stopping } };
  await runExport(dir.path, [open], { signal: abort.signal }).catch(() => {});
  const [partial = ""] = await listPartials(dir.path);
  const whole = { from: `${FIRST}`, stream: 1, to: `${FIRST + 20n * SECOND}` };
  const lines = readFileSync(join(partial, "blocks.jsonl"), "utf8").trim().split("\n");
  const committed = lines.map((line) => JSON.parse(line)).find(({ cursor }) => Bun.deepEquals(cursor, whole));
  expect(committed?.next).toHaveLength(2);
  expect(committed?.file).toBeUndefined();

  const second = poisoned({ fails });
  const { manifest, path } = await resumeSnapshot(partial, jobOf(dir.path, [second.open]));
  expect(second.asked).not.toContainEqual(whole);
  expect(secondsOf(path)).toEqual({ 0: all, 1: allBut(13), 2: all });
  expect(manifest.plugins[0]?.problems[0]?.items).toEqual(["second 13 of stream 1"]);
});
