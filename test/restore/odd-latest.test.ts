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

test("a server that lost its data and is saved again: latest says so, and prune keeps the only copy", async () => {
  const full = await nights.night(...LOKI);
  const emptied = await nights.another();
  await nights.day();
  await nights.rewrite(full, (manifest) => ({
    ...manifest,
    plugins: manifest.plugins.map((one) => ({ ...one, url: emptied.urls.loki })),
  }));
  const saved = await nights.on(emptied, "export", "--all", ...LOKI, "--json");
  expect([saved.exitCode, printed(saved).status]).toEqual([0, "complete"]);
  const empty = printed(saved).path.split("/").at(-1);
  const lacking = `${empty} found nothing where ${full} has data`;
  const verified = await call("verify", "latest");
  expect([verified.exitCode, verified.stderr]).toEqual([3, expect.stringContaining(lacking)]);
  const done = await restored("latest", ...LOKI, "--dry-run");
  expect([done.exitCode, printed(done).leftOut[0].reason]).toEqual([3, expect.stringContaining(lacking)]);
  expect((await call("snapshots", "prune", "--keep-last", "1", "--yes")).exitCode).toBe(0);
  expect(nights.kept()).toEqual([full, empty]);
});

test("nights of -t 24h are put back together, though some seconds are between them; a night that was left out is lacking", async () => {
  const saved = async () => {
    await nights.day();
    expect((await call("export", "-t", "24h", ...LOKI)).exitCode).toBe(0);
  };
  for (let night = 1; night <= 3; night += 1) await saved();
  const done = await restored("latest", ...LOKI);
  expect([done.exitCode, printed(done).plugins[0].written]).toEqual([0, { entries: 72 }]);
  await nights.day();
  await saved();
  const verified = await call("verify", "latest", "--quick");
  expect(verified.exitCode).toBe(3);
  expect(verified.stderr).toMatch(/left out: loki: 24h.* is in none of these snapshots/);
  expect(verified.stderr).toContain("while the server has it: contextcore export --plugin loki --from ");
});
