/** A window that was written to lately is believed once two equal counts lie apart: a server can agree with its own short answer. */
import { describe, expect, test } from "bun:test";
import type { Backend } from "contextcore";
import { Interrupted } from "../../src/export/errors.ts";
import type { ExportJob, ExportProgress } from "../../src/export/types.ts";
import type { OpenBackend } from "../../src/host/open.ts";
import { entriesFrom, HOUR, NOW, put, SECOND, stage } from "../plugins/loki/support.ts";
import { FIRST, fakeRange } from "./fake-backend.ts";
import { FAST, runExport, scratch } from "./run.ts";
import { ENTRIES, type Held, STREAMS, windowedBackend } from "./windowed-backend.ts";

const DAY_NS = 86_400n * SECOND;
/** Ten windows, and the rest: what came without one is compared over the whole range. */
const QUESTIONS = 11;

/** A backend in memory whose clock stands so long after the beginning of its data, and how often it was asked to count. */
function watched(held: Held, now: bigint) {
  const open = windowedBackend(held);
  const times: number[] = [];
  const count: Backend["count"] = async (request, signal) => {
    times.push(performance.now());
    return open.backend.count?.(request, signal);
  };
  return { times, open: { ...open, clock: () => FIRST + now, backend: { ...open.backend, count } } };
}

const jobFor = (recountMs: number, opens: readonly OpenBackend[], more: Partial<ExportJob> = {}) => ({
  backends: opens.map((open) => ({ open, request: { range: fakeRange(ENTRIES) } })),
  tuning: { ...FAST, recountMs },
  ...more,
});

/** Blocks everything, so that the export is long. */
function dawdle(ms: number): void {
  for (const until = performance.now() + ms; performance.now() < until; );
}

describe("a window that ended lately", () => {
  test("is counted once more, so long after the count before that the two prove one another", async () => {
    using dir = scratch();
    const { open, times } = watched({}, 200n * SECOND);
    const { manifest } = await runExport(dir.path, [], jobFor(300, [open]));
    expect(manifest.plugins[0]?.agrees).toBe(true);
    expect(times.length).toBe(1 + 2 * QUESTIONS);
    const [before = 0, last = 0] = [times[0], times.at(-QUESTIONS)];
    expect(last - before).toBeGreaterThanOrEqual(300);
    expect(last - before).toBeLessThan(600);
  });

  test("is not counted again after a long export: the count before it is old enough", async () => {
    using dir = scratch();
    const { open, times } = watched({ onStep: () => dawdle(10) }, 200n * SECOND);
    const { manifest } = await runExport(dir.path, [], jobFor(100, [open]));
    expect(manifest.plugins[0]?.agrees).toBe(true);
    expect(times.length).toBe(1 + QUESTIONS);
  });

  test("is one of the last 24 hours by the server's clock; the others are counted once", async () => {
    using dir = scratch();
    const { open, times } = watched({}, DAY_NS + 75n * SECOND);
    await runExport(dir.path, [], jobFor(1_000, [open]));
    // Those that end at 80, 90 and 100 s, and the rest.
    expect(times.length).toBe(1 + QUESTIONS + 3 + 1);
  });

  test("with 0 no count is asked for again, not even one that differs", async () => {
    using dir = scratch();
    const held: Held = { counts: (window) => STREAMS * 10 + (window === 9 ? 1 : 0) };
    const { open, times } = watched(held, 200n * SECOND);
    const { manifest } = await runExport(dir.path, [], jobFor(0, [open]));
    expect(manifest.status).toBe("partial");
    // None before, with which nothing would be compared; the last is of what was read a second time.
    expect(times.length).toBe(QUESTIONS + 1);
  });

  test("is waited for by all backends at the same time, and the progress says what is done meanwhile", async () => {
    using dir = scratch();
    const opens = ["a", "b", "c", "d"].map((name) => ({ ...watched({}, 200n * SECOND).open, name }));
    const states: Record<string, string> = {};
    const during: Record<string, string>[] = [];
    const onProgress = ({ name, state }: ExportProgress) => {
      states[name] = state;
    };
    const timer = setInterval(() => during.push({ ...states }), 100);
    const began = performance.now();
    await runExport(dir.path, [], jobFor(800, opens, { onProgress }));
    clearInterval(timer);
    expect(performance.now() - began).toBeLessThan(1_600);
    expect(during).toContainEqual({ a: "counting", b: "counting", c: "counting", d: "counting" });
  });

  test("is not waited for by who interrupts the export", async () => {
    using dir = scratch();
    const abort = new AbortController();
    let given = 0;
    const onProgress = ({ state }: ExportProgress) => {
      if (state !== "counting" || given > 0) return;
      given = -1;
      setTimeout(() => {
        given = performance.now();
        abort.abort(new Error("interrupted"));
      }, 200);
    };
    const { open } = watched({}, 200n * SECOND);
    const job = jobFor(60_000, [open], { onProgress, signal: abort.signal });
    await expect(runExport(dir.path, [], job)).rejects.toThrow(Interrupted);
    expect(performance.now() - given).toBeLessThan(1_000);
  });
});

test("lines that Loki shows only after a while, and whose lack its counts agree with, are found", async () => {
  using dir = scratch();
  let now = NOW;
  await using here = stage({ now: () => now, visibilityDelay: 40n * SECOND });
  put(here.face, { app: "web" }, entriesFrom(NOW - HOUR, 10, SECOND));
  now += 40n * SECOND;
  put(here.face, { app: "web" }, entriesFrom(NOW - HOUR / 2n, 90, SECOND));
  const plugin = { name: "loki", about: "of the lab", options: {} as never };
  const open: OpenBackend = { name: "loki", plugin, backend: here.backend, clock: () => now };
  let isShown = false;
  const { manifest } = await runExport(dir.path, [], {
    backends: [{ open, request: { range: { from: NOW - 6n * HOUR, to: NOW } } }],
    tuning: { ...FAST, recountMs: 1_500 },
    onProgress: ({ state }) => {
      if (state !== "counting" || isShown) return;
      isShown = true;
      setTimeout(() => (now += 40n * SECOND), 700);
    },
  });
  const [loki] = manifest.plugins;
  expect([manifest.status, loki?.agrees, loki?.counts.entries]).toEqual(["complete", true, 100]);
  expect(loki?.notes["read twice"]).toStartWith("1 window, ");
});

test("a window in which there is nothing is counted once, unless it ended within the last minute", async () => {
  using dir = scratch();
  await using here = stage({ now: () => NOW });
  const timesUntil = async (to: bigint): Promise<number> => {
    let times = 0;
    const count: Backend["count"] = async (request, signal) => {
      times += 1;
      return here.backend.count?.(request, signal);
    };
    const plugin = { name: "loki", about: "of the lab", options: {} as never };
    const open: OpenBackend = { name: "loki", plugin, backend: { ...here.backend, count }, clock: () => NOW };
    const range = { from: to - SECOND, to };
    await runExport(dir.path, [], {
      backends: [{ open, request: { range } }],
      tuning: { ...FAST, recountMs: 50 },
    });
    return times;
  };
  expect(await timesUntil(NOW - 61n * SECOND)).toBe(2);
  expect(await timesUntil(NOW - 59n * SECOND)).toBe(3);
});
