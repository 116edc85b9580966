import { expect, test } from "bun:test";
import { createServerClock } from "../../src/http/server-clock.ts";
import { fromMs } from "../../src/units/range.ts";

const NOW = Date.parse("2026-01-24T14:00:00Z");
const HOUR = 3_600_000;

/** A clock that has heard these answers: how long each took, and how far ahead its Date was of our clock at its end. */
function after(...answers: readonly { tookMs: number; aheadMs: number; age?: string }[]): number {
  const clock = createServerClock(() => NOW);
  for (const { tookMs, aheadMs, age } of answers) {
    const headers = new Headers({ date: new Date(NOW + aheadMs).toUTCString() });
    if (age !== undefined) headers.set("age", age);
    clock.heard(headers, NOW - tookMs);
  }
  return Number((clock.now() - fromMs(NOW)) / 1_000_000n);
}

test("is ours before a server has said anything, and while both agree", () => {
  expect(after()).toBe(0);
  expect(after({ tookMs: 10, aheadMs: 0 }, { tookMs: 10, aheadMs: 4_000 })).toBe(0);
});

test.each([3 * HOUR, -3 * HOUR, 20_000])("follows a server that is %d ms ahead", (aheadMs) => {
  expect(Math.abs(after({ tookMs: 20, aheadMs }) - aheadMs)).toBeLessThan(1_000);
});

test("is not misled by an answer that took long, nor by one that a cache has kept", () => {
  expect(after({ tookMs: 60_000, aheadMs: -60_000 })).toBe(0);
  expect(after({ tookMs: 10, aheadMs: -HOUR, age: "3600" })).toBe(0);
  expect(after({ tookMs: 10, aheadMs: 0 }, { tookMs: 300_000, aheadMs: -250_000 })).toBe(0);
});
