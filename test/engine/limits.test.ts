/** Limits of time and memory. */
import { describe, expect, test } from "bun:test";
import { PluginError } from "contextcore";
import fc from "fast-check";
import { createMemoryBudget } from "../../src/engine/memory-budget.ts";
import { withTimeLimit } from "../../src/units/time-limit.ts";

describe("limits of time and memory", () => {
  test("work that heeds its signal ends with the limit's error", async () => {
    const work = (signal: AbortSignal) =>
      new Promise<void>((_, reject) => signal.addEventListener("abort", () => reject(new Error("ended"))));
    const failure = await withTimeLimit(work, new AbortController().signal, {
      limitMs: 10,
      graceMs: 5000,
      late: () => new PluginError("temporary", "too slow", { timedOut: true }),
    }).catch((e) => e);
    expect(failure).toBeInstanceOf(PluginError);
    expect(failure.timedOut).toBe(true);
  });

  test("work that gives its result in the time of grace is kept", async () => {
    const abort = new AbortController();
    const work = async () => {
      abort.abort(new Error("stop"));
      return 7;
    };
    expect(await withTimeLimit(work, abort.signal, { limitMs: 1000, graceMs: 1000 })).toBe(7);
  });

  test("whatever is reserved and resized, work goes on once all is released", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.double({ min: 0, max: 1e9, noNaN: true }), { minLength: 1 }),
        async (sizes) => {
          const budget = createMemoryBudget(1e6, () => true);
          for (const size of sizes) {
            const held = await budget.reserve(size);
            held.resize(size / 3);
            held.release();
          }
        },
      ),
    );
  });

  test("under pressure one piece of work goes on at a time", async () => {
    let pressed = true;
    const budget = createMemoryBudget(100, () => pressed);
    const first = await budget.reserve(1);
    let second = false;
    const waiting = budget.reserve(1).then((held) => {
      second = true;
      return held;
    });
    await Bun.sleep(0);
    expect(second).toBe(false);
    first.release();
    const held = await waiting;
    pressed = false;
    const third = await budget.reserve(1);
    for (const one of [held, third]) one.release();
  });

  test("memory is given in order, and one piece of work always goes on", async () => {
    const budget = createMemoryBudget(100);
    const order: string[] = [];
    const large = await budget.reserve(500);
    const waiting = ["b", "c"].map(async (name) => {
      const held = await budget.reserve(60);
      order.push(name);
      return held;
    });
    await Promise.resolve();
    expect(order).toEqual([]);
    large.release();
    const first = await waiting[0];
    expect(order).toEqual(["b"]);
    first?.resize(10);
    await waiting[1];
    expect(order).toEqual(["b", "c"]);
  });
});
