import { expect, test } from "bun:test";
import { parseExact, whatDiffers } from "../../src/contract/contextcore.ts";

const of = (saved: string, held: string): string | undefined =>
  whatDiffers(parseExact(saved) as object, parseExact(held) as object);

test.each([
  ['{"a":1,"b":[1,{"c":2}]}', '{"b":[1.0,{"c":2e0}],"a":1.0}', undefined],
  ['{"title":"a"}', '{"title":"b"}', "title"],
  ['{"a":1}', "{}", "a"],
  ["{}", '{"a":null}', "a"],
  ['{"panels":[1,2,3]}', '{"panels":[]}', "3 of 3 panels"],
  ['{"panels":[1,2,3]}', "{}", "3 of 3 panels"],
  ['{"panels":[1,2,3]}', '{"panels":[1,9,3,4]}', "2 of 4 panels"],
  ['{"panels":[1,2,3]}', '{"panels":[3,1,2]}', "the order of panels"],
  ['{"panels":[1,2,3]}', '{"panels":[2,3]}', "1 of 3 panels"],
  ['{"a":{"b":{"c":{"d":1}}}}', '{"a":{"b":{"c":{"d":2}}}}', "a.b.c"],
  ['{"a":{"b":1}}', '{"a":7}', "a"],
  ['{"constructor":1,"__proto__":{"x":1}}', '{"__proto__":{"x":2}}', "constructor, __proto__.x"],
  ['{"n":9007199254740993}', '{"n":9007199254740995}', "n"],
])("%s beside %s: %p", (saved, held, expected) => {
  expect(of(saved, held)).toBe(expected as string);
});

test("what is said stays short, however much differs", () => {
  const many = Object.fromEntries(Array.from({ length: 1_000 }, (_, index) => [`member ${index}`, index]));
  expect(whatDiffers(many, {})).toBe("member 0, member 1, member 2, member 3, member 4, 995 more");
  expect(whatDiffers({ ["x".repeat(10_000)]: 1 }, {})?.length).toBe(60);
  const list = Array.from({ length: 5_000 }, (_, index) => ({ index, deep: { list: [index] } }));
  const began = performance.now();
  expect(whatDiffers({ list }, { list: list.toReversed() })).toBe("5000 of 5000 list");
  expect(performance.now() - began).toBeLessThan(5_000);
});
