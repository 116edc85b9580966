/** What servers may let go of: what is past its time, up to the first thing that has to stay. */
import { expect, test } from "bun:test";
import fc from "fast-check";
import { letGoBefore, type ServerTimes } from "../../src/retention/expiry/server-due.ts";
import { coalesce } from "../../src/snapshot/format/ranges.ts";
import type { Range } from "../../src/units/range.ts";

const TIMES: ServerTimes = {
  now: 1_000n,
  kept: 100n,
  oldest: 10n,
  held: [],
  covered: [{ from: 0n, to: 990n }],
};
const at = (more: Partial<ServerTimes>) => letGoBefore({ ...TIMES, ...more });

test("everything that is past its time, where copies hold it", () => {
  expect(at({})).toEqual({ before: 900n });
});

test("only up to where copies hold it without a gap, and nothing where they do not hold the oldest", () => {
  const lacking = "no complete, verified copy holds it";
  expect(
    at({
      covered: [
        { from: 0n, to: 400n },
        { from: 401n, to: 990n },
      ],
    }),
  ).toEqual({ before: 400n, lacking });
  expect(at({ covered: [{ from: 11n, to: 990n }] })).toEqual({ before: 10n, lacking });
  expect(at({ covered: [] })).toEqual({ before: 10n, lacking });
});

test("data that need not be kept at all needs no copy", () => {
  expect(at({ kept: 0n, covered: [] })).toEqual({ before: 1_000n });
});

test("not what is held, and not what an unfinished export still reads", () => {
  expect(at({ held: [{ from: 300n, to: 500n }] })).toEqual({ before: 300n, lacking: "it is held" });
  expect(at({ held: [{ from: 0n, to: 5n }] })).toEqual({ before: 900n });
  expect(at({ readFrom: 200n }).before).toBe(200n);
  expect(at({ readFrom: 950n })).toEqual({ before: 900n });
});

test("whatever is covered and held: each moment that goes is past its time, covered, and not held", () => {
  const moment = fc.bigInt({ min: 0n, max: 1_000n });
  const range = fc
    .tuple(moment, moment)
    .map(([a, b]): Range => (a < b ? { from: a, to: b } : { from: b, to: a + 1n }));
  fc.assert(
    fc.property(
      fc.array(range, { maxLength: 5 }),
      fc.array(range, { maxLength: 3 }),
      moment,
      moment,
      (some, held, oldest, kept) => {
        const covered = coalesce(some);
        const { before } = at({ covered, held, oldest, kept });
        for (let time = oldest; time < before; time += 7n) {
          expect(time < 1_000n - kept).toBe(true);
          expect(kept === 0n || covered.some(({ from, to }) => from <= time && time < to)).toBe(true);
          expect(held.some(({ from, to }) => from <= time && time < to)).toBe(false);
        }
      },
    ),
  );
});
