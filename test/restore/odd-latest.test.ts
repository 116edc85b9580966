/** What `latest` must not be silent about: newer snapshots that are damaged, an emptied server, other tenants, gaps. */
import { afterEach, beforeEach, expect, setDefaultTimeout, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Nights, printed, startNights } from "./nights.ts";

setDefaultTimeout(120_000);

const LOKI = ["--plugin", "loki"];
let nights: Nights;
beforeEach(async () => {
  nights = await startNights();
});
afterEach(() => nights.stop());

const call = (...args: string[]) => nights.on(nights.full, ...args);
const restored = async (...args: string[]) =>
  nights.on(await nights.another(), "restore", ...args, "--yes", "--json");

test("the newest snapshot's manifest is damaged: verify ends with 5, and a restore of the rest is partial", async () => {
  await nights.night(...LOKI);
  const newest = await nights.night(...LOKI);
  writeFileSync(join(nights.cwd, "backups", newest, "manifest.json"), "{}");
  const verified = await call("verify", "latest", "--json");
  expect([verified.exitCode, printed(verified).sound]).toEqual([5, false]);
  expect(printed(verified).snapshots.at(-1)).toMatchObject({ name: newest, sound: false });
  expect(verified.stderr).toContain(`not readable: ${newest}: `);
  const done = await restored("latest", ...LOKI);
  expect(done.exitCode, done.stderr).toBe(3);
  expect(printed(done)).toMatchObject({ status: "partial", leftOut: [{ name: newest }] });
});
