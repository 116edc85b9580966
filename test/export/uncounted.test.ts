/** Records that a server cannot count: each costs its own count, and everything else is counted and compared. */
import { describe, expect, test } from "bun:test";
import {
  type Backend,
  type CountRequest,
  type Cursor,
  PluginError,
  type Range,
  toRfc3339,
  v,
} from "contextcore";
import type { OpenBackend } from "../../src/host/open.ts";
import { verifySnapshot } from "../../src/verify/verify.ts";
import { FIRST, logLine, SECOND } from "./fake-backend.ts";
import { runExport, scratch, timesByStream } from "./run.ts";

const ENTRIES = 20;
const STREAMS = 3;
const STREAM = [0, 1, 2];

interface Server {
  /** What it can neither give nor count. */
  readonly isBad?: (stream: number, second: number) => boolean;
  /** What it can give and not count. */
  readonly isUncountable?: (stream: number, second: number) => boolean;
  /** What it does not give to its first reader. */
  readonly isLate?: (stream: number, second: number) => boolean;
  readonly fault?: () => PluginError;
  readonly splits?: boolean;
}

const FAULT = () => new PluginError("temporary", "HTTP 500 from /count", { status: 500 });

const secondsOf = ({ from, to }: Range): number[] => {
  const seconds = Array.from({ length: ENTRIES }, (_, second) => second);
  return seconds.filter((second) => {
    const time = FIRST + BigInt(second) * SECOND;
    return time >= from && time < to;
  });
};

/** One window of three streams, an entry a second, which a fault splits by stream, and then by time. */
function server({ isBad, isUncountable, isLate, fault = FAULT, splits = true }: Server = {}) {
  const asked: CountRequest[] = [];
  const readings = new Map<string, number>();
  const halved = <Part extends Range>(part: Part): [Part, Part] | undefined => {
    const middle = part.from + ((part.to - part.from) / 2n / SECOND) * SECOND;
    if (middle === part.from || middle === part.to) return undefined;
    return [
      { ...part, to: middle },
      { ...part, from: middle },
    ];
  };
  const step = (cursor: Cursor) => {
    const range = rangeOf(cursor);
    const stream = Number(cursor.stream);
    const key = `${stream} ${range.from}`;
    const reading = (readings.get(key) ?? 0) + 1;
    readings.set(key, reading);
    const seconds = secondsOf(range);
    if (seconds.some((second) => isBad?.(stream, second))) throw fault();
    const times = seconds
      .filter((second) => reading > 1 || !isLate?.(stream, second))
      .map((second) => FIRST + BigInt(second) * SECOND);
    if (times.length === 0) return {};
    const window = { from: FIRST, to: FIRST + BigInt(ENTRIES) * SECOND };
    const text = `${logLine(stream, times)}\n`;
    const counts = { entries: times.length };
    return { records: [{ file: "logs.json", text, lines: 1, ...range, counts, window }] };
  };
  const backend: Backend = {
    inventory: async () => ({ signals: ["logs"] }),
    size: async () => ({ bytes: 1, source: "estimate" }),
    async count(request) {
      asked.push(request);
      const streams = request.part === undefined ? STREAM : [Number(request.part.stream)];
      const seconds = secondsOf(request.range);
      const all = streams.flatMap((stream) => seconds.map((second) => [stream, second] as const));
      if (all.some(([stream, second]) => isBad?.(stream, second) || isUncountable?.(stream, second)))
        throw fault();
      return { entries: all.length };
    },
    ...(splits ? { splitCount } : {}),
    export: {
      start: async ({ range }) => ({
        cursors: STREAM.map((stream) => ({ stream, from: `${range.from}`, to: `${range.to}` })),
      }),
      step: async (cursor) => step(cursor),
      async split(cursor) {
        const parts = halved(rangeOf(cursor));
        if (parts === undefined) return { items: [nameOf(cursor.stream)] };
        return { cursors: parts.map(({ from, to }) => ({ ...cursor, from: `${from}`, to: `${to}` })) };
      },
    },
  };
  async function splitCount({ range, part }: CountRequest) {
    if (part === undefined) return { requests: STREAM.map((stream) => ({ range, part: { stream } })) };
    const requests = halved(range)?.map((half) => ({ range: half, part }));
    return { items: [nameOf(part.stream)], ...(requests && { requests }) };
  }
  const open: OpenBackend = {
    name: "fake",
    plugin: { name: "fake", about: "a fake", options: v.object({}) },
    backend,
  };
  return { open, asked };
}

const rangeOf = ({ from, to }: Cursor): Range => ({ from: BigInt(String(from)), to: BigInt(String(to)) });
const nameOf = (stream: unknown): string => `entries of stream ${stream}`;

