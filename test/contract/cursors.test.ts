import { expect, test } from "bun:test";
import {
  checkShape,
  decodeCursor,
  encodeCursor,
  nanoseconds,
  parseShape,
  v,
} from "../../src/contract/contextcore.ts";

const schema = v.object({
  kind: v.literal("read"),
  window: v.object({ from: nanoseconds, to: nanoseconds }),
  match: v.optional(v.string()),
});

test("a piece of work is the same when it comes back from its cursor", () => {
  const work = { kind: "read", window: { from: -1n, to: 1_769_265_000_000_000_001n }, match: undefined };
  const cursor = encodeCursor(work);
  expect(JSON.stringify(cursor)).toBe('{"kind":"read","window":{"from":"-1","to":"1769265000000000001"}}');
  expect(decodeCursor("acme", schema, cursor)).toEqual({ kind: "read", window: work.window });
});

test("a cursor of another version is refused", () => {
  const cursor = { kind: "read", window: { from: "1.5", to: "2" } };
  expect(() => decodeCursor("acme", schema, cursor)).toThrow(
    "acme: not a cursor of this version: not a time in ns",
  );
});

test("a value from outside is refused by its first wrong field", () => {
  const rule = v.object({ groups: v.array(v.object({ name: v.string() })) });
  expect(checkShape("a rule", rule, { groups: [{ name: "a" }] })).toEqual({ groups: [{ name: "a" }] });
  expect(() => checkShape("a rule", rule, { groups: [{ name: 1 }] })).toThrow(
    "a rule is not as expected: groups.0.name: ",
  );
  expect(() => checkShape("a rule", rule, 1)).toThrow("a rule is not as expected: Invalid type");
  expect(() => parseShape("a rule", rule, "{")).toThrow("a rule is not JSON");
});
