import { expect, test } from "bun:test";
import { createOnce } from "../../src/engine/once.ts";

const named = (...names: string[]) => ({
  kind: "read",
  once: Object.fromEntries(names.map((one) => [one, 1])),
});

test("a cursor keeps what no earlier one has named, and is dropped when nothing is left", () => {
  const once = createOnce();
  expect(once.claim([named("a", "b"), { kind: "page" }, named("b", "c"), named("a")])).toEqual([
    named("a", "b"),
    { kind: "page" },
    named("c"),
  ]);
  expect(once.claim([named("c"), named("c", "d")])).toEqual([named("d")]);
});

test("what was committed is named for good; what was not can be named again", () => {
  const once = createOnce();
  once.keep(once.claim([named("a")]));
  const lost = once.claim([named("a", "b")]);
  expect(lost).toEqual([named("b")]);
  once.release(lost);
  expect(once.claim([named("a", "b")])).toEqual([named("b")]);
});

test("any name is a name, and a cursor stays as it is in all else", () => {
  const once = createOnce();
  const cursor = JSON.parse(
    '{"from":"1","to":"2","once":{"__proto__":[1,true],"constructor":2,"9":3,"1":4}}',
  );
  once.keep([{ once: { constructor: 0 } }]);
  const [left] = once.claim([cursor]);
  expect(JSON.stringify(left)).toBe('{"from":"1","to":"2","once":{"1":4,"9":3,"__proto__":[1,true]}}');
});
