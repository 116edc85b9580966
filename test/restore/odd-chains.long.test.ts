/** Chains among other snapshots: partial and foreign ones, of dashboards only, and with a link that is gone or damaged. */
import { afterAll, beforeEach, expect, setDefaultTimeout, test } from "bun:test";
import { readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { sender } from "../lab/grafana/seed.ts";
import { blocksOf, flipBit } from "./damaged.ts";
import { DAY, iso, type Nights, namesIn, printed, startNights, withoutParents } from "./nights.ts";

setDefaultTimeout(120_000);

const NIGHTS = 4;
const LOKI = ["--plugin", "loki"];

const started: Nights[] = [];
let nights: Nights;
let names: string[];
beforeEach(async () => {
  nights = await startNights();
  started.push(nights);
  names = [];
  for (let night = 1; night <= NIGHTS; night += 1) names.push(await nights.night());
});
afterAll(() => Promise.all(started.map((one) => one.stop())));

const nameOf = (index: number): string => names.at(index) ?? "";
const pathOf = (index: number): string => join(nights.cwd, "backups", nameOf(index));
const call = (...args: string[]) => nights.on(nights.full, ...args);
const lokiIn = (report: { backends: { backend: string }[] }) =>
  report.backends.find(({ backend }) => backend === "loki");

test("a snapshot of dashboards only shadows nothing, and a partial one is passed over by name", async () => {
  const dashboards = printed(await call("export", "-t", "1h", "--plugin", "grafana", "--json")).snapshot.path;
  const partial = printed(
    await call("export", "-t", "2h", "--json", "--set", "backends.loki.url=http://127.0.0.1:9"),
  ).snapshot.path;
  const verified = await call("verify", "latest", "--json");
  const { sound, chains, notCovered, passedOver, snapshots } = printed(verified);
  const [ofLoki, ofGrafana] = ["loki", "grafana"].map((name) =>
    chains.find(({ backend }: { backend: string }) => backend === name),
  );
  expect([verified.exitCode, sound, namesIn(ofLoki), ofLoki.missing]).toEqual([0, true, names, []]);
  // All of Grafana is whole in the newest snapshot, though Loki is not in it.
  const newest = partial.split("/").at(-1);
  expect(ofGrafana.objectsFrom.name).toBe(newest);
  expect(passedOver).toEqual([
    { name: newest, reason: expect.stringMatching(/^loki in it is failed: .*nothing listens there/) },
  ]);
  expect(notCovered).not.toContain(newest);
  expect(snapshots.map(({ name }: { name: string }) => name)).toEqual(expect.arrayContaining(names));
  const told = await call("verify", "latest", "--quick");
  expect(told.stdout).toContain(`covered: loki: ${names.slice(0, 3).join(", ")} and ${nameOf(3)}, `);
  expect(told.stderr).toContain(`passed over: ${newest}: loki in it is failed`);
  expect(dashboards).not.toBe(partial);
  const restored = printed(await call("restore", "latest", ...LOKI, "--dry-run", "--json"));
  expect(lokiIn(restored)).toMatchObject({ counts: { entries: NIGHTS * 25 } });
});

test("verify says what it did not cover, and --all covers it", async () => {
  const [first = "", ...others] = names;
  const one = await call("verify", first, "--json");
  expect([one.exitCode, printed(one).notCovered]).toEqual([0, others]);
  const all = await call("verify", "--all", "--json");
  expect([all.exitCode, printed(all).notCovered, printed(all).snapshots.length]).toEqual([0, [], NIGHTS]);
});

test("of dashboards the newest snapshot alone is put back: what was deleted stays deleted", async () => {
  const send = sender(nights.full.faces.grafana);
  await send("DELETE", "/api/dashboards/uid/day-2", {});
  await nights.night();
  const lab = await nights.another();
  for (const [snapshot, target] of [["latest"], ["--all"]].map((args) => [args, lab] as const)) {
    const done = await nights.on(target, "restore", ...snapshot, "--plugin", "grafana", "--yes", "--json");
    expect(done.exitCode, done.stderr).toBe(0);
  }
  expect([...lab.faces.grafana.store.dashboards.keys()].sort()).toEqual(["day-1", "day-3", "day-4", "day-5"]);
});

test("annotations of nights that were each saved for a day come back, and deleted ones do not", async () => {
  const windows = ["--plugin", "grafana", "--no-logs", "-t", "24h"];
  rmSync(join(nights.cwd, "backups"), { recursive: true });
  for (let night = 1; night <= 3; night += 1) {
    await nights.day();
    expect((await call("export", ...windows)).exitCode).toBe(0);
  }
  const plan = printed(await call("restore", "latest", "--plugin", "grafana", "--dry-run", "--json"));
  expect(plan.backends[0].counts.annotations).toBe(3);
  const { store } = nights.full.faces.grafana;
  store.annotations.splice(-1);
  await sender(nights.full.faces.grafana)("DELETE", "/api/dashboards/uid/day-2", {});
  expect((await call("export", ...windows)).exitCode).toBe(0);
  const lab = await nights.another();
  const done = await nights.on(lab, "restore", "latest", "--plugin", "grafana", "--yes", "--json");
  expect(done.exitCode, done.stdout).toBe(0);
  const { written, counted } = printed(done).backends[0];
  expect([written.annotations, written.dashboards]).toEqual([2, 6]);
  // Only the newest is counted again: what was deleted since the others is not missing.
  expect(counted).toHaveLength(1);
});

for (const [written, change] of [
  ["names its parent", undefined],
  ["is an older program's", withoutParents],
] as const) {
  test(`a link that cannot be read and ${written} is named, the rest is put back, and the exit code is 3`, async () => {
    if (change !== undefined) for (const name of names) await nights.rewrite(name, change);
    writeFileSync(join(pathOf(1), "manifest.json"), "{}");
    const lab = await nights.another();
    const done = await nights.on(lab, "restore", "latest", ...LOKI, "--yes", "--json");
    expect(done.exitCode, done.stderr).toBe(3);
    const report = printed(done);
    expect(report.status).toBe("partial");
    expect(report.leftOut).toEqual([
      { name: "loki", reason: expect.stringContaining(`what only ${nameOf(1)} held: `) },
    ]);
    // The second day lacks all but the hour that the third night read again, and the late line of the third day.
    expect(report.backends[0].written).toEqual({ entries: 25 + 2 + 50 - 1 });
    const [{ gaps }] = report.chains;
    expect(gaps).toHaveLength(1);
    expect(done.stderr).toContain(
      `gap: loki: ${gaps[0].from} to ${gaps[0].to} is in none of these snapshots`,
    );
    expect(done.stderr).toContain(
      `while the server still has it: contextcore export --plugin loki --from ${gaps[0].from}`,
    );
    const verified = await call("verify", "latest", "--json");
    expect([verified.exitCode, printed(verified).sound]).toEqual([5, false]);
  });
}

test("a link that is gone is named, and verify says that not everything was covered", async () => {
  renameSync(pathOf(1), join(nights.cwd, "elsewhere"));
  const verified = await call("verify", "latest", "--json");
  expect([verified.exitCode, printed(verified).sound]).toEqual([3, true]);
  expect(verified.stderr).toContain(
    `missing: loki: what only ${nameOf(1)} held: ${nameOf(2)} continues it, and it is not kept`,
  );
  renameSync(join(nights.cwd, "elsewhere"), pathOf(1));
  expect((await call("verify", "latest")).exitCode).toBe(0);
});

test("a link that is gone is not missed when another snapshot holds its time", async () => {
  const range = ["--from", iso(nights.now() - 4n * DAY), "--to", iso(nights.now() - DAY)];
  expect((await call("export", ...range)).exitCode).toBe(0);
  rmSync(pathOf(1), { recursive: true });
  const done = await nights.on(await nights.another(), "restore", "latest", ...LOKI, "--dry-run", "--json");
  expect(done.exitCode, done.stderr).toBe(0);
  expect(lokiIn(printed(done))).toMatchObject({ counts: { entries: NIGHTS * 25 } });
});

test("a damaged block in a link is named with its snapshot; what another holds of its records is put back", async () => {
  const [block] = blocksOf(pathOf(1), "logs.json").slice(-2);
  if (block === undefined) throw new Error("there is no such block");
  flipBit(pathOf(1), block);
  const lab = await nights.another();
  const done = await nights.on(lab, "restore", "latest", ...LOKI, "--yes", "--json");
  expect(done.exitCode, done.stderr).toBe(3);
  const [{ lost, written }] = printed(done).backends;
  expect(lost).toMatchObject([{ file: `${nameOf(1)}/logs.json`, block: block.number }]);
  expect(written.entries).toBeLessThan(NIGHTS * 25);
  // The day again, while the server has it: all is there.
  const range = ["--from", iso(nights.now() - 4n * DAY), "--to", iso(nights.now() - DAY)];
  expect((await call("export", ...range)).exitCode).toBe(0);
  const healed = await nights.on(await nights.another(), "restore", "latest", ...LOKI, "--yes", "--json");
  expect(printed(healed).backends[0].written).toEqual({ entries: NIGHTS * 25 });
});

test("an index that ends in damage leaves out what it does not name, and says so", async () => {
  const index = join(pathOf(1), "blocks.jsonl");
  const lines = readFileSync(index, "utf8").split("\n");
  writeFileSync(index, [...lines.slice(0, -3), "{"].join("\n"));
  const done = await call("restore", "latest", ...LOKI, "--dry-run", "--json");
  expect(done.exitCode).toBe(3);
  expect(printed(done).leftOut).toEqual([
    { name: nameOf(1), reason: expect.stringContaining("blocks.jsonl line ") },
  ]);
});

test("--since-last says for each backend since when, and why", async () => {
  await nights.day();
  const { stderr } = await call("export", "--since-last");
  const last = JSON.parse(readFileSync(join(pathOf(-1), "manifest.json"), "utf8"));
  const { exportedUntil } = last.plugins.find(({ name }: { name: string }) => name === "loki");
  const since = iso(BigInt(Date.parse(exportedUntil)) * 1_000_000n - 3_600_000_000_000n).slice(0, 19);
  expect(stderr).toMatch(
    new RegExp(
      `^loki: since ${since}.*: ${nameOf(-1)} holds it up to ${exportedUntil}, minus 1h for late data$`,
      "m",
    ),
  );
  expect(stderr).toContain("grafana: everything, since it has no time line");
});

test("another server, or another tenant, is not continued: everything is saved, and why is said", async () => {
  const lab = await nights.another();
  const moved = await nights.on(lab, "export", "--since-last", ...LOKI, "--json");
  expect(moved.stderr).toContain(
    `loki: everything, since the kept snapshots of it are of another server, ${nights.full.urls.loki}`,
  );
  const tenant = await call("export", "--since-last", ...LOKI, "--set", "backends.loki.tenant=b");
  expect(tenant.stderr).toContain("loki: everything, since the kept snapshots of it are of another server");
  // What `latest` is follows the newest: the empty server's, or the tenant's, whole, and nothing of the first server's.
  const chains = printed(await call("verify", "latest", "--quick", "--json")).chains;
  expect(chains.find(({ backend }: { backend: string }) => backend === "loki").snapshots).toHaveLength(1);
});

test("prune removes no night that a later one continues, unless gaps are allowed, and then latest says what is missing", async () => {
  const kept = await call("snapshots", "prune", "--keep-last", "1", "--yes", "--json");
  expect(printed(kept).snapshots.filter(({ keep }: { keep: boolean }) => !keep)).toEqual([]);
  await call("snapshots", "prune", "--keep-last", "2", "--allow-gaps", "--yes");
  expect(nights.kept()).toHaveLength(2);
  const done = await call("restore", "latest", ...LOKI, "--dry-run", "--json");
  expect(done.exitCode).toBe(3);
  expect(printed(done).leftOut).toEqual([
    {
      name: "loki",
      reason: expect.stringContaining(
        `what only ${nameOf(1)} held: ${nameOf(2)} continues it, and it is not kept`,
      ),
    },
  ]);
});

test("metrics are converted from the whole chain, each sample once", async () => {
  const done = await call("snapshots", "convert", "latest", "--to", "openmetrics", "-o", "metrics.om");
  expect(done.stdout).toBe("metrics.om: 192 samples\n");
  const lines = readFileSync(join(nights.cwd, "metrics.om"), "utf8").trimEnd().split("\n");
  expect([lines.length, new Set(lines).size]).toEqual([193, 193]);
  expect(lines).toContainEqual(expect.stringMatching(/ -0(\.0)? \d/));
});
