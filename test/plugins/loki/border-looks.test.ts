/**
 * What is looked up across Loki's border without waiting: each is asked once more for what lies there, and what the one answer
 * misses the other has. The clock goes on by a second whenever it is looked at, so that no two answers miss the same lines.
 */
import { expect, test } from "bun:test";
import type { LokiFace } from "../../lab/loki/index.ts";
import { applyLines, lineOf } from "./restoring.ts";
import { entriesFrom, HOUR, MINUTE, NOW, never, openSink, put, SECOND, stage } from "./support.ts";

const LOOK_BACK = 3n * HOUR;
const BORDER = NOW - LOOK_BACK;

/** A Loki that loses what is up to a second behind its border, once it has been filled. */
function losing(fill: (face: LokiFace) => void) {
  let now = NOW;
  let isFull = false;
  const clock = (): bigint => {
    if (isFull) now += SECOND;
    return now;
  };
  const limits = { query_store_max_look_back_period: "3h", retention_enabled: false };
  const here = stage({ now: clock, limits, borderHole: SECOND });
  fill(here.face);
  isFull = true;
  return { ...here, clock };
}

test("the oldest line is found wherever the border lies", async () => {
  for (let after = 0n; after < 25n; after += 1n) {
    const oldest = BORDER + after * SECOND;
    await using here = losing((face) => {
      put(face, { app: "web" }, entriesFrom(oldest, 1, SECOND));
      put(face, { app: "web" }, entriesFrom(BORDER + MINUTE, 10, SECOND));
    });
    expect((await here.backend.inventory(never)).oldest).toBe(oldest);
  }
});

test("streams are counted of which all lines lie there", async () => {
  await using here = losing((face) => {
    for (let app = 0; app < 600; app += 1)
      put(face, { app: `a${app}` }, entriesFrom(BORDER + BigInt(app) * SECOND, 1, SECOND));
  });
  expect((await here.backend.inventory(never)).counts).toEqual({ streams: 600 });
});

test("what a restore is refused, and is there already, is found there", async () => {
  const stream = { app: "web" };
  const entries = entriesFrom(BORDER, 60, SECOND);
  await using here = losing((face) => {
    put(face, stream, entries);
    put(face, stream, entriesFrom(NOW - MINUTE, 1, SECOND));
  });
  const more = { time: BORDER + MINUTE, line: "never taken" };
  const answer = await applyLines(here.backend, [lineOf(stream, [...entries, more])]);
  expect(answer?.existing).toEqual({ entries: 60 });
  expect(answer?.rejected?.length).toBe(1);
});

test("the events that a sink holds are all found", async () => {
  const labels = { app: "contextcore", operation: "export", outcome: "success", host: "h" };
  const told = Array.from({ length: 60 }, (_, seq) => ({
    time: BORDER + BigInt(seq) * SECOND,
    line: JSON.stringify({ project: "shop", host: "h", seq, hash: `hash ${seq}` }),
  }));
  await using here = losing((face) => put(face, labels, told));
  const sink = openSink({ url: here.url }, { now: here.clock });
  const hashes = await sink.history?.({ project: "shop", limit: 100 }, never);
  expect(hashes).toEqual(told.map((_, seq) => `hash ${seq}`));
});
