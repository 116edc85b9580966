import { expect, test } from "bun:test";
import { PluginError } from "../../src/contract/errors.ts";
import { DEFAULT_RETRY, retryDelay } from "../../src/engine/retry.ts";

test("a server that has too much to do is waited for longer than one that fails", () => {
  const overloaded = new PluginError("temporary", "too many requests", { status: 429 });
  const failing = new PluginError("temporary", "oops", { status: 500 });
  expect(retryDelay(failing, DEFAULT_RETRY.attempts, DEFAULT_RETRY, 0.5)).toBeUndefined();
  expect(retryDelay(overloaded, DEFAULT_RETRY.attempts, DEFAULT_RETRY, 0.5)).toBe(8_000);
  expect(retryDelay(overloaded, DEFAULT_RETRY.attemptsOverload, DEFAULT_RETRY, 0.5)).toBeUndefined();
});
