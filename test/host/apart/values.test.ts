/** What crosses the border between two processes arrives as it was, and what makes no sense is refused. */
import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { createFrameReader, frameOf } from "../../../src/host/apart/frames.ts";
import { NotData, pack, unpack } from "../../../src/host/apart/values.ts";

/** Through the bytes, in pieces of this size. */
function across(value: unknown, size = 7): unknown {
  const found: unknown[] = [];
  const read = createFrameReader((json, data) => found.push(unpack(json, data)));
  const bytes = Buffer.concat(frameOf(pack(value)));
  for (let at = 0; at < bytes.length; at += size) read(bytes.subarray(at, at + size));
  return found[0];
}

const leaf = fc.oneof(
  fc.constantFrom(null, true, false, undefined, Number.NaN, Number.POSITIVE_INFINITY, -0, 0n, -5n),
  fc.double(),
  fc.bigInt({ min: -(2n ** 80n), max: 2n ** 80n }),
  fc.string({ unit: "binary", maxLength: 40 }),
  fc.string({ unit: "binary", minLength: 1_020, maxLength: 1_100 }),
  fc.constantFrom("\ud800", "x".repeat(3_000), "\ud800".repeat(2_000), "é日🧨\u0000".repeat(600)),
  fc.uint8Array({ maxLength: 2_000 }),
);
const key = fc.oneof(
  fc.string({ maxLength: 5 }),
  fc.constantFrom("$", "__proto__", "constructor", "is", "at"),
);
const { value } = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: "small" },
    leaf,
    fc.array(tie("value"), { maxLength: 5 }),
    fc.array(fc.tuple(key, tie("value")), { maxLength: 5 }).map((members) => Object.fromEntries(members)),
  ),
}));

/** A member that is undefined is one that is not there. */
function expected(given: unknown): unknown {
  if (Array.isArray(given)) return given.map(expected);
  if (typeof given !== "object" || given === null || given instanceof Uint8Array) return given;
  const there = Object.entries(given).filter(([, member]) => member !== undefined);
  return Object.fromEntries(there.map(([name, member]) => [name, expected(member)]));
}

test("any value arrives as it was, in whatever pieces the bytes come", () => {
  fc.assert(
    fc.property(value, fc.integer({ min: 1, max: 5_000 }), (given, size) => {
      const found = across(given, size);
      expect(Bun.deepEquals(found, expected(given), true)).toBe(true);
    }),
    { numRuns: 300 },
  );
});

test("a number stays as it was written", () => {
  const written = '{"a":1.10,"b":12345678901234567890}';
  const raw = JSON.parse(written, (_, member: unknown, { source }: { source?: string } = {}) =>
    typeof member === "number" && source !== undefined ? Reflect.get(JSON, "rawJSON")(source) : member,
  );
  expect(JSON.stringify(across(raw))).toBe(written);
});

test("brackets and commas in texts are texts", () => {
  const texts = ['[{,"\\'.repeat(200), "\\", '\\"[', "[".repeat(900)];
  const many = Array(2_000).fill(texts);
  expect(across(many, 1 << 20)).toEqual(many);
});

test.each([
  ["a function", () => () => 1],
  ["a symbol", () => Symbol("x")],
  [
    "a circle",
    () => {
      const circle: { self?: unknown } = {};
      circle.self = circle;
      return circle;
    },
  ],
  ["what is nested without end", () => JSON.parse("[".repeat(200) + "]".repeat(200))],
])("%s does not cross", (_, make) => {
  expect(() => pack({ in: [make()] })).toThrow(NotData);
});

describe("is refused when it comes:", () => {
  test.each([
    ["no JSON", "{"],
    ["an unknown kind", '{"$":"code","is":"1"}'],
    ["no number", '{"$":"bigint","is":"1e9"}'],
    ["a number without end", `{"$":"bigint","is":"${"9".repeat(1_000)}"}`],
    ["bytes that are not there", '{"$":"bytes","at":0,"length":5}'],
    ["bytes before the first", '{"$":"bytes","at":-1,"length":1}'],
    ["bytes by a number that is none", '{"$":"text","at":0.5,"length":1}'],
    ["a depth that nobody needs", "[".repeat(5_000) + "]".repeat(5_000)],
    ["raw JSON that is none", '{"$":"raw","is":"{}"}'],
  ])("%s", (_, json) => {
    expect(() => unpack(json, new Uint8Array(4))).toThrow();
  });

  test.each([
    ["values", [0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0]],
    ["data", [0, 0, 0, 2, 0x7f, 0xff, 0xff, 0xff]],
  ])("more %s than fit in memory, before they are read", (_, head) => {
    const read = createFrameReader(() => undefined);
    expect(() => read(Uint8Array.from(head))).toThrow(/are allowed/);
  });
});
