/** RFC 8785: the examples of the standard itself. */
import { expect, test } from "bun:test";
import { canonicalJson } from "../../src/units/canonical-json.ts";

test("section 3.2.2: literals, numbers and strings", () => {
  const value = JSON.parse(String.raw`{
    "numbers": [333333333.33333329, 1E30, 4.50, 2e-3, 0.000000000000000000000000001],
    "string": "\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/",
    "literals": [null, true, false]
  }`);
  const numbers = "[333333333.3333333,1e+30,4.5,0.002,1e-27]";
  const text = '"\u20ac$\\u000f\\nA\'B\\"\\\\\\\\\\"/"';
  expect(canonicalJson(value)).toBe(`{"literals":[null,true,false],"numbers":${numbers},"string":${text}}`);
});

test("section 3.2.3: members sorted by UTF-16 code units", () => {
  const value = JSON.parse(String.raw`{
    "\u20ac": "Euro Sign", "\r": "Carriage Return", "\ufb33": "Hebrew Letter Dalet With Dagesh",
    "1": "One", "\ud83d\ude00": "Emoji: Grinning Face", "\u0080": "Control", "\u00f6": "Latin Small Letter O With Diaeresis"
  }`);
  const values = [...canonicalJson(value).matchAll(/:"([^"]*)"/g)].map(([, text]) => text);
  expect(values).toEqual([
    "Carriage Return",
    "One",
    "Control",
    "Latin Small Letter O With Diaeresis",
    "Euro Sign",
    "Emoji: Grinning Face",
    "Hebrew Letter Dalet With Dagesh",
  ]);
});

const doubleOf = (bits: bigint): number => {
  const view = new DataView(new ArrayBuffer(8));
  view.setBigUint64(0, bits);
  return view.getFloat64(0);
};

test.each([
  [0x0000000000000000n, "0"],
  [0x8000000000000000n, "0"],
  [0x0000000000000001n, "5e-324"],
  [0x8000000000000001n, "-5e-324"],
  [0x7fefffffffffffffn, "1.7976931348623157e+308"],
  [0x4340000000000000n, "9007199254740992"],
  [0x4430000000000000n, "295147905179352830000"],
  [0x44b52d02c7e14af5n, "9.999999999999997e+22"],
  [0x44b52d02c7e14af6n, "1e+23"],
  [0x444b1ae4d6e2ef4en, "999999999999999700000"],
  [0x444b1ae4d6e2ef4fn, "999999999999999900000"],
  [0x444b1ae4d6e2ef50n, "1e+21"],
  [0x3eb0c6f7a0b5ed8cn, "9.999999999999997e-7"],
  [0x3eb0c6f7a0b5ed8dn, "0.000001"],
  [0x41b3de4355555553n, "333333333.3333332"],
  [0xbecbf647612f3696n, "-0.0000033333333333333333"],
  [0x43143ff3c1cb0959n, "1424953923781206.2"],
])("appendix B: %x", (bits, text) => {
  expect(canonicalJson(doubleOf(bits))).toBe(text);
});

test("what JSON cannot hold is refused, what is undefined is left out", () => {
  expect(() => canonicalJson(Number.NaN)).toThrow(TypeError);
  expect(() => canonicalJson([1, Number.POSITIVE_INFINITY])).toThrow(TypeError);
  expect(canonicalJson({ b: undefined, a: 1 })).toBe('{"a":1}');
});
