/** How much a restore holds beside what the process held before it. */
import { expect, test } from "bun:test";
import { resolve } from "node:path";
import { temporaryDirectory } from "../support/directory.ts";

test.each([0, 300e6])(
  "holding %d bytes, it writes batches side by side, within 150 MB",
  async (held) => {
    const script = resolve(import.meta.dir, "burdened.ts");
    const child = Bun.spawn([process.execPath, script, `${held}`, temporaryDirectory()], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    const { failure, beside, more } = JSON.parse(await new Response(child.stdout).text());
    expect(await child.exited).toBe(0);
    expect(failure).toBeUndefined();
    expect(beside).toBeGreaterThan(10);
    expect(more).toBeLessThan(150e6);
  },
  60_000,
);
