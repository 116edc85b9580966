/** Run it with: BUN_BE_BUN=1 contextcore test (or, if Bun is installed: bun test) */
import { expect, test } from "bun:test";
import { existsSync, mkdtempSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createTestContext, testPlugin } from "contextcore/testing";
import plugin from "./index.ts";

const file = join(mkdtempSync(join(tmpdir(), "events-")), "events.jsonl");
const arrived = async (): Promise<string[]> =>
  existsSync(file) ? readFileSync(file, "utf8").split("\n").slice(0, -1) : [];

// Makes every rule of the contract a test: `arrived` returns what the sink has written.
testPlugin(plugin, { options: { file }, arrived });

test("a file that cannot be written is said to be so", async () => {
  const sink = plugin.sink?.(createTestContext(plugin, { options: { file: "/proc/no/such/file" } }));
  const failure = await sink?.probe(new AbortController().signal).catch((error: Error) => error.message);
  expect(failure).toContain("/proc/no/such");
});
