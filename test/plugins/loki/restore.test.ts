/** Putting lines back: an export of what was restored equals the first. */
import { expect, test } from "bun:test";
import fc from "fast-check";
import { seedLoki } from "../../lab/loki/index.ts";
import { applyLines, lineOf, restore } from "./restoring.ts";
import { broughtBy, entriesFrom, HOUR, harvest, heldBy, MINUTE, NOW, put, stage } from "./support.ts";

test("into an empty Loki, and exported again: equal", async () => {
  await using here = stage({ options: { pageSize: 200 } });
  await using empty = stage();
  seedLoki(here.face, { seed: 3, now: NOW });
  const first = await harvest(here.backend);
  const applied = await restore(empty.backend, first);
  expect(applied).toEqual({ written: first.counts.entries ?? 0, existing: 0, rejected: [] });
  expect(broughtBy(await harvest(empty.backend))).toEqual(broughtBy(first));
});

test("random entries come back as they were, whatever is in them", async () => {
  const text = fc.string({ unit: "grapheme", maxLength: 20 });
  const entry = fc.record({
    time: fc.bigInt({ min: NOW - 20n * HOUR, max: NOW - 1n }),
    line: fc.oneof(text, fc.constantFrom("", "\u0000", "<&>\u2028", '{"a":1}')),
    metadata: fc.oneof(
      fc.dictionary(fc.constantFrom("trace_id", "k"), text, { maxKeys: 2 }),
      fc.record({ detected_level: fc.constantFrom("info", "WARN", "odd") }),
    ),
  });
  const streams = fc.array(
    fc.tuple(fc.string({ minLength: 1, maxLength: 4 }), fc.array(entry, { minLength: 1, maxLength: 40 })),
    {
      minLength: 1,
      maxLength: 5,
    },
  );
  await fc.assert(
    fc.asyncProperty(streams, async (given) => {
      await using here = stage({ limits: { max_chunk_age: "1w" }, options: { pageSize: 16 } });
      await using empty = stage();
      for (const [app, entries] of given) put(here.face, { app }, entries);
      const first = await harvest(here.backend);
      expect((await restore(empty.backend, first)).rejected).toEqual([]);
      expect(broughtBy(await harvest(empty.backend))).toEqual(heldBy(here.face));
    }),
    { numRuns: 25 },
  );
}, 30_000);

test("a second time changes nothing: what is refused as too far behind is found to be there", async () => {
  await using here = stage();
  await using empty = stage();
  for (const app of ["web", "api"]) put(here.face, { app }, entriesFrom(NOW - 20n * HOUR, 100, 10n * MINUTE));
  const first = await harvest(here.backend);
  await restore(empty.backend, first);
  const held = heldBy(empty.face);
  const again = await restore(empty.backend, first);
  expect(again.rejected).toEqual([]);
  expect(again.written + again.existing).toBe(200);
  expect(again.existing).toBeGreaterThan(150);
  expect(heldBy(empty.face)).toEqual(held);
});

test("lines that say no level are found to be there with the level that the server gave them", async () => {
  await using empty = stage();
  const lines = [lineOf({ app: "a" }, entriesFrom(NOW - 10n * HOUR, 100, 5n * MINUTE))];
  await applyLines(empty.backend, lines);
  expect((await applyLines(empty.backend, lines))?.rejected).toEqual([]);
  expect(heldBy(empty.face).length).toBe(100);
});

test("with a label of its own a restore stands beside newer data", async () => {
  await using here = stage();
  await using busy = stage();
  put(here.face, { app: "web" }, entriesFrom(NOW - 10n * HOUR, 10, MINUTE));
  put(busy.face, { app: "web" }, [{ time: NOW - MINUTE, line: "newest" }]);
  const applied = await restore(busy.backend, await harvest(here.backend), { restored_from: "monday" });
  expect(applied).toEqual({ written: 10, existing: 0, rejected: [] });
  expect(heldBy(busy.face).filter((one) => one.includes('["restored_from","monday"]')).length).toBe(10);
});

test("only what lies within the range is written, and the server's own labels never", async () => {
  await using empty = stage();
  const times = [NOW - 2n * HOUR, NOW - HOUR, NOW - MINUTE];
  const line = lineOf(
    { app: "a", __stream_shard__: "3", __backfill__: "true" },
    times.map((time) => ({ time, line: "x" })),
  );
  const range = { from: NOW - HOUR, to: NOW - MINUTE };
  const answer = await applyLines(empty.backend, [line], range);
  expect(answer?.written).toEqual({ entries: 1 });
  expect(heldBy(empty.face)).toEqual([
    `[["app","a"],["service_name","a"]] ${NOW - HOUR} "x" [["detected_level","unknown"]]`,
  ]);
});

test("a selector picks lines by their stream's labels", async () => {
  await using here = stage();
  const matcher = here.backend.restore?.matcher?.('{app=~"web|api", env!="dev"}');
  const line = (stream: object) => JSON.stringify({ streams: [{ stream, values: [] }] });
  const kept = [{ app: "web" }, { app: "api", env: "prod" }, { app: "web", env: "dev" }, { app: "webx" }, {}];
  expect(kept.filter((labels) => matcher?.(line(labels), "logs.json") !== undefined)).toEqual(
    kept.slice(0, 2),
  );
  expect(matcher?.("name: x", "loki/rules/a/b.yaml")).toBeUndefined();
  expect(() => here.backend.restore?.matcher?.("app=web")).toThrow(/not a Loki stream selector/);
});
