/** The engine's pure parts, one by one. */
import { describe, expect, test } from "bun:test";
import { type Counts, type Cursor, type Json, PluginError } from "contextcore";
import fc from "fast-check";
import { cursorRange } from "../../src/contract/cursor-range.ts";
import { createFrontier } from "../../src/engine/frontier.ts";
import { createMemoryBudget } from "../../src/engine/memory-budget.ts";
import { afterOverload, afterSuccess, slots, startPace } from "../../src/engine/pace.ts";
import { DEFAULT_RETRY, retryDelay } from "../../src/engine/retry.ts";
import { createProblems } from "../../src/export/ledger/problems.ts";
import { conclude } from "../../src/reconcile/reconcile.ts";
import { type SettleOptions, settle } from "../../src/reconcile/settle.ts";
import { createWindowCounts } from "../../src/reconcile/windows.ts";
import type { Block } from "../../src/snapshot/format/block.ts";
import { checkStep } from "../../src/snapshot/write/check-step.ts";
import { InvalidStep } from "../../src/snapshot/write/invalid-step.ts";
import { canonicalJson } from "../../src/units/canonical-json.ts";
import { withTimeLimit } from "../../src/units/time-limit.ts";

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

describe("cursors", () => {
  test.each([101, 10_000, 100_000])("one that nests %d levels deep is refused in plain words", (levels) => {
    let deep: Json = {};
    for (let level = 0; level < levels; level += 1) deep = { a: deep };
    const check = () => checkStep("fake", { next: [{ deep }] });
    expect(check).toThrow(new InvalidStep("next: a cursor nests deeper than 100 levels"));
  });

  test("have one key for the same content", () => {
    expect(canonicalJson({ b: [1, { d: 1, c: null }], a: "x" })).toBe('{"a":"x","b":[1,{"c":null,"d":1}]}');
    expect(canonicalJson({ a: undefined, b: 1 })).toBe(canonicalJson({ b: 1 }));
  });

  test("name a range only in decimal strings that make one", () => {
    expect(cursorRange({ from: "1", to: "2" })).toEqual({ from: 1n, to: 2n });
    for (const cursor of [{ from: "2", to: "1" }, { from: 1, to: 2 }, { from: "1" }, { from: "x", to: "2" }])
      expect(cursorRange(cursor)).toBeUndefined();
  });
});

describe("problems", () => {
  test("of one kind and reason are one, with all ranges joined and the first hundred items", () => {
    const problems = createProblems();
    for (let at = 0n; at < 300n; at += 1n) {
      problems.add({
        kind: "lossy",
        reason: "x",
        range: { from: 2n * at, to: 2n * at + 2n },
        items: [`${at}`],
      });
    }
    const [one] = problems.list();
    expect([one?.ranges.length, one?.items.length, one?.itemsTotal]).toEqual([1, 100, 300]);
  });

  test("with too many ranges say too much rather than too little", () => {
    const problems = createProblems();
    for (let at = 0n; at < 500n; at += 1n) {
      problems.add({ kind: "failed", reason: "x", range: { from: 10n * at, to: 10n * at + 1n } });
    }
    const ranges = problems.list()[0]?.ranges ?? [];
    expect(ranges.length).toBe(100);
    expect([ranges[0]?.from, ranges.at(-1)?.to]).toEqual([
      "1970-01-01T00:00:00Z",
      "1970-01-01T00:00:00.000004991Z",
    ]);
  });

  test("one that is not tied to a time frees the others of theirs", () => {
    const problems = createProblems();
    problems.add({ kind: "clamped", reason: "x", range: { from: 1n, to: 2n } });
    problems.add({ kind: "clamped", reason: "x" });
    problems.add({ kind: "clamped", reason: "x", range: { from: 3n, to: 4n } });
    expect(problems.list()[0]?.ranges).toEqual([]);
  });

  test("a plugin whose every reason is another fills no memory", () => {
    const problems = createProblems();
    for (let at = 0; at < 2000; at += 1)
      problems.add({ kind: "lossy", reason: `reason ${at}`, items: [`${at}`] });
    expect(problems.list().length).toBeLessThan(510);
    expect(problems.list().reduce((sum, one) => sum + one.itemsTotal, 0)).toBe(2000);
  });
});

describe("windows", () => {
  const block = (counts: Block["counts"], window?: [bigint, bigint]): Block => ({
    file: "logs.json",
    offset: 0,
    bytes: 0,
    records: 0,
    sha256: "",
    counts,
    ...(window === undefined ? {} : { window: { from: window[0], to: window[1] } }),
  });
  const asked = (...blocks: Block[]) => {
    const windows = createWindowCounts();
    for (const one of blocks) windows.add(one);
    return windows.questions({ from: 0n, to: 100n }).map(({ range, read }) => [range.from, range.to, read]);
  };

  test("leave no part of the range out: an empty one may hide a loss", () => {
    expect(asked(block({ entries: 3 }, [20n, 30n]), block({ entries: 4 }, [20n, 30n]))).toEqual([
      [0n, 20n, {}],
      [20n, 30n, { entries: 7 }],
      [30n, 100n, {}],
    ]);
  });

  test("that overlap are one, those that touch are not", () => {
    expect(
      asked(block({ a: 1 }, [0n, 40n]), block({ a: 2 }, [30n, 60n]), block({ a: 4 }, [60n, 100n])),
    ).toEqual([
      [0n, 60n, { a: 3 }],
      [60n, 100n, { a: 4 }],
    ]);
  });

  test("a unit that came without a window is asked for over the whole range", () => {
    expect(asked(block({ a: 1, b: 1 }, [0n, 100n]), block({ b: 5 }))).toEqual([
      [0n, 100n, { a: 1 }],
      [0n, 100n, { b: 6 }],
    ]);
    expect(asked(block({ a: 1 }))).toEqual([[0n, 100n, { a: 1 }]]);
  });
});

