/** The export: every entry once, whatever its stream's labels, and the count of it. */
import { expect, test } from "bun:test";
import { seedLoki } from "../../lab/loki/index.ts";
import {
  broughtBy,
  DAY,
  entriesFrom,
  HOUR,
  harvest,
  heldBy,
  MINUTE,
  NOW,
  never,
  put,
  SECOND,
  stage,
  streamsOf,
} from "./support.ts";

test("everything a project's services logged, with its metadata, its times and its counts", async () => {
  await using here = stage();
  seedLoki(here.face, { seed: 1, now: NOW });
  const found = await harvest(here.backend);
  const held = heldBy(here.face);
  expect(held.length).toBeGreaterThan(1_000);
  expect(broughtBy(found)).toEqual(held);
  expect(found.counts).toEqual({ entries: held.length });
  expect(found.problems).toEqual([]);
  expect(await here.backend.count?.({ range: DAY }, never)).toEqual({ entries: held.length });
});

test("an empty store gives nothing and is no error", async () => {
  await using here = stage();
  const found = await harvest(here.backend);
  expect(broughtBy(found)).toEqual([]);
  expect(found.problems).toEqual([]);
  expect(await here.backend.count?.({ range: DAY }, never)).toEqual({ entries: 0 });
});

test("streams whose labels are a part of another's, that share none, or none but the service's name", async () => {
  await using here = stage({ options: { pageSize: 3 } });
  const sets: Record<string, string>[] = [
    { a: "1" },
    { a: "1", b: "2" },
    { a: "1", b: "2", c: "3" },
    { b: "2" },
    { c: "3", b: "2" },
    {},
    { d: 'with "quotes" \\ and {braces}, a=~".*"' },
    { d: "a|b" },
    { d: "a" },
    { d: "line\nbreak" },
    { constructor: "x", __proto: "y" },
  ];
  for (const labels of sets) put(here.face, labels, entriesFrom(NOW - 2n * HOUR, 7, MINUTE));
  expect(broughtBy(await harvest(here.backend))).toEqual(heldBy(here.face));
});

test("without discover_service_name, streams that share no label are found all the same", async () => {
  await using here = stage({ limits: { discover_service_name: [] }, options: { pageSize: 4 } });
  for (const labels of [{ a: "1" }, { b: "1" }, { c: "1" }, { a: "1", c: "1" }, { d: "1", b: "2" }]) {
    put(here.face, labels, entriesFrom(NOW - HOUR, 10, SECOND));
  }
  expect(broughtBy(await harvest(here.backend))).toEqual(heldBy(here.face));
  expect(await here.backend.count?.({ range: DAY }, never)).toEqual({ entries: 50 });
});

test("streams that differ only in __stream_shard__ are one stream, in time order", async () => {
  await using here = stage({ streamShards: 3, options: { pageSize: 16 } });
  for (let push = 0; push < 12; push += 1) {
    put(here.face, { app: "web" }, entriesFrom(NOW - HOUR + BigInt(push), 20, 12n, `push ${push}`));
  }
  expect(here.face.store().streams.length).toBe(4);
  const found = await harvest(here.backend);
  expect(broughtBy(found)).toEqual(heldBy(here.face));
  expect(new Set(streamsOf(found).map(({ stream }) => JSON.stringify(stream))).size).toBe(1);
  for (const { values } of streamsOf(found)) {
    expect(values.map(([time]) => time)).toEqual(values.map(([time]) => time).sort());
  }
  expect(found.problems.map(({ kind }) => kind)).toContain("normalised");
});

test("a selector restricts the export and the count", async () => {
  await using here = stage({ options: { pageSize: 5 } });
  for (const app of ["web", "api", "worker"]) {
    for (const env of ["prod", "dev"]) put(here.face, { app, env }, entriesFrom(NOW - HOUR, 20, SECOND));
  }
  const request = { range: DAY, match: ' { app =~ "web|api", env = `prod` } ' };
  const found = await harvest(here.backend, request);
  const wanted = heldBy(here.face).filter((one) => /"(web|api)"/.test(one) && one.includes('"prod"'));
  expect(wanted.length).toBe(40);
  expect(broughtBy(found)).toEqual(wanted);
  expect(await here.backend.count?.(request, never)).toEqual({ entries: 40 });
});

