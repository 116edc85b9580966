/**
 * Spans of old times that have just come: Tempo keeps them where its searches of such times do not look, until their block
 * is listed. The lab's Tempo does the same: live, then in the live store, then nowhere, then in a listed block.
 */
import { expect, test } from "bun:test";
import * as v from "valibot";
import { storedTrace } from "../../lab/tempo/store.ts";
import { HOUR, harvest, MINUTE, NOW, never, SECOND, span, stage, traceOf } from "./support.ts";

const RANGE = { from: NOW - 24n * HOUR, to: NOW - 2n * MINUTE };
const SPANS = 3;

/** A clock that runs from a moment on, and so many times as fast as ours that minutes can be waited for. */
function clock(start: bigint, speed: number): () => bigint {
  const began = performance.now();
  return () => start + BigInt(Math.round((performance.now() - began) * speed)) * 1_000_000n;
}

/** Pushes traces of a moment, each with three spans. */
async function push(otlpUrl: string, count: number, from: bigint, digit = "a"): Promise<void> {
  const resourceSpans = Array.from({ length: count }, (_, index) => {
    const traceId = (index + 1).toString(16).padStart(32, digit);
    const spans = Array.from({ length: SPANS }, (_, number) => ({
      traceId,
      spanId: (number + 1).toString(16).padStart(16, "0"),
      name: "late",
      startTimeUnixNano: String(from + BigInt(index) * SECOND),
      endTimeUnixNano: String(from + BigInt(index) * SECOND + 5_000_000n),
    }));
    return { resource: { attributes: [] }, scopeSpans: [{ scope: { name: "test" }, spans }] };
  });
  const answer = await fetch(`${otlpUrl}/v1/traces`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ resourceSpans }),
  });
  expect(answer.status).toBe(200);
}

const searchAll = async (url: string): Promise<number> => {
  const [start, end] = [RANGE.from / SECOND, (NOW - HOUR) / SECOND];
  const answer = await fetch(`${url}/api/search?q={}&limit=1000&start=${start}&end=${end}`);
  return v.parse(v.object({ traces: v.array(v.unknown()) }), await answer.json()).traces.length;
};

/** Old spans are listed only after five minutes. */
const LATE = { blocklistPoll: 300n * SECOND };
/** A moment at which the list has just been read. */
const POLLED = (NOW / (300n * SECOND)) * 300n * SECOND;

test("old traces that no search shows yet are exported, counted, and seen as the oldest", async () => {
  await using here = stage({ limits: LATE, now: () => POLLED + SECOND });
  here.face.add([storedTrace("b".repeat(32), traceOf("shop", [span("b".repeat(32), "1", NOW - 2n * HOUR)]))]);
  await push(here.otlpUrl, 40, NOW - 6n * HOUR);
  expect(await searchAll(here.url)).toBe(1);
  expect((await here.backend.inventory(never)).oldest).toBe(NOW - 6n * HOUR);
  expect(await here.open().count?.({ range: RANGE }, never)).toEqual({ spansInRange: 40 * SPANS + 1 });
  const found = await harvest(here.backend, { range: RANGE });
  expect(found.counts).toMatchObject({ traces: 41, spans: 40 * SPANS + 1 });
  expect(found.problems).toEqual([]);
});

test("a server that lists fewer at once than are asked for is counted all the same", async () => {
  await using here = stage({ limits: { ...LATE, maxResultLimit: 15 }, now: () => POLLED + SECOND });
  await push(here.otlpUrl, 40, NOW - 6n * HOUR);
  expect(await here.backend.count?.({ range: RANGE }, never)).toEqual({ spansInRange: 40 * SPANS });
  const found = await harvest(here.open(), { range: RANGE });
  expect(found.counts).toMatchObject({ traces: 40 });
  expect(found.problems).toEqual([]);
});

test("more late traces in one second than a search lists are not counted short", async () => {
  await using here = stage({ limits: { ...LATE, maxResultLimit: 2 }, now: () => POLLED + SECOND });
  for (const digit of ["b", "c", "d"]) await push(here.otlpUrl, 1, NOW - 6n * HOUR, digit);
  expect(await here.backend.count?.({ range: RANGE }, never)).toBeUndefined();
});

test("no search of an inventory or a size asks for more than the server lists at once", async () => {
  await using here = stage({ limits: { ...LATE, maxResultLimit: 15 }, now: () => POLLED + SECOND });
  await push(here.otlpUrl, 4, NOW - 6n * HOUR);
  expect((await here.backend.inventory(never)).oldest).toBe(NOW - 6n * HOUR);
  expect(await here.open().size?.(never)).toMatchObject({ source: "estimate" });
});

test("a trace that reaches over the end of the count is counted by its spans", async () => {
  await using here = stage({ limits: LATE, now: () => POLLED + SECOND });
  await push(here.otlpUrl, 4, NOW - 6n * HOUR);
  const to = NOW - 6n * HOUR + 2n * SECOND + 1n;
  expect(await here.backend.count?.({ range: { from: RANGE.from, to } }, never)).toEqual({
    spansInRange: 3 * SPANS,
  });
});

