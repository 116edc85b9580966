import { expect, test } from "bun:test";
import fc from "fast-check";
import { holdsWord } from "../../src/contract/contextcore.ts";

test.each([
  ["12", "12", true],
  ["12", "user=12, paid", true],
  ["12", "123", false],
  ["12", "a12", false],
  ["12", "_12", false],
  ["12", "é12", false],
  ["12", "112 and 12", true],
  ["a.b", "a.b@example.com", true],
  ["a.b", "axb", false],
  [".*", "anything", false],
  ["a@example.com", "<a@example.com>", true],
  ["a@example.com", "ba@example.com", false],
  ["Jörg", "an Jörg!", true],
])("%s in %s: %p", (value, text, is) => {
  expect(holdsWord(value)(text)).toBe(is);
});

test("a value between spaces is always found, and never in a longer word", () => {
  const word = fc.string({ minLength: 1 }).filter((text) => /^[\p{L}\p{N}]/u.test(text));
  fc.assert(
    fc.property(word, fc.string(), (value, around) => {
      expect(holdsWord(value)(`${around} ${value} ${around}`)).toBe(true);
      expect(holdsWord(value)(`x${value}`)).toBe(false);
    }),
  );
});
