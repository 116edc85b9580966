/** Run it with: BUN_BE_BUN=1 contextcore test (or, if Bun is installed: bun test) */
import { expect, test } from "bun:test";
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createTestContext, testPlugin } from "contextcore/testing";
import plugin from "./index.ts";

// Makes every rule of the contract a test, run on the sample beside the plugin.
testPlugin(plugin);

test("a line that tells no time is a problem, not a quiet gap", async () => {
  const directory = mkdtempSync(join(tmpdir(), "lines-"));
  writeFileSync(join(directory, "a.jsonl"), '{"time":"2026-01-24T14:30:01Z"}\nnot JSON\n');
  const exporter = plugin.backend?.(createTestContext(plugin, { options: { directory } })).export;
  const { signal } = new AbortController();
  const start = await exporter?.start({ range: { from: 0n, to: 4_000_000_000_000_000_000n } }, signal);
  const step = await exporter?.step(start?.cursors[0] ?? {}, signal);
  expect(step?.problems).toMatchObject([{ kind: "incomplete" }]);
});
