/** Seven years of nights on a disk: one run lets go of exactly what is past its time. */
import { expect, setDefaultTimeout, test } from "bun:test";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { run } from "../support/binary.ts";
import { temporaryDirectory } from "../support/directory.ts";
import { keepNights } from "../support/nights.ts";

setDefaultTimeout(120_000);

const DAY_MS = 86_400_000;
const DAYS = { transient: 30, operational: 365, important: 3 * 365, critical: 7 * 365 } as const;
const CLASSES = ["transient", "operational", "important", "critical"] as const;

test("every night of seven years and a month, each of another class than the night before", async () => {
  const cwd = temporaryDirectory({ "contextcore.yaml": "name: shop\n" });
  const now = Math.floor(Date.now() / DAY_MS) * DAY_MS;
  const nights = Array.from({ length: 7 * 365 + 31 }, (_, age) => {
    // Half a day off, so that none becomes due while the test runs.
    const at = now - age * DAY_MS + DAY_MS / 2 - DAY_MS;
    return { at, class: CLASSES[age % 4] ?? "critical", backends: ["logs"] } as const;
  });
  const names = keepNights(cwd, nights);
  const isKept = ({ at, class: kind }: (typeof nights)[number]): boolean =>
    Date.now() - at < DAYS[kind] * DAY_MS;
  const kept = names.filter((_, index) => nights[index] !== undefined && isKept(nights[index]));
  const done = await run(["retention", "apply", "--yes", "--json"], { cwd });
  expect(done.exitCode, done.stderr).toBe(0);
  expect(readdirSync(join(cwd, "backups")).sort()).toEqual(kept.sort());
  expect(kept.length).toBeGreaterThan(900);
  expect(JSON.parse(done.stdout).due.length).toBe(names.length - kept.length);
});
