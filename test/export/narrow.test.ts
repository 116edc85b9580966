/** Which parts of a window are read again: found by counting halves, with a bounded number of counts. */
import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { type NarrowOptions, narrow } from "../../src/export/reread/narrow.ts";
import { tallyOf } from "../../src/export/reread/tally.ts";
import type { Block } from "../../src/snapshot/format/block.ts";
import { recordsOf } from "../../src/snapshot/format/record-keys.ts";
import type { Range } from "../../src/units/range.ts";

const MS = 1_000_000n;
const RANGE = { from: 1_000n * MS + 7n, to: 3_601_000n * MS + 11n };

interface Asked {
  readonly counts: readonly Range[];
  readonly parts: readonly Range[];
}

/** Narrows a window whose records, at these times, are held but for some. */
async function narrowed(
  times: readonly bigint[],
  lacking: ReadonlySet<number>,
  over: Partial<NarrowOptions> = {},
): Promise<Asked> {
  const held = times.filter((_, index) => !lacking.has(index));
  const line = { streams: [{ stream: {}, values: held.map((time) => [`${time}`, "line"]) }] };
  const block: Block = {
    file: "logs.json",
    offset: 0,
    bytes: 0,
    records: 1,
    range: RANGE,
    sha256: "",
    counts: { entries: held.length },
  };
  const counts: Range[] = [];
  const eachRecord = async (_: Block, visit: Parameters<Parameters<typeof tallyOf>[3]["eachRecord"]>[1]) => {
    for (const record of recordsOf("logs.json", line)) visit(record);
  };
  const parts = await narrow({
    range: RANGE,
    server: { entries: times.length },
    read: { entries: held.length },
    tally: () => tallyOf(RANGE, ["entries"], [block], { eachRecord }),
    count: async (range) => {
      counts.push(range);
      return { entries: times.filter((time) => time >= range.from && time < range.to).length };
    },
    ...over,
  });
  return { counts, parts };
}

const LINES = 100_000;
const evenly = Array.from(
  { length: LINES },
  (_, at) => RANGE.from + (BigInt(at) * (RANGE.to - RANGE.from)) / BigInt(LINES),
);
const holds = (parts: readonly Range[], time: bigint): boolean =>
  parts.some(({ from, to }) => time >= from && time < to);
const lengthOf = (parts: readonly Range[]): bigint =>
  parts.reduce((sum, { from, to }) => sum + to - from, 0n);

describe("what is read again", () => {
  test("of 100,000 records of which one is lacking is less than a hundredth", async () => {
    const { counts, parts } = await narrowed(evenly, new Set([77_777]));
    expect([counts.length, parts.length, holds(parts, evenly[77_777] ?? 0n)]).toEqual([14, 1, true]);
    expect(lengthOf(parts) * 100n).toBeLessThan(RANGE.to - RANGE.from);
    // Cut at whole milliseconds, which every server can count.
    const borders = counts
      .flatMap(({ from, to }) => [from, to])
      .filter((one) => one !== RANGE.from && one !== RANGE.to);
    expect(borders.filter((one) => one % MS !== 0n)).toEqual([]);
  });

  test("holds all that is lacking, and is asked about by forty counts at most", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.uniqueArray(fc.nat(4_999), { minLength: 1, maxLength: 40 }),
        fc.double({ min: 1, max: 8, noNaN: true }),
        async (lacking, skew) => {
          const length = Number(RANGE.to - RANGE.from - 1n);
          const times = Array.from(
            { length: 5_000 },
            (_, at) => RANGE.from + BigInt(Math.floor(length * (at / 5_000) ** skew)),
          );
          const { counts, parts } = await narrowed(times, new Set(lacking));
          for (const one of lacking) expect(holds(parts, times[one] ?? 0n)).toBe(true);
          expect(counts.length).toBeLessThanOrEqual(40);
        },
      ),
      { numRuns: 30 },
    );
  }, 30_000);

  test.each<[string, Partial<NarrowOptions>]>([
    ["the server cannot count parts", { count: async () => undefined }],
    ["a count of a part fails", { count: () => Promise.reject(new Error("500")) }],
    ["its counts are not bound to a time", { count: async () => ({ entries: LINES }) }],
    ["what is held cannot be told by time", { read: { entries: 12 } }],
  ])("is the whole window where %s", async (_, over) => {
    const { parts } = await narrowed(evenly, new Set([5]), over);
    expect(parts).toEqual([RANGE]);
  });

  test("is the whole window, without a count, where that is small", async () => {
    const { counts, parts } = await narrowed(evenly.slice(0, 900), new Set([5]));
    expect([counts, parts]).toEqual([[], [RANGE]]);
  });

  test("is cut where more is held than is compared at once", async () => {
    const times = Array.from({ length: 600_000 }, (_, at) => RANGE.from + BigInt(at) * 6n * MS);
    const { parts } = await narrowed(times, new Set([5]), { count: async () => undefined });
    expect(parts.length).toBe(4);
    expect(lengthOf(parts)).toBe(RANGE.to - RANGE.from);
  });
});
