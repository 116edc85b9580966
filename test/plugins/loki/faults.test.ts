/** What can go wrong on the server's side: less is asked for, or it is said what is missing; never a quiet gap. */
import { expect, test } from "bun:test";
import {
  broughtBy,
  DAY,
  entriesFrom,
  failure,
  HOUR,
  harvest,
  heldBy,
  MINUTE,
  NOW,
  never,
  openLoki,
  put,
  SECOND,
  stage,
  streamsOf,
  YOUNG,
} from "./support.ts";

test("answers that are too large for the server are asked for in smaller pages, which grow again", async () => {
  await using here = stage({ limits: { grpc_server_max_recv_msg_size: 20_000 } });
  const long = entriesFrom(NOW - 3n * HOUR, 40, MINUTE).map((one, index) => ({
    ...one,
    line: `${one.line} ${"x".repeat(index < 20 ? 4_000 : 10)}`,
  }));
  put(here.face, { app: "web" }, long);
  put(here.face, { app: "api" }, entriesFrom(NOW - 3n * HOUR, 500, SECOND));
  const found = await harvest(here.backend);
  expect(broughtBy(found)).toEqual(heldBy(here.face));
  expect(found.problems).toEqual([]);
});

test("one line that is larger than any answer is named, and the lines around it are kept", async () => {
  await using here = stage({ limits: { grpc_server_max_recv_msg_size: 20_000 } });
  const time = NOW - HOUR;
  put(here.face, { app: "web" }, [
    { time: time - 1n, line: "before" },
    { time, line: "x".repeat(30_000) },
    { time: time + 1n, line: "after" },
  ]);
  const found = await harvest(here.backend);
  expect(
    streamsOf(found)
      .flatMap(({ values }) => values.map(([, line]) => line))
      .sort(),
  ).toEqual(["after", "before"]);
  expect(found.problems.map(({ kind, range }) => ({ kind, range }))).toEqual([
    { kind: "incomplete", range: { from: time, to: time + 1n } },
  ]);
});

test("a time limit on the server makes the range shorter", async () => {
  await using here = stage();
  put(here.face, { app: "web" }, entriesFrom(NOW - 5n * HOUR, 100, MINUTE));
  here.faults.add({
    kind: "status",
    status: 504,
    path: "query_range",
    times: 3,
    body: "request timed out, decrease the duration of the request",
  });
  const found = await harvest(here.backend);
  expect(broughtBy(found)).toEqual(heldBy(here.face));
  expect(here.faults.struck).toBe(3);
});

test("a server that always runs into its time limit is the engine's to judge, and does not make endless cursors", async () => {
  await using here = stage();
  put(here.face, { app: "web" }, entriesFrom(NOW - 5n * HOUR, 100, MINUTE));
  here.faults.add({ kind: "status", status: 504, path: "query_range", body: "request timed out" });
  const error = await failure(harvest(here.backend, { range: DAY }, (waiting) => waiting - 1));
  expect(error).toMatchObject({ kind: "temporary", status: 504 });
  expect(here.asked.length).toBeLessThan(20);
});

test("a smaller max_entries_limit_per_query than was read is learned from the refusal", async () => {
  await using here = stage({ limits: { max_entries_limit_per_query: 40 }, options: { pageSize: 1000 } });
  put(here.face, { app: "web" }, entriesFrom(NOW - HOUR, 333, SECOND));
  here.faults.add({ kind: "status", status: 404, path: "^/config" });
  const found = await harvest(here.backend, { range: YOUNG });
  expect(broughtBy(found)).toEqual(heldBy(here.face));
});

test("429 is temporary and carries the time that the server asks for", async () => {
  await using here = stage();
  put(here.face, { app: "web" }, entriesFrom(NOW - HOUR, 3, SECOND));
  here.faults.add({
    kind: "status",
    status: 429,
    path: "query_range",
    retryAfter: 7,
    body: "too many outstanding requests",
  });
  const error = await failure(harvest(here.backend));
  expect(error).toMatchObject({ kind: "temporary", retryAfterMs: 7_000, status: 429 });
});

