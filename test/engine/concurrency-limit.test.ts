/** The limit of calls to one backend: what one call is told holds for the others, and nothing waits for ever. */
import { expect, test } from "bun:test";
import { PluginError } from "../../src/contract/errors.ts";
import { createConcurrencyLimit } from "../../src/engine/concurrency-limit.ts";
import { DEFAULT_TUNING } from "../../src/engine/tuning.ts";

const busy = new PluginError("temporary", "busy", { status: 429, retryAfterMs: 50 });

test("a call that waits for a pause goes on after it, though nobody tries again", async () => {
  const signal = AbortSignal.timeout(3_000);
  const limit = createConcurrencyLimit({ concurrency: 1, tuning: DEFAULT_TUNING, signal });
  const last = { retry: { ...DEFAULT_TUNING.retry, attemptsOverload: 1 }, limitMs: DEFAULT_TUNING.stepMs };
  const began = performance.now();
  const first = limit.call(() => Promise.reject(busy), last);
  const second = limit.call(async () => performance.now() - began);
  expect(first).rejects.toBe(busy);
  const waited = await second;
  expect(waited).toBeGreaterThanOrEqual(50);
  expect(signal.aborted).toBe(false);
});
