/** A time as people give it: a date, an RFC 3339 time, or a duration, which means that long ago. */
import { expect, test } from "bun:test";
import { readMoment } from "../../src/units/moment.ts";
import { fromMs, fromRfc3339, NS_PER_SECOND } from "../../src/units/range.ts";

test("a duration is that long ago, the same now for every time of a call", () => {
  expect(readMoment("1h") - readMoment("2h")).toBe(3_600n * NS_PER_SECOND);
  const off = fromMs(Date.now()) - readMoment("1d12h") - 36n * 3_600n * NS_PER_SECOND;
  expect(off >= 0n && off < 600n * NS_PER_SECOND).toBe(true);
});

test("a date and a time are what they were", () => {
  for (const text of ["2026-01-24", "2026-01-24T14:30:00.5+02:00"]) {
    expect(readMoment(text)).toBe(fromRfc3339(text));
  }
});

test.each(["yesterday", "", "-2h", "2", "2x", "200y", "2h later"])("%p is none", (text) => {
  expect(() => readMoment(text)).toThrow(RangeError);
});
