/** What the engine runs next, how much at once, and when again. */
import { describe, expect, test } from "bun:test";
import { type Cursor, PluginError } from "contextcore";
import fc from "fast-check";
import { createFrontier } from "../../src/engine/frontier.ts";
import { afterOverload, afterSuccess, slots, startPace } from "../../src/engine/pace.ts";
import { DEFAULT_RETRY, retryDelay } from "../../src/engine/retry.ts";

describe("pace", () => {
  const after = (steps: number, ms: number, pace = startPace(8)) => {
    let now = pace;
    for (let step = 0; step < steps; step += 1) now = afterSuccess(now, ms);
    return now;
  };

  test("starts at two and grows by one a round, up to the most", () => {
    expect(slots(startPace(8))).toBe(2);
    expect(slots(after(5, 10))).toBe(3);
    expect(slots(after(200, 10))).toBe(8);
    expect(slots(startPace(1))).toBe(1);
  });

  test("does not grow while steps are much slower than they were", () => {
    const grown = after(10, 10);
    expect(slots(after(10, 100, grown))).toBe(slots(grown));
  });

  test("grows on when the work itself has become heavier", () => {
    expect(slots(after(45, 200, after(5, 40)))).toBe(8);
  });

  test("halves once for a burst of overloads, never below one", () => {
    const grown = after(200, 10);
    const burst = [1, 2, 3, 4].reduce((pace) => afterOverload(pace, grown.round), grown);
    expect(slots(burst)).toBe(4);
    const down = Array.from({ length: 9 }).reduce<typeof grown>(
      (pace) => afterOverload(pace, pace.round),
      grown,
    );
    expect(slots(down)).toBe(1);
  });
});

describe("retry", () => {
  const busy = (options = {}) => new PluginError("temporary", "busy", options);

  test("waits up to twice as long each time, within the cap", () => {
    const waits = [1, 2, 3, 4, 5].map((failed) => retryDelay(busy(), failed, DEFAULT_RETRY, 1));
    expect(waits).toEqual([500, 1000, 2000, 4000, 8000]);
    expect(retryDelay(busy(), 3, DEFAULT_RETRY, 0)).toBe(0);
    expect(retryDelay(busy(), 20, { ...DEFAULT_RETRY, attempts: 99 }, 1)).toBe(30_000);
  });

  test("never waits less than the server asked, and gives up when that is too long", () => {
    expect(retryDelay(busy({ retryAfterMs: 7000 }), 1, DEFAULT_RETRY, 0)).toBe(7000);
    expect(retryDelay(busy({ retryAfterMs: 3_600_000 }), 1, DEFAULT_RETRY, 0)).toBeUndefined();
  });

  test("waits longer for a server that was there than for one that never answered", () => {
    const gone = busy({ absent: true });
    const waited = (answered: boolean): number => {
      let sum = 0;
      for (let failed = 1; ; failed += 1) {
        const delay = retryDelay(gone, failed, DEFAULT_RETRY, 0.5, answered);
        if (delay === undefined) return sum;
        expect(delay).toBeLessThanOrEqual(answered ? 5_000 : 15_000);
        sum += delay;
      }
    };
    expect([waited(false), waited(true)]).toEqual([7_750, 97_750]);
    expect(retryDelay(busy({ status: 502 }), 20, DEFAULT_RETRY, 0.5, true)).toBe(5_000);
    expect(retryDelay(busy({ status: 500 }), 6, DEFAULT_RETRY, 0.5, true)).toBeUndefined();
    expect(retryDelay(busy(), 6, DEFAULT_RETRY, 0.5, true)).toBeUndefined();
  });

  test("ends after the last attempt, sooner for time limits, at once for what will not pass", () => {
    expect(retryDelay(busy(), 6, DEFAULT_RETRY, 0)).toBeUndefined();
    expect(retryDelay(busy({ timedOut: true }), 2, DEFAULT_RETRY, 0)).toBeUndefined();
    expect(retryDelay(new PluginError("refused", "no"), 1, DEFAULT_RETRY, 0)).toBeUndefined();
    expect(retryDelay(new TypeError("bug"), 1, DEFAULT_RETRY, 0)).toBeUndefined();
  });
});

describe("frontier", () => {
  const range = { from: 0n, to: 100n };

  test("takes the newest first, and one list in its order", () => {
    const frontier = createFrontier();
    frontier.begin([{ id: 1 }, { id: 2 }], range);
    const first = frontier.take();
    if (first !== undefined) frontier.finish(first, [{ id: 3 }, { id: 4 }], 0);
    expect([frontier.take(), frontier.take(), frontier.take()].map((one) => one?.cursor.id)).toEqual([
      3, 4, 2,
    ]);
  });

  test("a cursor named twice is run once, whatever the order of its members", () => {
    const frontier = createFrontier();
    frontier.begin([{ a: 1, b: 2 }, { b: 2, a: 1 }, { a: 1 }], range);
    expect(frontier.size).toBe(2);
  });

  test("passes a cursor's range on to what follows from it", () => {
    const frontier = createFrontier();
    frontier.begin([{ from: "10", to: "20" }], range);
    const window = frontier.take();
    if (window !== undefined) frontier.finish(window, [{ trace: "abc" }, { from: "10", to: "15" }], 0);
    expect(frontier.take()?.range).toEqual({ from: 10n, to: 20n });
    expect(frontier.take()?.range).toEqual({ from: 10n, to: 15n });
  });

  test("whatever the tree: the shares add up to one, and a replay leaves what was not done", () => {
    fc.assert(
      fc.property(fc.array(fc.nat(4), { minLength: 1, maxLength: 40 }), fc.nat(40), (fans, done) => {
        const live = createFrontier();
        const replayed = createFrontier();
        live.begin([{ path: "0" }], range);
        replayed.begin([{ path: "0" }], range);
        for (const fan of fans.slice(0, done)) {
          const pending = live.take();
          if (pending === undefined) break;
          const next: Cursor[] = Array.from({ length: fan }, (_, at) => ({
            path: `${pending.cursor.path}.${at}`,
          }));
          live.finish(pending, next, 0.25);
          const again = replayed.takeDone(pending.cursor);
          if (again !== undefined) replayed.finish(again, next, 0.25);
        }
        const drain = (frontier: typeof live) => {
          const left = [];
          for (let one = frontier.take(); one !== undefined; one = frontier.take()) left.push(one);
          return left;
        };
        const sizes = [live.size, replayed.size];
        const [left, leftAgain] = [drain(live), drain(replayed)];
        expect(leftAgain.map((one) => one.cursor)).toEqual(left.map((one) => one.cursor));
        expect(sizes).toEqual([left.length, left.length]);
        expect(left.reduce((sum, one) => sum + one.weight, live.done)).toBeCloseTo(1, 9);
      }),
    );
  });
});
