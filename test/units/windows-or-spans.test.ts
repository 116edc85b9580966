import { expect, test } from "bun:test";
import { type Range, windows, windowsOrSpans } from "../../src/units/range.ts";

function cutToTheEnd(range: Range, length: bigint): Range[] {
  const { parts, areWindows } = windowsOrSpans(range, length);
  expect(parts.length).toBeLessThanOrEqual(1_001);
  return areWindows ? [...parts] : parts.flatMap((part) => cutToTheEnd(part, length));
}

test.each([
  [0n, 10n],
  [3n, 999n],
  [0n, 1_000n],
  [0n, 1_001n],
  [7n, 5_003_009n],
  [0n, 2_000_000n],
])("from %d to %d: spans that are cut again give the windows themselves", (from, to) => {
  for (const length of [1n, 3n, 10n]) {
    const range = { from, to };
    expect(cutToTheEnd(range, length * 10n)).toEqual(windows(range, length * 10n));
  }
});
