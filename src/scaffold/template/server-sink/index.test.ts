/** Run it with: BUN_BE_BUN=1 contextcore test (or, where Bun is installed: bun test) */
import { expect, test } from "bun:test";
import { createTestContext, testPlugin } from "contextcore/testing";
import plugin from "./index.ts";
import lab from "./lab.ts";

// Every rule of the contract is a test, on the lab.
testPlugin(plugin, { lab });

test("a server that is busy is asked again later", async () => {
  const busy = { fetch: () => new Response("busy", { status: 503 }) };
  using context = createTestContext(plugin, { lab: busy });
  const failure = await plugin
    .sink?.(context)
    .probe(new AbortController().signal)
    .catch((error) => error);
  expect(failure).toMatchObject({ kind: "temporary" });
});