describe("reconciliation", () => {
  /** Of windows that nobody writes to, without waiting. */
  const reconcile = async (
    options: Pick<SettleOptions, "questions" | "count" | "atOnce"> & { before?: Counts | undefined },
  ) => {
    const before = options.before === undefined ? undefined : { counts: options.before, at: 0 };
    const pause = async () => {};
    return conclude(
      await settle({ ...options, before, pause, isRecent: () => false, recountMs: 1, recounts: 6 }),
    );
  };
  const question = {
    range: { from: 0n, to: 10n },
    part: "window" as const,
    read: { entries: 5 },
    concerns: () => true,
  };
  const run = (answers: (number | undefined)[], before?: number) => {
    let asked = 0;
    return reconcile({
      questions: [question],
      count: async () => {
        const entries = answers[Math.min(asked++, answers.length - 1)];
        return entries === undefined ? undefined : { counts: { entries }, uncounted: [] };
      },
      before: before === undefined ? undefined : { entries: before },
      atOnce: () => 2,
    }).then((result) => ({ ...result, asked }));
  };

  test("a count that agrees is asked for once", async () => {
    expect(await run([5], 5)).toMatchObject({ agrees: true, problems: [], asked: 1 });
  });

  test("a difference is asked for again until it is stable, then it is a problem", async () => {
    const result = await run([6, 7, 7], 6);
    expect(result).toMatchObject({ agrees: false, asked: 3 });
    expect(result.problems).toEqual([
      {
        kind: "incomplete",
        reason: "the server counts 2 entries more than were read",
        range: question.range,
      },
    ]);
  });

  test("a server whose total has changed is not believed at once, though it agrees", async () => {
    expect(await run([5, 8, 8], 3)).toMatchObject({ agrees: false, asked: 3 });
  });

  test("a difference that goes away is none", async () => {
    expect(await run([4, 5, 5], 4)).toMatchObject({ agrees: true, problems: [] });
  });

  test("a server that does not count is not asked for every window", async () => {
    let asked = 0;
    const { uncounted, agrees, windows } = await reconcile({
      questions: Array.from({ length: 50 }, () => question),
      count: async () => {
        asked += 1;
        throw new PluginError("temporary", "HTTP 500");
      },
      before: undefined,
      atOnce: () => 2,
    });
    expect([uncounted, agrees, windows.length]).toEqual(["HTTP 500", undefined, 50]);
    expect(asked).toBeLessThan(6);
  });

  const hours = Array.from({ length: 20 }, (_, hour) => ({
    range: { from: BigInt(hour), to: BigInt(hour + 1) },
    part: "window" as const,
    read: { entries: 5 },
    concerns: () => true,
  }));
  const countHours = (
    answer: (hour: number) => { entries: number } | undefined,
    before?: { entries: number },
  ) =>
    reconcile({
      questions: hours,
      async count({ from }) {
        const counts = answer(Number(from));
        return counts && { counts, uncounted: [] };
      },
      before,
      atOnce: () => 1,
    });
  const fail = (): never => {
    throw new PluginError("temporary", "HTTP 500");
  };
  const uncounted = hours.map(({ range }) => ({
    kind: "incomplete" as const,
    reason:
      "could not be counted on the server, so nothing proves that all of it was read: HTTP 500. Export it again when the server answers counts.",
    range,
  }));

  test("windows whose count failed, or was not asked for after that, are problems", async () => {
    const result = await countHours((hour) => (hour === 0 ? { entries: 5 } : fail()));
    expect(result.agrees).toBe(false);
    expect(result.problems).toEqual(uncounted.slice(1));
  });

  test("a server that counted before the export and not after it has confirmed nothing", async () => {
    const result = await countHours(fail, { entries: 100 });
    expect(result.agrees).toBeUndefined();
    expect(result.problems).toEqual(uncounted);
  });

  test("a server that cannot say for some windows is not said to agree", async () => {
    const result = await countHours((hour) => (hour === 0 ? undefined : { entries: 5 }));
    expect(result.agrees).toBeUndefined();
    expect(result.problems).toEqual([]);
  });

  test("a server that cannot say neither agrees nor disagrees", async () => {
    const result = await run([undefined]);
    expect(result.agrees).toBeUndefined();
    expect(result.problems).toEqual([]);
  });
});

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
