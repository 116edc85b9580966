/** The pure parts of an export and of its reconciliation, one by one. */
import { describe, expect, test } from "bun:test";
import { type Counts, type Json, PluginError } from "contextcore";
import { cursorRange } from "../../src/contract/cursor-range.ts";
import { createProblems } from "../../src/export/ledger/problems.ts";
import { conclude } from "../../src/reconcile/reconcile.ts";
import { type SettleOptions, settle } from "../../src/reconcile/settle.ts";
import { createWindowCounts } from "../../src/reconcile/windows.ts";
import type { Block } from "../../src/snapshot/format/block.ts";
import { checkStep } from "../../src/snapshot/write/check-step.ts";
import { InvalidStep } from "../../src/snapshot/write/invalid-step.ts";
import { canonicalJson } from "../../src/units/canonical-json.ts";

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
