/** Servers whose clock is hours off: what has settled and what expires goes by theirs, and it is said. */
import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { startLab } from "../lab/lab.ts";
import { cleanEnv, run } from "../support/binary.ts";
import { temporaryDirectory } from "../support/directory.ts";

const HOUR_MS = 3_600_000;
const NAMES = ["tempo", "mimir", "loki", "grafana"] as const;

test.each([
  ["ahead of", 3 * HOUR_MS],
  ["behind", -3 * HOUR_MS],
])(
  "a stack whose clock is three hours %s ours is exported whole, by its own clock",
  async (words, skewMs) => {
    const theirNow = (): number => Date.now() + skewMs;
    const lab = await startLab({ now: () => BigInt(theirNow()) * 1_000_000n });
    try {
      const cwd = temporaryDirectory();
      const urls = NAMES.map((name) => [`CONTEXTCORE_${name.toUpperCase()}_URL`, lab.urls[name]]);
      const env = { ...cleanEnv(cwd), ...Object.fromEntries(urls) };
      const inventory = await run(["inventory"], { cwd, env });
      for (const name of NAMES)
        expect(inventory.stderr).toContain(`${name}: its clock is 3h ${words} ours: what expires,`);
      const began = theirNow();
      const exported = await run(["export", "-t", "24h", "-o", "backups", "--json"], { cwd, env });
      const ended = theirNow();
      expect(exported.exitCode, exported.stdout + exported.stderr).toBe(0);
      const { path } = JSON.parse(exported.stdout).snapshot;
      const { status, plugins } = JSON.parse(readFileSync(join(path, "manifest.json"), "utf8"));
      expect(status).toBe("complete");
      for (const { name, range, exportedUntil, agrees, problems } of plugins) {
        expect([name, agrees]).toEqual([name, true]);
        expect(problems.map(({ reason }: { reason: string }) => reason)).toContain(
          `the server's clock is 3h ${words} ours: reading ends by the server's clock. Synchronize both clocks.`,
        );
        const to = Date.parse(range.to);
        expect(to).toBeGreaterThan(began - 5_000);
        expect(to).toBeLessThan(ended + 5_000);
        if (name === "tempo" || name === "mimir") {
          expect(Date.parse(exportedUntil)).toBeLessThan(to);
          expect(Date.parse(exportedUntil)).toBeGreaterThan(to - 600_000);
        }
      }
    } finally {
      await lab.stop();
    }
  },
  60_000,
);