test.each([
  '{app="web"} |= "x"',
  '{app=""}',
  '{app=~".*"}',
  "app=web",
  "{}",
  '{app="web"',
  '{app="web"} | json',
  'sum(rate({a="b"}[1m]))',
])("%s is not a selector: the export says so before it reads", async (match) => {
  await using here = stage();
  const failed = harvest(here.backend, { range: DAY, match });
  expect(failed).rejects.toThrow(/not a Loki stream selector/);
  await failed.catch(() => undefined);
  expect(here.asked.filter((path) => path.includes("query_range"))).toEqual([]);
});

test("a range that begins and ends within a window, at any nanosecond", async () => {
  await using here = stage({ options: { pageSize: 7 } });
  const from = NOW - 3n * HOUR + 123_456_789n;
  put(here.face, { app: "web" }, entriesFrom(from - 5n, 30, 1n));
  const range = { from, to: from + 17n };
  const found = await harvest(here.backend, { range });
  expect(broughtBy(found)).toEqual(heldBy(here.face, range));
  expect(found.counts).toEqual({ entries: 17 });
  expect(await here.backend.count?.({ range }, never)).toEqual({ entries: 17 });
});

test("less than a millisecond is counted on a server that gives few entries at once", async () => {
  await using here = stage({ limits: { max_entries_limit_per_query: 20 } });
  put(here.face, { app: "web" }, entriesFrom(NOW - HOUR, 12, 10n));
  const count = (to: bigint) => here.backend.count?.({ range: { from: NOW - HOUR, to } }, never);
  expect(await count(NOW - HOUR + 500n)).toEqual({ entries: 12 });
  put(here.face, { app: "api" }, entriesFrom(NOW - HOUR, 30, 10n));
  expect(await count(NOW - HOUR + 500n)).toBeUndefined();
});

test("long lines of one stream are cut into lines of about a MiB, none of an entry in two", async () => {
  await using here = stage({ limits: { grpc_server_max_recv_msg_size: 64 << 20 } });
  const entries = entriesFrom(NOW - HOUR, 40, SECOND).map((one) => ({
    ...one,
    line: one.line.padEnd(100_000, "x"),
  }));
  put(here.face, { app: "web" }, entries);
  const found = await harvest(here.backend);
  const lines = found.lines.get("logs.json") ?? [];
  expect(broughtBy(found)).toEqual(heldBy(here.face));
  expect(lines.length).toBeGreaterThan(3);
  expect(Math.max(...lines.map((line) => line.length))).toBeLessThan((1 << 20) + 110_000);
});

test("streams whose label values are long do not make a query, or a cursor, that is too long", async () => {
  await using here = stage({ options: { pageSize: 50 } });
  for (let index = 0; index < 60; index += 1) {
    put(here.face, { app: "web", path: `${index}${"/long".repeat(60)}` }, entriesFrom(NOW - HOUR, 5, MINUTE));
  }
  const found = await harvest(here.backend);
  expect(broughtBy(found)).toEqual(heldBy(here.face));
  expect(Math.max(...here.asked.map((query) => query.length))).toBeLessThan(12_000);
});

test("lines that may still be on their way are left to the next export, and it is said where this one ends", async () => {
  await using here = stage({ options: { settle: "30s" } });
  const time = NOW - 30n * SECOND;
  put(here.face, { app: "web" }, [
    { time: time - 1n, line: "settled" },
    { time, line: "on its way" },
  ]);
  const start = (range: typeof DAY) => here.backend.export.start({ range }, never);
  const found = await harvest(here.backend);
  expect(broughtBy(found)).toEqual(heldBy(here.face, { from: DAY.from, to: time }));
  expect((await start(DAY)).exportedUntil).toBe(time);
  expect((await start({ from: DAY.from, to: time })).exportedUntil).toBeUndefined();
  // A range that is too new altogether is read no further than it begins.
  const { cursors, exportedUntil } = await start({ from: NOW - SECOND, to: NOW });
  expect([exportedUntil, cursors.filter(({ from }) => from !== undefined)]).toEqual([NOW - SECOND, []]);
});
