/**
 * A backend in memory that has every shape of export: pages one after another (streams), bisection (a window that is too
 * full), fan-out (objects). Deterministic; faults on demand.
 */
import { type Backend, type Cursor, PluginError, type Range, type Signal, type Step, v } from "contextcore";
import type { OpenBackend } from "../../src/host/open.ts";

export interface FakeOptions {
  readonly name?: string;
  readonly signals?: readonly Signal[];
  readonly streams?: number;
  /** Entries of each stream, one a second from the epoch's second 1000 on. */
  readonly entries?: number;
  readonly pageEntries?: number;
  readonly objects?: number;
  /** A window of more than eight pages is halved instead of read page after page. Default true. */
  readonly bisects?: boolean;
  /** Called before each step with the cursor and how often it was tried before; it may throw, wait, or answer itself. */
  readonly onStep?: (
    cursor: Cursor,
    attempt: number,
    signal: AbortSignal,
  ) => Promise<Step | undefined> | Step | undefined;
  /** Replaces hooks as they are. */
  readonly hooks?: Partial<Backend>;
}

export const SECOND = 1_000_000_000n;
export const FIRST = 1000n * SECOND;

/** The range that holds all of the fake's entries. */
export const fakeRange = (entries: number): Range => ({ from: FIRST, to: FIRST + BigInt(entries) * SECOND });

/** Opens a fake. */
export function fakeBackend(options: FakeOptions = {}): OpenBackend & { steps(): number } {
  const {
    name = "fake",
    signals = ["logs"],
    streams = 3,
    entries = 20,
    pageEntries = 5,
    objects = 0,
  } = options;
  const tried = new Map<string, number>();
  let steps = 0;

  const page = (from: bigint, to: bigint): bigint[] => {
    const times: bigint[] = [];
    for (let time = from; time < to && times.length < pageEntries; time += SECOND) times.push(time);
    return times;
  };

  const readPage = (stream: number, from: bigint, to: bigint): Step => {
    const times = page(from, to);
    const last = times.at(-1);
    if (last === undefined) return {};
    const end = last + SECOND;
    return {
      records: [
        {
          file: "logs.json",
          text: `${logLine(stream, times)}\n`,
          lines: 1,
          from: times[0] ?? from,
          to: last + 1n,
          counts: { entries: times.length },
        },
      ],
      ...(end < to ? { next: [{ stream, from: `${end}`, to: `${to}` }] } : {}),
      done: Number(end - from) / Number(to - from),
    };
  };

  const step = (cursor: Cursor): Step => {
    if (typeof cursor.object === "number") return readObject(name, cursor.object);
    const [from, to] = [BigInt(String(cursor.from)), BigInt(String(cursor.to))];
    if (cursor.stream === "all")
      return {
        next: Array.from({ length: streams }, (_, stream) => ({ stream, from: `${from}`, to: `${to}` })),
      };
    const half = (to - from) / 2n / SECOND;
    if (options.bisects !== false && to - from > 8n * BigInt(pageEntries) * SECOND && half > 0n) {
      const middle = from + half * SECOND;
      return {
        next: [
          { ...cursor, to: `${middle}` },
          { ...cursor, from: `${middle}` },
        ],
      };
    }
    return readPage(Number(cursor.stream), from, to);
  };

  const backend: Backend = {
    inventory: async () => ({ signals, importance: "high", serverVersion: "1.2.3" }),
    size: async () => ({ bytes: 1, source: "estimate" }),
    count: async ({ range }) => ({ entries: streams * secondsIn(range, entries) }),
    export: {
      start: async ({ range }) => ({
        cursors: [
          ...(streams > 0 ? [{ stream: "all", from: `${range.from}`, to: `${range.to}` }] : []),
          ...Array.from({ length: objects }, (_, object) => ({ object })),
        ],
        notes: { read: "from memory" },
      }),
      async step(cursor, signal) {
        steps += 1;
        const key = JSON.stringify(cursor);
        const attempt = tried.get(key) ?? 0;
        tried.set(key, attempt + 1);
        const answer = await options.onStep?.(cursor, attempt, signal);
        return answer === undefined ? step(cursor) : answer;
      },
    },
    ...options.hooks,
  };
  return {
    name,
    plugin: { name, about: "a fake", options: v.object({}) },
    backend,
    url: "http://fake",
    steps: () => steps,
  };
}

/** One push request of one stream, as logs.json holds it. */
export const logLine = (stream: number, times: readonly bigint[]): string =>
  JSON.stringify({
    streams: [
      {
        stream: { number: `${stream}` },
        values: times.map((time) => [`${time}`, `line ${time} of ${stream}`, {}]),
      },
    ],
  });

const readObject = (name: string, object: number): Step => ({
  objects: [
    { path: `${name}/objects/object-${object}.json`, text: `{"object":${object}}\n`, unit: "objects" },
  ],
});

function secondsIn({ from, to }: Range, entries: number): number {
  const range = fakeRange(entries);
  const first = from > range.from ? from : range.from;
  const last = to < range.to ? to : range.to;
  return last > first ? Number((last - first) / SECOND) : 0;
}

export const temporary = (
  message = "HTTP 503",
  options: { status?: number; retryAfterMs?: number } = { status: 503 },
): PluginError => new PluginError("temporary", message, options);