async function exported(options: Server) {
  using dir = scratch();
  const { open, asked } = server(options);
  const { manifest, path } = await runExport(dir.path, [open]);
  const [claims] = manifest.plugins;
  if (claims === undefined) throw new Error("nothing was exported");
  const uncounted = claims.problems.filter(({ reason }) => reason.startsWith("could not be counted"));
  const differing = claims.problems.filter(({ reason }) => reason.startsWith("the server counts"));
  const held = timesByStream(path);
  const { flaws } = await verifySnapshot(path);
  return { ...claims, uncounted, differing, held, flaws, asked };
}

const at = (second: number): string => toRfc3339(FIRST + BigInt(second) * SECOND);
const TOTAL = STREAMS * ENTRIES;

describe("an unreadable record", () => {
  test("is named as uncounted, and everything else is counted and agrees", async () => {
    const found = await exported({ isBad: (stream, second) => stream === 1 && second === 13 });
    expect(found.counts).toEqual({ entries: TOTAL - 1 });
    expect(found.windows).toMatchObject([
      { read: { entries: TOTAL - 1 }, server: { entries: TOTAL - 1 }, agrees: false, uncounted: true },
    ]);
    expect(found.uncounted).toMatchObject([
      { items: ["entries of stream 1"], ranges: [{ from: at(13), to: at(14) }] },
    ]);
    expect(found.differing).toEqual([]);
    expect([found.status, found.agrees, found.flaws]).toEqual(["partial", false, []]);
  });

  test("hides no late records beside it: they are read again, and only they", async () => {
    const found = await exported({
      isBad: (stream, second) => stream === 1 && second === 13,
      isLate: (stream, second) => stream === 2 && second === 4,
    });
    expect(found.counts).toEqual({ entries: TOTAL - 1 });
    expect(found.held["2"]).toHaveLength(ENTRIES);
    expect(found.differing).toEqual([]);
    expect(found.flaws).toEqual([]);
  });

  test("that could be read but not counted: what was read there is no difference", async () => {
    const found = await exported({ isUncountable: (stream, second) => stream === 0 && second === 2 });
    expect(found.windows).toMatchObject([{ read: { entries: TOTAL }, server: { entries: TOTAL - 1 } }]);
    expect(found.uncounted).toMatchObject([{ items: ["entries of stream 0"] }]);
    expect(found.differing).toEqual([]);
    expect(found.status).toBe("partial");
  });

  test.each([
    ["an answer that is too large", () => new PluginError("too-large", "too much")],
    ["an answer that makes no sense", () => new PluginError("invalid", "not JSON")],
    ["a time limit", () => new PluginError("temporary", "took too long", { timedOut: true })],
  ])("is as well uncounted for %s", async (_, fault) => {
    const found = await exported({ isBad: (stream, second) => stream === 1 && second === 13, fault });
    expect(found.windows).toMatchObject([{ server: { entries: TOTAL - 1 } }]);
    expect(found.uncounted).toMatchObject([{ items: ["entries of stream 1"] }]);
  });
});

test("several records of several streams: each is named, all else is counted", async () => {
  const bad = new Set([0, 6, 7, 19]);
  const found = await exported({ isBad: (stream, second) => stream !== 2 && bad.has(second) });
  expect(found.windows).toMatchObject([{ read: { entries: TOTAL - 8 }, server: { entries: TOTAL - 8 } }]);
  expect(found.uncounted[0]?.itemsTotal).toBe(2);
  expect(found.uncounted[0]?.ranges).toEqual([
    { from: at(0), to: at(1) },
    { from: at(6), to: at(8) },
    { from: at(19), to: at(20) },
  ]);
  expect(found.differing).toEqual([]);
});

test("what fails now and then is counted in the end", async () => {
  let failures = 0;
  const found = await exported({
    isUncountable: (stream, second) => {
      if (stream !== 1 || second !== 13 || failures >= 9) return false;
      failures += 1;
      return true;
    },
  });
  expect([found.status, found.agrees]).toEqual(["complete", true]);
});

test("a server that counts nothing is not asked for every part of it", async () => {
  const found = await exported({ isUncountable: () => true });
  expect(found.asked.length).toBeLessThan(200);
  expect(found.agrees).toBeUndefined();
  expect(found.status).toBe("partial");
});

test("a plugin that does not split its counts has no count of the window", async () => {
  const isBad = (stream: number, second: number) => stream === 1 && second === 13;
  const found = await exported({ isBad, splits: false });
  expect(found.windows[0]?.server).toBeUndefined();
  expect(found.uncounted).toMatchObject([{ items: [], ranges: [{ from: at(0), to: at(20) }] }]);
});
