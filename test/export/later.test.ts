/** Cursors that say when they may be run at the earliest, by the server's clock. */
import { expect, test } from "bun:test";
import type { Cursor, Step } from "contextcore";
import { Interrupted } from "../../src/export/errors.ts";
import { resumeSnapshot } from "../../src/export/export-snapshot.ts";
import type { ExportProgress } from "../../src/export/types.ts";
import { listPartials } from "../../src/snapshot/write/partial.ts";
import { type FakeOptions, FIRST, fakeBackend, SECOND } from "./fake-backend.ts";
import { allTimes, jobOf, type REQUEST, runExport, scratch, timesByStream } from "./run.ts";

/** A server's clock that runs from the first entry's time on. */
function clock() {
  const began = performance.now();
  return () => FIRST + BigInt(Math.round((performance.now() - began) * 1e6));
}

/** The first pages of stream 0 are to be read `wait` ns after the beginning; what runs is noted. */
function waiting(wait: bigint, more: FakeOptions = {}) {
  const now = clock();
  const ran: { stream: unknown; at: bigint }[] = [];
  const onStep = (cursor: Cursor): Step | undefined => {
    ran.push({ stream: cursor.stream, at: now() - FIRST });
    if (cursor.stream !== "all") return undefined;
    return {
      next: [0, 1, 2].map((stream) => ({
        ...cursor,
        stream,
        ...(stream === 0 ? { notBefore: `${FIRST + wait}` } : {}),
      })),
    };
  };
  return { ran, open: { ...fakeBackend({ onStep, ...more }), clock: now } };
}

test("a cursor waits until its time, and all others are run meanwhile", async () => {
  using dir = scratch();
  const { ran, open } = waiting(600n * (SECOND / 1000n));
  const pauses: number[] = [];
  const onProgress = ({ goesOnInMs }: ExportProgress): void => {
    if (goesOnInMs !== undefined) pauses.push(goesOnInMs);
  };
  const { path, manifest } = await runExport(dir.path, [open], { onProgress, concurrency: 1 });
  expect(manifest.status).toBe("complete");
  expect(timesByStream(path)).toEqual(allTimes(3, 20));
  const early = ran.filter(({ at }) => at < 600n * (SECOND / 1000n));
  expect(early.map(({ stream }) => stream)).toEqual(["all", 1, 1, 1, 1, 2, 2, 2, 2]);
  expect(ran.slice(early.length).map(({ stream }) => stream)).toEqual([0, 0, 0, 0]);
  expect(Math.max(...pauses)).toBeGreaterThan(200);
  expect(Math.max(...pauses)).toBeLessThanOrEqual(600);
});

test("who interrupts the export is not kept waiting, and a resumed one still waits until that time", async () => {
  using dir = scratch();
  const { ran, open } = waiting(1_500n * (SECOND / 1000n));
  const stopper = new AbortController();
  const onProgress = ({ goesOnInMs }: ExportProgress): void => {
    if (goesOnInMs !== undefined) stopper.abort(new Error("interrupted"));
  };
  await expect(runExport(dir.path, [open], { onProgress, signal: stopper.signal })).rejects.toThrow(
    Interrupted,
  );
  expect(ran.every(({ at }) => at < SECOND)).toBe(true);
  const [partial = ""] = await listPartials(dir.path);
  const { directory: _, ...job } = jobOf(dir.path, [open]);
  const { path } = await resumeSnapshot(partial, job);
  expect(timesByStream(path)).toEqual(allTimes(3, 20));
  const last = ran.filter(({ stream }) => stream === 0);
  expect(last.length).toBe(4);
  expect(last.every(({ at }) => at >= 1_500n * (SECOND / 1000n))).toBe(true);
});

test("a time that is none, or more than an hour away, is an error of the plugin's", async () => {
  using dir = scratch();
  for (const [notBefore, reason] of [
    ["soon", "a cursor's member notBefore is not a time in ns, as decimal digits"],
    [`${FIRST + 3_700n * SECOND}`, "a cursor waits for more than an hour"],
  ]) {
    const onStep = (cursor: Cursor): Step | undefined =>
      cursor.stream === "all" ? { next: [{ ...cursor, stream: 0, notBefore }] } : undefined;
    const open = { ...fakeBackend({ onStep }), clock: clock() };
    const { manifest } = await runExport(dir.path, [open]);
    expect(manifest.plugins[0]?.problems[0]?.reason).toContain(reason);
  }
});

test.each([
  ["heeds its signal", true],
  ["does not heed its signal", false],
])(
  "the count of before delays no reading, and is given up when that has ended: one that %s",
  async (_, heeds) => {
    using dir = scratch();
    let isGivenUp = !heeds;
    let asked = 0;
    const fake = fakeBackend();
    const count = fake.backend.count;
    const open = {
      ...fake,
      backend: {
        ...fake.backend,
        async count(request: typeof REQUEST, signal: AbortSignal) {
          asked += 1;
          if (asked > 1) return count?.(request, signal);
          await new Promise((resolve) => heeds && signal.addEventListener("abort", resolve));
          isGivenUp = true;
          return undefined;
        },
      },
    };
    const { path, manifest } = await runExport(dir.path, [open]);
    expect(manifest.status).toBe("complete");
    expect(timesByStream(path)).toEqual(allTimes(3, 20));
    expect(isGivenUp).toBe(true);
  },
);
