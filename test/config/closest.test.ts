import { expect, test } from "bun:test";
import { closest } from "../../src/config/closest.ts";

const commands = ["inventory", "export", "restore", "destroy", "audit", "n"];

test.each([
  ["inventry", "inventory"],
  ["exprot", "export"],
  ["Destroy", "destroy"],
  ["audti", "audit"],
])("%s was meant to be %s", (word, meant) => {
  expect(closest(word, commands)).toBe(meant);
});

test.each(["zebra", "x", "up", "inventories-of-all"])("%s is like none of them", (word) => {
  expect(closest(word, commands)).toBeUndefined();
});
