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
  const empty = printed(saved).snapshot.name;
  const lacking = `${empty} found nothing where ${full} has data`;
  const verified = await call("verify", "latest");
  expect([verified.exitCode, verified.stderr]).toEqual([3, expect.stringContaining(lacking)]);
  const done = await restored("latest", ...LOKI, "--dry-run");
  expect([done.exitCode, printed(done).leftOut[0].reason]).toEqual([3, expect.stringContaining(lacking)]);
  expect((await call("snapshots", "prune", "--keep-last", "1", "--yes")).exitCode).toBe(0);
  expect(nights.kept().sort()).toEqual([full, empty]);
});

test("nights of -t 24h are put back together, though some seconds are between them; a night that was left out is lacking", async () => {
  const saved = async () => {
    await nights.day();
    expect((await call("export", "-t", "24h", ...LOKI)).exitCode).toBe(0);
  };
  for (let night = 1; night <= 3; night += 1) await saved();
  const done = await restored("latest", ...LOKI);
  expect([done.exitCode, printed(done).backends[0].written]).toEqual([0, { entries: 72 }]);
  await nights.day();
  await saved();
  const verified = await call("verify", "latest", "--quick");
  expect(verified.exitCode).toBe(3);
  expect(verified.stderr).toMatch(/left out: loki: 24h.* is in none of these snapshots/);
  expect(verified.stderr).toContain(
    "while the server still has it: contextcore export --plugin loki --from ",
  );
});

test("data of several tenants is not mixed without a word, and that of another tenant is told", async () => {
  const first = await nights.night(...LOKI, "--set", "backends.loki.tenant=a");
  const second = await nights.night(...LOKI, "--set", "backends.loki.tenant=b");
  const as = (tenant: string, ...args: string[]) =>
    call("restore", ...args, ...LOKI, "--dry-run", "--json", "--set", `backends.loki.tenant=${tenant}`);
  const mixed = await as("a", "--all");
  expect([mixed.exitCode, mixed.stderr]).toEqual([
    4,
    expect.stringContaining("loki was saved as several tenants: a and b"),
  ]);
  expect((await call("restore", "--all", ...LOKI, "--into", "c", "--dry-run")).exitCode).not.toBe(4);
  for (const [tenant, name] of [
    ["a", first],
    ["b", second],
  ] as const)
    expect(printed(await as(tenant, "latest")).chains).toMatchObject([{ snapshots: [{ name }] }]);
  expect((await as("c", first)).stderr).toContain("tenant: loki was saved as a, and is written as c");
});

test("--all names a newer, partial Grafana of which it takes no dashboards", async () => {
  const GRAFANA = ["--plugin", "grafana"];
  await nights.night(...GRAFANA);
  await nights.day();
  await nights.day();
  await using proxy = refusing("/day-2", nights.full.urls.grafana);
  const saved = await call(
    "export",
    "-t",
    "30h",
    ...GRAFANA,
    "--json",
    "--set",
    `backends.grafana.url=${proxy.url}`,
  );
  expect(saved.exitCode, saved.stderr).toBe(3);
  const partial = printed(saved).snapshot.name;
  const done = await restored("--all", ...GRAFANA);
  expect(done.exitCode, done.stderr).toBe(3);
  const reason = expect.stringContaining(`of ${partial} without a time`);
  expect(printed(done)).toMatchObject({ status: "partial", leftOut: [{ name: "grafana", reason }] });
});

/** Passes everything on but what a path names, which is forbidden. */
function refusing(part: string, url: string) {
  const server = Bun.serve({
    port: 0,
    hostname: "127.0.0.1",
    async fetch(request) {
      const { pathname, search } = new URL(request.url);
      if (pathname.includes(part)) return new Response("{}", { status: 403 });
      const { method, headers } = request;
      return fetch(`${url}${pathname}${search}`, { method, headers, body: (await request.text()) || null });
    },
  });
  return { url: server.url.origin, [Symbol.asyncDispose]: () => server.stop(true) };
}
