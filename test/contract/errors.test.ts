import { expect, test } from "bun:test";
import {
  type ErrorKind,
  isFault,
  isOfThisCall,
  isOverload,
  PluginError,
  type PluginErrorOptions,
  undefinedOn,
} from "../../src/contract/contextcore.ts";

const error = (kind: ErrorKind, options: PluginErrorOptions = {}) => new PluginError(kind, "no", options);

/** What is to be said of each: overload, fault, of this call. */
const CASES: readonly (readonly [unknown, boolean, boolean, boolean])[] = [
  [error("temporary", { status: 500 }), false, true, true],
  [error("temporary", { status: 500, retryAfterMs: 5 }), true, false, false],
  [error("temporary", { status: 503 }), true, false, false],
  [error("temporary", { status: 429 }), true, false, false],
  [error("temporary", { status: 502 }), false, false, true],
  [error("temporary", { timedOut: true }), false, false, true],
  [error("temporary", { absent: true }), false, false, false],
  [error("too-large", { status: 500 }), false, false, true],
  [error("invalid", { status: 422 }), false, false, true],
  [error("invalid"), false, false, true],
  [error("refused", { status: 403 }), false, false, false],
  [error("refused", { status: 500 }), false, false, false],
  [error("not-found", { status: 404 }), false, false, false],
  [new Error("no"), false, false, false],
];

test("an overload, a fault at one call, and what concerns one call are told apart", () => {
  const told = CASES.map(([one]) => [one, isOverload(one), isFault(one), isOfThisCall(one)]);
  expect(told).toEqual(CASES.map((one) => [...one]));
});

test("a server may say by another status that it fails at one call", () => {
  const failed = error("invalid", { status: 422 });
  expect(isFault(failed)).toBe(false);
  expect(isFault(failed, 422)).toBe(true);
});

test("a call that fails with one of the kinds gives undefined, and no other", async () => {
  expect(await undefinedOn(Promise.resolve(1), "not-found")).toBe(1);
  expect(await undefinedOn(Promise.reject(error("not-found")), "refused", "not-found")).toBeUndefined();
  await expect(undefinedOn(Promise.reject(error("temporary")), "not-found")).rejects.toThrow("no");
  await expect(undefinedOn(Promise.reject(new RangeError("bug")), "not-found")).rejects.toThrow("bug");
});
