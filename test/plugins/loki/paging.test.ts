/** Pages: wherever one ends, every entry once and in its order, and no more calls than that takes. */
import { expect, test } from "bun:test";
import {
  broughtBy,
  entriesFrom,
  HOUR,
  harvest,
  heldBy,
  MINUTE,
  NOW,
  put,
  SECOND,
  stage,
  streamsOf,
} from "./support.ts";

test("equal nanoseconds over a page's border come once, in their order", async () => {
  await using here = stage({ options: { pageSize: 10 } });
  const entries = Array.from({ length: 100 }, (_, index) => ({
    time: NOW - HOUR + BigInt(Math.floor(index / 7)),
    line: `${String(index).padStart(3, "0")}`,
  }));
  put(here.face, { app: "web" }, entries);
  const found = await harvest(here.backend);
  expect(streamsOf(found).flatMap(({ values }) => values.map(([, line]) => line))).toEqual(
    entries.map(({ line }) => line),
  );
});

test("the same line in the same nanosecond with other metadata is another entry", async () => {
  await using here = stage({ options: { pageSize: 4 } });
  const time = NOW - HOUR;
  put(here.face, { app: "web" }, [
    ...Array.from({ length: 6 }, (_, index) => ({ time, line: "same", metadata: { trace_id: `${index}` } })),
    { time: time + 1n, line: "same" },
  ]);
  const found = await harvest(here.backend);
  expect(broughtBy(found)).toEqual(heldBy(here.face));
  expect(found.counts).toEqual({ entries: 7 });
});

test("a nanosecond with more entries than an answer holds is told apart by labels, lines and metadata", async () => {
  await using here = stage({ limits: { max_entries_limit_per_query: 50 } });
  const time = NOW - HOUR;
  const lines = (count: number, line: (index: number) => string) =>
    Array.from({ length: count }, (_, index) => ({ time, line: line(index) }));
  put(
    here.face,
    { app: "a" },
    lines(400, (index) => `request ${index % 2 ? "ok" : "ä✨"} ${index}`),
  );
  put(
    here.face,
    { app: "b" },
    lines(300, (index) => "x".repeat(index)),
  );
  put(
    here.face,
    { app: "c" },
    Array.from({ length: 200 }, (_, index) => ({ time, line: "same", metadata: { id: `${index}` } })),
  );
  put(here.face, { app: "a" }, entriesFrom(time + 1n, 30, 1n));
  const found = await harvest(here.backend);
  expect(broughtBy(found)).toEqual(heldBy(here.face));
  expect(found.problems.every(({ kind, range }) => kind === "lossy" && range?.from === time)).toBe(true);
  expect(found.problems.length).toBeGreaterThan(0);
});

test("what nothing tells apart in one nanosecond is reported, never skipped silently", async () => {
  await using here = stage({ limits: { max_entries_limit_per_query: 4 } });
  const time = NOW - HOUR;
  const prefix = "x".repeat(2_000);
  put(
    here.face,
    { app: "a" },
    Array.from({ length: 6 }, (_, index) => ({ time, line: `${prefix}${index}` })),
  );
  put(here.face, { app: "a" }, [{ time: time + 1n, line: "after" }]);
  const found = await harvest(here.backend);
  expect(found.counts).toEqual({ entries: 5 });
  expect(found.problems).toEqual([
    {
      kind: "incomplete",
      reason: "more entries in one nanosecond than Loki gives in one answer, and nothing tells them apart",
      range: { from: time, to: time + 1n },
    },
  ]);
});

test("thousands of streams with a few lines do not cost a request each", async () => {
  await using here = stage();
  for (let index = 0; index < 2_000; index += 1) {
    put(here.face, { app: "job", pod: `job-${index}` }, entriesFrom(NOW - HOUR + BigInt(index), 3, SECOND));
  }
  const found = await harvest(here.backend);
  expect(found.counts).toEqual({ entries: 6_000 });
  expect(broughtBy(found)).toEqual(heldBy(here.face));
  expect(here.asked.length).toBeLessThan(60);
});

test("a busy stream beside quiet ones gets pages of its own", async () => {
  await using here = stage({ options: { pageSize: 100 } });
  put(here.face, { app: "busy" }, entriesFrom(NOW - 2n * HOUR, 3_000, SECOND));
  for (let index = 0; index < 50; index += 1) {
    put(here.face, { app: "quiet", pod: `${index}` }, entriesFrom(NOW - 2n * HOUR, 2, MINUTE));
  }
  const found = await harvest(here.backend);
  expect(broughtBy(found)).toEqual(heldBy(here.face));
  const alone = here.asked.filter((path) => path.includes('app="busy"') || path.includes('pod=""'));
  expect(alone.length).toBeGreaterThan(25);
});
