/** A restore goes at the pace that the server bears, waits for one that comes back, and keeps the order that it asks for. */
import { expect, test } from "bun:test";
import { join } from "node:path";
import { PluginError } from "../../src/contract/errors.ts";
import { DEFAULT_RETRY } from "../../src/engine/retry.ts";
import { temporaryDirectory } from "../support/directory.ts";
import { manyBlocks, numberIn, restoreMany, type Server } from "./many.ts";

const COUNT = 60;
const all = Array.from({ length: COUNT }, (_, number) => number);
const FAST = { retry: { ...DEFAULT_RETRY, baseMs: 1, capMs: 4, outage: { attempts: 40, capMs: 4 } } };
const inOrder = (numbers: readonly number[]): number[] => numbers.toSorted((a, b) => a - b);

/** Takes each batch in `ms`. */
function patient(order: Server["order"], ms: number) {
  const taken: number[] = [];
  let [under, most] = [0, 0];
  const apply: Server["apply"] = async (batch) => {
    under += 1;
    most = Math.max(most, under);
    await Bun.sleep(ms);
    under -= 1;
    taken.push(numberIn(batch));
    return { written: { entries: 1 } };
  };
  return { server: { ...(order === undefined ? {} : { order }), apply }, taken, most: () => most };
}

const run = (server: Server, more: object = {}) =>
  restoreMany({
    snapshot: manyBlocks(COUNT),
    server,
    directory: join(temporaryDirectory(), "restore"),
    tuning: FAST,
    ...more,
  });

test("batches that need no order are written several at once, more and more, up to eight", async () => {
  const { server, taken, most } = patient("any", 4);
  const outcome = await run(server);
  expect([outcome.failure, outcome.written]).toEqual([undefined, { entries: COUNT }]);
  expect(inOrder(taken)).toEqual(all);
  expect(most()).toBeGreaterThan(2);
  expect(most()).toBeLessThanOrEqual(8);
});

test.each(["time", "index", undefined] as const)(
  "those in the order of %s one after another",
  async (order) => {
    const { server, taken, most } = patient(order, 1);
    await run(server);
    expect(taken).toEqual(all);
    expect(most()).toBe(1);
  },
);

test("a server that says 429 is left alone as long as it asks for, and everything arrives once", async () => {
  const { server, taken } = patient("any", 1);
  const [storm, pauseMs] = [25, 60];
  let [refused, until, tooEarly] = [0, 0, 0];
  let waited = false;
  const outcome = await run(
    {
      ...server,
      async apply(batch, signal) {
        if (performance.now() < until) tooEarly += 1;
        if (refused === storm) return server.apply(batch, signal);
        refused += 1;
        // What was begun before the answer came could not know of it.
        await Bun.sleep(5);
        until = Math.max(until, performance.now() + pauseMs - 5);
        throw new PluginError("temporary", "too many", { status: 429, retryAfterMs: pauseMs });
      },
    },
    { onProgress: ({ waits }: { waits: boolean }) => (waited ||= waits) },
  );
  expect([outcome.failure, outcome.written]).toEqual([undefined, { entries: COUNT }]);
  expect(inOrder(taken)).toEqual(all);
  expect([refused, tooEarly, waited]).toEqual([storm, 0, true]);
});

test("a server that goes away for a while and comes back is waited for", async () => {
  const { server, taken } = patient("time", 0);
  let absent = 0;
  const outcome = await run({
    ...server,
    async apply(batch, signal) {
      // More often than what fails otherwise is tried.
      if (numberIn(batch) === 30 && absent < 3 * DEFAULT_RETRY.attempts) {
        absent += 1;
        throw new PluginError("temporary", "nothing listens there", { absent: true });
      }
      return server.apply(batch, signal);
    },
  });
  expect([outcome.failure, absent]).toEqual([undefined, 3 * DEFAULT_RETRY.attempts]);
  expect(taken).toEqual(all);
});

test("a call that hangs is ended and tried again", async () => {
  const { server, taken } = patient("any", 1);
  let hung = false;
  const outcome = await run(
    {
      ...server,
      apply(batch, signal) {
        if (numberIn(batch) !== 7 || hung) return server.apply(batch, signal);
        hung = true;
        return new Promise(() => {});
      },
    },
    { tuning: { ...FAST, stepMs: 200, graceMs: 1 } },
  );
  expect([outcome.failure, hung]).toEqual([undefined, true]);
  expect(inOrder(taken)).toEqual(all);
});

test("one that fails for good ends the restore of that target, and what goes on after it is what was not done", async () => {
  const directory = join(temporaryDirectory(), "restore");
  const first = patient("any", 2);
  const failing: Server = {
    ...first.server,
    async apply(batch, signal) {
      if (numberIn(batch) === 20) throw new PluginError("refused", "no");
      return first.server.apply(batch, signal);
    },
  };
  const broken = await run(failing, { directory });
  expect(broken.failure).toBe("no");
  expect(broken.written).toEqual({ entries: first.taken.length });
  expect(first.taken.length).toBeLessThan(COUNT - 1);

  const second = patient("any", 1);
  const resumed = await run(second.server, { directory });
  expect([resumed.failure, resumed.written]).toEqual([undefined, { entries: COUNT }]);
  expect(inOrder([...first.taken, ...second.taken])).toEqual(all);
});

test("who interrupts it is not kept waiting by a pause that the server asked for", async () => {
  const interrupting = new AbortController();
  const apply = async () => {
    setTimeout(() => interrupting.abort(new Error("interrupted")), 5);
    throw new PluginError("temporary", "too many", { status: 429, retryAfterMs: 60_000 });
  };
  const began = performance.now();
  await expect(run({ order: "any", apply }, { signal: interrupting.signal })).rejects.toThrow("interrupted");
  expect(performance.now() - began).toBeLessThan(5_000);
});
