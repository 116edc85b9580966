/** A time as people give it: a date, an RFC 3339 time, a word, or a duration, which means that long ago. */
import { expect, test } from "bun:test";
import { readLastMoment, readMoment } from "../../src/units/moment.ts";
import { fromMs, fromRfc3339, NS_PER_SECOND } from "../../src/units/range.ts";

const NOW = Date.parse("2026-01-24T14:30:00.250Z");
const DAY = 86_400n * NS_PER_SECOND;

test("a duration is that long ago", () => {
  expect(readMoment("1d12h", NOW)).toBe(fromMs(NOW) - 36n * 3_600n * NS_PER_SECOND);
  expect(readMoment("1h", NOW) - readMoment("2h", NOW)).toBe(3_600n * NS_PER_SECOND);
  expect(readMoment("1h", NOW + 1) - readMoment("1h", NOW)).toBe(1_000_000n);
});

test("a date and a time are what they were", () => {
  for (const text of ["2026-01-24", "2026-01-24T14:30:00.5+02:00"]) {
    expect(readMoment(text, NOW)).toBe(fromRfc3339(text));
  }
});

test("now is now; today and yesterday are those dates", () => {
  expect(readMoment("now", NOW)).toBe(fromMs(NOW));
  expect(readMoment(" today", NOW)).toBe(fromRfc3339("2026-01-24"));
  expect(readMoment("yesterday", NOW)).toBe(fromRfc3339("2026-01-23"));
});

test("of a date the last moment is its end, of all else the moment itself", () => {
  expect(readLastMoment("yesterday", NOW)).toBe(fromRfc3339("2026-01-24") - 1n);
  expect(readLastMoment("2026-01-24", NOW)).toBe(readLastMoment("today", NOW));
  for (const text of ["now", "1h", "2026-01-24T00:00:00Z"])
    expect(readLastMoment(text, NOW)).toBe(readMoment(text, NOW));
  expect(readLastMoment("today", NOW) - readMoment("today", NOW)).toBe(DAY - 1n);
});

test.each(["tomorrow", "__proto__", "", "-2h", "2", "2x", "200y", "2h later"])("%p is none", (text) => {
  expect(() => readMoment(text, NOW)).toThrow(RangeError);
});
