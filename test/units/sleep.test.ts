import { expect, test } from "bun:test";
import { sleep } from "../../src/units/sleep.ts";

test("waits as long as it is told", async () => {
  const began = performance.now();
  await sleep(30, new AbortController().signal);
  expect(performance.now() - began).toBeGreaterThan(28);
});

test("ends with the signal's reason, whether that comes while it waits or came before", async () => {
  const stop = new AbortController();
  const waiting = sleep(60_000, stop.signal);
  const reason = new Error("enough");
  stop.abort(reason);
  await expect(waiting).rejects.toBe(reason);
  await expect(sleep(60_000, stop.signal)).rejects.toBe(reason);
});
