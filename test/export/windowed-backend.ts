/**
 * A backend in memory whose export is cut into windows: each is one cursor, from which one cursor a stream follows. A test
 * says what it gives to a reader and what it counts.
 */
import { type Backend, type Cursor, type Range, type Step, v } from "contextcore";
import type { OpenBackend } from "../../src/host/open.ts";
import { FIRST, logLine, SECOND } from "./fake-backend.ts";

export const STREAMS = 2;
/** Entries of each stream, one a second: ten windows of ten seconds. */
export const ENTRIES = 100;
const WINDOW = 10n * SECOND;

export interface Held {
  /** Whether this entry is given to the reader who asks for it for the `reading`-th time, from 1. Default: yes. */
  readonly gives?: (second: number, reading: number, stream: number) => boolean;
  /** What the server counts in a window. Default: all. */
  readonly counts?: (window: number) => number;
  /** Called before each step; it may throw. */
  readonly onStep?: (cursor: Cursor) => void;
}

/** Opens it. */
export function windowedBackend({
  gives = () => true,
  counts = () => STREAMS * 10,
  onStep = () => {},
}: Held): OpenBackend {
  const readings = new Map<string, number>();
  const read = (stream: number, window: Range): bigint[] => {
    const key = `${stream} ${window.from}`;
    const reading = (readings.get(key) ?? 0) + 1;
    readings.set(key, reading);
    const times = Array.from({ length: 10 }, (_, at) => window.from + BigInt(at) * SECOND);
    return times.filter((time) => gives(Number((time - FIRST) / SECOND), reading, stream));
  };
  const backend: Backend = {
    inventory: async () => ({ signals: ["logs"], importance: "high" }),
    size: async () => ({ bytes: 1, source: "estimate" }),
    count: async ({ range }) => ({
      entries: cut(range).reduce((sum, { from }) => sum + counts(Number((from - FIRST) / WINDOW)), 0),
    }),
    export: {
      start: async ({ range }) => ({
        cursors: [...cut(range).map(({ from, to }) => ({ from: `${from}`, to: `${to}` })), { rules: true }],
      }),
      async step(cursor) {
        onStep(cursor);
        return step(cursor, read);
      },
    },
  };
  return { name: "fake", plugin: { name: "fake", about: "a fake", options: v.object({}) }, backend };
}

function cut(range: Range): Range[] {
  const windows: Range[] = [];
  for (let { from } = range; from < range.to; from += WINDOW) windows.push({ from, to: from + WINDOW });
  return windows;
}

function step({ from, to, stream, rules }: Cursor, read: (stream: number, window: Range) => bigint[]): Step {
  if (rules === true) return { objects: [{ path: "fake/rules.json", text: "{}\n", unit: "rules" }] };
  const window = { from: BigInt(String(from)), to: BigInt(String(to)) };
  if (stream === undefined)
    return { next: Array.from({ length: STREAMS }, (_, one) => ({ from, to, stream: one })) };
  const found = read(Number(stream), window);
  if (found.length === 0) return {};
  const text = `${logLine(Number(stream), found)}\n`;
  const counts = { entries: found.length };
  return { records: [{ file: "logs.json", text, lines: 1, ...window, counts, window }] };
}
