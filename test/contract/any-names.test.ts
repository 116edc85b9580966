import { expect, test } from "bun:test";
import fc from "fast-check";
import * as v from "valibot";
import { objectOf, openObject } from "../../src/contract/contextcore.ts";
import { sourcesUnder } from "../architecture/imports.ts";

/** What valibot's own schemas leave out, and what else an object is born with. */
const ODD = ["__proto__", "constructor", "prototype", "toString", "hasOwnProperty", "valueOf"];
const name = fc.oneof(fc.constantFrom(...ODD), fc.string());
const json = fc.array(fc.tuple(name, fc.string())).map((pairs) => JSON.stringify(Object.fromEntries(pairs)));

test("every name is kept, in its place, with its value checked", () => {
  fc.assert(
    fc.property(json, (text) => {
      expect(JSON.stringify(v.parse(objectOf(v.string()), JSON.parse(text)))).toBe(text);
      expect(JSON.stringify(v.parse(openObject({}), JSON.parse(text)))).toBe(text);
    }),
  );
});

test.each(["__proto__", "constructor", "prototype", "a"])("a wrong value is found by its name: %s", (key) => {
  const schema = v.object({ labels: objectOf(v.object({ one: v.number() })) });
  const { issues } = v.safeParse(schema, JSON.parse(`{"labels":{"b":{"one":1},"${key}":{"one":"1"}}}`));
  expect(issues?.map((issue) => v.getDotPath(issue))).toEqual([`labels.${key}.one`]);
});

test.each([[null], ["text"], [["a", "b"]], [undefined]])("no object: %p", (value) => {
  expect(v.safeParse(objectOf(v.string()), value).issues?.[0]).toMatchObject({ expected: "Object" });
});

test("values are taken as their schema gives them, known members too, and nothing is inherited", () => {
  const trimmed = v.pipe(v.string(), v.trim());
  const own = v.parse(objectOf(trimmed), JSON.parse('{"__proto__":" a "}'));
  expect(Object.entries(own)).toEqual([["__proto__", "a"]]);
  expect(Object.getPrototypeOf(own)).toBe(Object.prototype);
  const open = v.parse(openObject({ name: trimmed, uid: v.optional(v.string(), "none") }), {
    constructor: 1,
    name: " b ",
  });
  expect(open).toEqual({ constructor: 1, name: "b", uid: "none" } as object as typeof open);
});

test("nothing reads an object of any names with what loses some", async () => {
  const LOSES = /\bv\.(record|recordAsync|looseObject|looseObjectAsync|objectWithRest|objectWithRestAsync)\(/;
  const sources = await sourcesUnder("src", "plugins", "examples");
  const files = [...sources].filter(([, source]) => LOSES.test(source)).map(([file]) => file);
  expect(files).toEqual(["src/contract/any-names.ts"]);
});