test("max_query_lookback is known before, and what it hides is reported as clamped", async () => {
  await using here = stage({ limits: { max_query_lookback: "2h" } });
  put(here.face, { app: "web" }, entriesFrom(NOW - 10n * HOUR, 10, HOUR));
  const found = await harvest(here.backend);
  const oldest = NOW - 2n * HOUR;
  expect(broughtBy(found)).toEqual(heldBy(here.face, { from: oldest, to: NOW }));
  expect(found.problems).toEqual([
    {
      kind: "clamped",
      reason: `limits_config.max_query_lookback = 2h: Loki shows nothing older than ${new Date(Number(oldest / 1_000_000n)).toISOString().slice(0, 19)}Z`,
      range: { from: DAY.from, to: oldest },
    },
  ]);
  const within = await harvest(here.backend, { range: { from: NOW - HOUR, to: NOW } });
  expect(within.problems).toEqual([]);
});

test("lines that were pushed late and are not flushed are spoken of, and a flush shows them", async () => {
  await using here = stage({ limits: { query_ingesters_within: "3h" } });
  const lines = entriesFrom(NOW - 10n * HOUR, 10, HOUR);
  here.face.push([
    { labels: [["app", "web"]], entries: lines.map(({ time, line }) => ({ time, line, metadata: [] })) },
  ]);
  const found = await harvest(here.backend);
  expect(found.counts).toEqual({ entries: 3 });
  expect(found.problems.map(({ kind, range }) => ({ kind, range }))).toEqual([
    { kind: "not-contained", range: { from: DAY.from, to: NOW - 3n * HOUR } },
  ]);
  expect(found.problems[0]?.reason).toContain("querier.query_ingesters_within = 3h: lines from before");
  await here.backend.flush?.(never);
  expect((await harvest(here.backend)).counts).toEqual({ entries: 10 });
  expect((await harvest(here.backend, { range: { from: NOW - HOUR, to: NOW } })).problems).toEqual([]);
});

test("tenant and credentials are sent; without a tenant the server's words are passed on", async () => {
  await using here = stage({ authEnabled: true });
  here.face.push(
    [{ labels: [["app", "web"]], entries: [{ time: NOW - HOUR, line: "x", metadata: [] }] }],
    "team-a",
  );
  const found = await harvest(openLoki({ url: here.url, tenant: "team-a" }));
  expect(found.counts).toEqual({ entries: 1 });
  expect(await harvest(openLoki({ url: here.url, tenant: "team-b" }))).toMatchObject({ counts: {} });
  const error = await failure(harvest(here.backend));
  expect(error).toMatchObject({
    kind: "refused",
    status: 401,
    message: expect.stringContaining("no org id"),
  });
});

test("an export that is given up stops at once", async () => {
  await using here = stage();
  put(here.face, { app: "web" }, entriesFrom(NOW - HOUR, 3, SECOND));
  here.faults.add({ kind: "hang", path: "query_range" });
  const stopper = new AbortController();
  const cursor = {
    kind: "read",
    selector: '{app="web"}',
    limit: 10,
    most: 10,
    from: `${DAY.from}`,
    to: `${DAY.to}`,
    window: { from: `${DAY.from}`, to: `${DAY.to}` },
  };
  const step = here.backend.export.step(cursor, stopper.signal);
  stopper.abort(new Error("given up"));
  expect(step).rejects.toThrow("given up");
});

test("a cursor of another version is refused, not guessed at", async () => {
  await using here = stage();
  expect(here.backend.export.step({ kind: "page", from: "1" }, never)).rejects.toThrow(
    /not a cursor of this version/,
  );
});

test("data that is not visible yet is missing from the export and from the count alike, and there later", async () => {
  let now = NOW;
  await using here = stage({ now: () => now, visibilityDelay: 40n * SECOND });
  put(here.face, { app: "web" }, entriesFrom(NOW - HOUR, 10, SECOND));
  const early = await harvest(here.backend);
  expect([early.counts, await here.backend.count?.({ range: DAY }, never)]).toEqual([{}, { entries: 0 }]);
  now += MINUTE;
  const late = await harvest(here.backend);
  expect([late.counts, await here.backend.count?.({ range: DAY }, never)]).toEqual([
    { entries: 10 },
    { entries: 10 },
  ]);
});