test("once their block is listed, nothing is counted or written twice", async () => {
  let now = POLLED + SECOND;
  await using here = stage({ limits: LATE, now: () => now });
  await push(here.otlpUrl, 10, NOW - 6n * HOUR);
  now += 300n * SECOND;
  expect(await searchAll(here.url)).toBe(10);
  expect(await here.backend.count?.({ range: RANGE }, never)).toEqual({ spansInRange: 10 * SPANS });
  expect((await harvest(here.open(), { range: RANGE })).counts).toMatchObject({ traces: 10 });
});

test("traces that are still live when the export begins are waited for", async () => {
  const now = clock(POLLED + SECOND, 1);
  await using here = stage({ limits: { writtenAfter: 400_000_000n, ...LATE }, now });
  await push(here.otlpUrl, 10, NOW - 6n * HOUR);
  expect(await (await fetch(`${here.url}/querier/api/search?q={}`)).json()).toMatchObject({ traces: [] });
  const found = await harvest(here.backend, { range: RANGE });
  expect(found.counts).toMatchObject({ traces: 10, spans: 10 * SPANS });
});

test("a server that nothing was pushed to is not waited for", async () => {
  await using here = stage({ limits: { writtenAfter: 40n * SECOND, ...LATE } });
  const began = performance.now();
  await harvest(here.backend, { range: RANGE });
  await here.backend.count?.({ range: RANGE }, never);
  expect(performance.now() - began).toBeLessThan(2_000);
});

test("what left the live store before it is listed is counted after the next list", async () => {
  const now = clock(POLLED + SECOND, 100);
  const limits = { liveStoreKeeps: SECOND, blocklistPoll: 300n * SECOND };
  await using here = stage({ limits, now });
  await push(here.otlpUrl, 10, NOW - 6n * HOUR);
  await Bun.sleep(20);
  const found = await harvest(here.backend, { range: RANGE });
  expect(found.counts.traces ?? 0).toBe(0);
  // The engine reads once more what is counted fuller.
  expect(await here.backend.count?.({ range: RANGE }, never)).toEqual({ spansInRange: 10 * SPANS });
  expect((await harvest(here.backend, { range: RANGE })).counts).toMatchObject({ traces: 10 });
}, 15_000);

test("a server that does not say when it lists blocks is not counted as if it had", async () => {
  await using here = stage({
    limits: { ...LATE, ownMetrics: false, maxTraceLive: 50_000_000n },
    now: () => POLLED,
  });
  const found = await harvest(here.backend, { range: RANGE });
  expect(found.problems).toEqual([]);
  await expect(here.backend.count?.({ range: RANGE }, never)).rejects.toThrow(
    /old spans that reached Tempo in the last 10m may be missing: .*storage\.trace\.blocklist_poll: 5m/,
  );
}, 15_000);

test("without a querier the export does not claim that old times are complete", async () => {
  await using here = stage({ limits: { ...LATE, querier: false }, now: () => POLLED + SECOND });
  await push(here.otlpUrl, 10, NOW - 6n * HOUR);
  const found = await harvest(here.backend, { range: RANGE });
  expect(found.problems).toMatchObject([
    {
      kind: "clamped",
      reason: expect.stringMatching(
        /^Old spans that reached Tempo only lately may be missing: it searches times older than 15m only .*no querier answers at http:.*\/querier\/api\/search.*querierUrl.*again 7m after/,
      ),
      range: { from: RANGE.from, to: POLLED + SECOND - 15n * MINUTE },
    },
  ]);
  const recent = { from: NOW - 10n * MINUTE, to: NOW - 2n * MINUTE };
  expect((await harvest(here.open(), { range: recent })).problems).toEqual([]);
});

test("a querier elsewhere is asked, with what the option names", async () => {
  await using cluster = stage({ limits: { ...LATE, querier: false }, now: () => POLLED + SECOND });
  await using whole = stage({ limits: LATE, now: () => POLLED + SECOND });
  await push(whole.otlpUrl, 10, NOW - 6n * HOUR);
  await push(cluster.otlpUrl, 10, NOW - 6n * HOUR);
  const found = await harvest(cluster.open({ querierUrl: `${whole.url}/querier` }), { range: RANGE });
  expect(found.problems).toEqual([]);
  expect(found.counts).toMatchObject({ traces: 10 });
});

test("the limits name the settings with what they do", async () => {
  await using here = stage({ limits: { ...LATE, querier: false } });
  const limits = (await here.backend.limits?.(never)) ?? [];
  const effectOf = (name: string) => limits.find(({ setting }) => setting === name)?.effect;
  expect(effectOf("query_frontend.search.query_backend_after")).toContain("only in the backend's blocks");
  expect(effectOf("storage.trace.blocklist_poll")).toContain("an export waits for the next list");
  await using usual = stage();
  const plain = (await usual.backend.limits?.(never)) ?? [];
  for (const setting of ["storage.trace.blocklist_poll", "query_frontend.search.query_backend_after"])
    expect(plain.find((one) => one.setting === setting)?.effect).toBeUndefined();
});
