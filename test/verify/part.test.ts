/** Which part of the data a verification reads. */
import { expect, test } from "bun:test";
import { readPart } from "../../src/verify/part.ts";

const partsOf = (text: string, times: readonly string[]): number[] =>
  times.map((time) => readPart(text, Date.parse(time)).index);

test("a share a night reads everything in a week, also where the clocks change and where a night is made up for in the morning", () => {
  for (const text of ["day/7", "15%"]) {
    const spring = ["26T00:30", "27T00:30", "28T00:30", "28T23:30", "29T23:30", "30T23:30", "31T23:30"];
    const autumn = ["21T22:30", "22T22:30", "23T22:30", "24T22:30", "25T23:30", "26T23:30", "28T07:10"];
    const weeks = [spring.map((time) => `2026-03-${time}:00Z`), autumn.map((time) => `2026-10-${time}:00Z`)];
    for (const week of weeks) expect(partsOf(text, week).sort()).toEqual([1, 2, 3, 4, 5, 6, 7]);
  }
});

test("a named part is always the same one, and what is no part is refused", () => {
  expect(partsOf("3/7", ["2026-03-01T00:00:00Z", "2026-03-02T00:00:00Z"])).toEqual([3, 3]);
  for (const text of ["0/7", "8/7", "day/0", "day", "0%", "101%", "*/7"])
    expect(() => readPart(text)).toThrow("is not a part (use 1/7, day/7 or 10%)");
});
