/** Run it with: BUN_BE_BUN=1 contextcore test (or, if Bun is installed: bun test) */
import { expect, test } from "bun:test";
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createTestContext, testPlugin } from "contextcore/testing";
import plugin from "./index.ts";

const path = mkdtempSync(join(tmpdir(), "objects-"));

// Makes every rule of the contract a test.
testPlugin(plugin, { options: { path } });

test("a directory that is not there holds nothing", async () => {
  const store = plugin.store?.(createTestContext(plugin, { options: { path: join(path, "no", "such") } }));
  expect(await Array.fromAsync(store?.list("", new AbortController().signal) ?? [])).toEqual([]);
});
