import { expect, test } from "bun:test";
import { formatTable } from "../../src/terminal/table.ts";
import { wrapWords } from "../../src/terminal/wrap.ts";

test("a line is broken between words, and goes on under its beginning", () => {
  expect(wrapWords("warning: loki does not answer at all", 20)).toEqual([
    "warning: loki does",
    "  not answer at all",
  ]);
  expect(wrapWords("  what to do about it", 12)).toEqual(["  what to do", "    about it"]);
  expect(wrapWords("one two three", 9, 4)).toEqual(["one two", "    three"]);
});

test("what fits stays as it is, and so does what cannot be broken", () => {
  expect(wrapWords("a  table   row\nand another", 14)).toEqual(["a  table   row", "and another"]);
  expect(wrapWords("a very wide line without any limit", Number.POSITIVE_INFINITY)).toHaveLength(1);
  expect(wrapWords("see /a/path/that/is/too/long now", 12)).toEqual([
    "see",
    "  /a/path/that/is/too/long",
    "  now",
  ]);
});

test("a number stays with what it counts", () => {
  expect(wrapWords("1,456 entries (of 1,500 lines) at 127.0.0.1:80 now", 24)).toEqual([
    "1,456 entries (of",
    "  1,500 lines) at",
    "  127.0.0.1:80 now",
  ]);
});

test("colours take no room", () => {
  const red = "\u001b[31mwarning:\u001b[39m short";
  expect(wrapWords(red, 14)).toEqual([red]);
});

test("a table's last column goes on below itself; where it has no room, below the first", () => {
  const rows = [
    ["ok", "loki", "answers at http://127.0.0.1:3100, version 3.4"],
    ["", "", "a hint"],
  ];
  expect(formatTable([{ width: 7 }, {}, {}], rows, 44)).toEqual([
    "ok       loki  answers at",
    "               http://127.0.0.1:3100,",
    "               version 3.4",
    "               a hint",
  ]);
  expect(formatTable([{ width: 7 }, {}, {}], rows, 30)[1]).toBe("  http://127.0.0.1:3100,");
});
