import { expect, test } from "bun:test";
import { given } from "../../src/units/given.ts";

test("only members that have a value are there, in their order", () => {
  const found = given({ b: undefined, zero: 0, a: "", no: false, none: null });
  expect(Object.entries(found)).toEqual([
    ["zero", 0],
    ["a", ""],
    ["no", false],
    ["none", null],
  ]);
});

test("what it leaves out overwrites nothing, and may be left out of what takes no `undefined`", () => {
  const limit: number | undefined = undefined as number | undefined;
  const options: { url: string; limit?: number } = { url: "http://a", ...given({ limit }) };
  expect({ ...{ limit: 7 }, ...options }).toEqual({ url: "http://a", limit: 7 });
  expect("limit" in options).toBe(false);
});
