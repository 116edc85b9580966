/** Run it with: BUN_BE_BUN=1 contextcore test (or, if Bun is installed: bun test) */
import { expect, test } from "bun:test";
import { createTestContext, testPlugin } from "contextcore/testing";
import plugin from "./index.ts";
import lab, { serve } from "./lab.ts";

// Makes every rule of the contract a test, run against the look-alike server with faults in front of it.
testPlugin(plugin, { lab });

test("the inventory knows the oldest and the newest event", async () => {
  const event = (id: number) => ({ id, time: `2026-01-24T14:30:0${id}.000Z`, text: `event ${id}` });
  using context = createTestContext(plugin, { lab: serve([event(1), event(3)]) });
  const found = await plugin.backend?.(context).inventory(new AbortController().signal);
  expect((found?.newest ?? 0n) - (found?.oldest ?? 0n)).toBe(2_000_000_000n);
});
