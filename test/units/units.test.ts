import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { formatBytes, parseBytes } from "../../src/units/bytes.ts";
import { formatDuration, parseDuration } from "../../src/units/duration.ts";
import { fromRfc3339, halves, toRfc3339, windows } from "../../src/units/range.ts";

const HOUR = 3_600_000_000_000n;
const nanoseconds = fc.bigInt({ min: 0n, max: 4_102_444_800_000_000_000n });

describe("durations", () => {
  test.each([
    ["24h", 24n * HOUR],
    ["1h30m", (3n * HOUR) / 2n],
    ["7d", 168n * HOUR],
    ["1.5h", (3n * HOUR) / 2n],
    ["0", 0n],
    ["0s", 0n],
    ["250ms", 250_000_000n],
    ["2w", 336n * HOUR],
    ["336h0m0s", 336n * HOUR],
  ] as const)("%s is read", (text, ns) => expect(parseDuration(text)).toBe(ns));

  test.each(["5 parsecs", "", "h", "-3h", "3", "1h 30m", "1e3s", "∞"])("%j is refused", (text) => {
    expect(() => parseDuration(text)).toThrow("not a duration");
  });

  test.each([
    [48n * HOUR, "48h"],
    [168n * HOUR, "7d"],
    [31n * HOUR, "31h"],
    [(3n * HOUR) / 2n, "1h30m"],
    [0n, "0s"],
    [90_000_000_000n, "1m30s"],
    [76n * HOUR, "3d4h"],
  ] as const)("%d is written as %s", (ns, text) => expect(formatDuration(ns)).toBe(text));
});

describe("sizes", () => {
  test.each([
    [0, "0 B"],
    [812, "812 B"],
    [999.96, "1.0 kB"],
    [48_200_000, "48.2 MB"],
    [1e12, "1.0 TB"],
  ] as const)("%d is written as %s", (bytes, text) => expect(formatBytes(bytes)).toBe(text));

  test("are read in both systems, and nonsense is refused", () => {
    expect([parseBytes("8MiB"), parseBytes("1.5 GB"), parseBytes("4096")]).toEqual([
      8_388_608, 1_500_000_000, 4096,
    ]);
    for (const text of ["", "MB", "5 parsecs", "-1"]) expect(() => parseBytes(text)).toThrow("not a size");
  });
});

describe("times", () => {
  test("every nanosecond survives being written and read", () => {
    fc.assert(fc.property(nanoseconds, (ns) => expect(fromRfc3339(toRfc3339(ns))).toBe(ns)));
  });

  test.each([
    ["2026-01-24", "2026-01-24T00:00:00Z"],
    ["2026-01-24T14:30", "2026-01-24T14:30:00Z"],
    ["2026-01-24T14:30:00+02:00", "2026-01-24T12:30:00Z"],
    ["2026-01-24T14:30:00.5Z", "2026-01-24T14:30:00.5Z"],
  ])("%s is %s", (text, same) => expect(toRfc3339(fromRfc3339(text))).toBe(same));

  test.each(["yesterday", "2026-13-01", "2026-02-30", "24.01.2026", "1795193400"])(
    "%s is refused",
    (text) => {
      expect(() => fromRfc3339(text)).toThrow("not a date");
    },
  );
});

describe("ranges", () => {
  const range = fc
    .tuple(nanoseconds, nanoseconds)
    .map(([a, b]) => (a < b ? { from: a, to: b + 1n } : { from: b, to: a + 1n }));

  test("halves cover the range and nothing else, down to the unit", () => {
    fc.assert(
      fc.property(range, ({ from, to }) => {
        const [first, second] = halves({ from, to }) ?? [];
        if (first === undefined || second === undefined) return expect(to - from).toBe(1n);
        expect([first.from, second.from, second.to]).toEqual([from, first.to, to]);
      }),
    );
  });

  test("windows cover the range without gaps, with borders that do not depend on where it starts", () => {
    const cut = windows({ from: HOUR / 2n, to: 3n * HOUR + 5n }, HOUR);
    expect(cut.map(({ from }) => from)).toEqual([HOUR / 2n, HOUR, 2n * HOUR, 3n * HOUR]);
    expect(cut.at(-1)?.to).toBe(3n * HOUR + 5n);
  });
});
