/** What was changed on the servers since: shown in the plan, named, kept, refused or replaced, and seen by `verify --live`. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { type Stacks, startStacks } from "./stack.ts";

let stacks: Stacks;
let snapshot: string;
beforeAll(async () => {
  stacks = await startStacks();
  const { full, exported } = stacks;
  await postRules(1);
  snapshot = await exported(full, "first", ["--plugin", "grafana", "--plugin", "loki", "--plugin", "mimir"]);
  const { dashboards, folders } = full.faces.grafana.store;
  const tasks = dashboards.get("tasks-overview");
  const platform = folders.get("platform");
  if (tasks === undefined || platform === undefined) throw new Error("the lab has other dashboards");
  dashboards.set(tasks.uid, { ...tasks, spec: { ...tasks.spec, panels: [] } });
  folders.set(platform.uid, { ...platform, title: "Evil \u001b]0;x\u0007\nname" });
  dashboards.delete("con-dash");
  await postRules(2);
}, 60_000);
afterAll(() => stacks.stop());

/** The rule group `team/own` of Loki and of Mimir, with this threshold. */
async function postRules(threshold: number): Promise<void> {
  const { urls } = stacks.full;
  const headers = { "Content-Type": "application/yaml" };
  const body = `name: own\nrules:\n  - alert: Many\n    expr: sum(rate({app="web"}[5m])) > ${threshold}\n`;
  for (const rules of [
    `${urls.loki}/loki/api/v1/rules/team`,
    `${urls.mimir}/prometheus/config/v1/rules/team`,
  ])
    expect((await fetch(rules, { method: "POST", headers, body })).status).toBe(202);
}

const restore = (...args: string[]) => stacks.on(stacks.full, "restore", snapshot, ...args);

/** Everything that the restore could have changed. */
function held(): string {
  const { grafana, mimir } = stacks.full.faces;
  const maps = [grafana.store.dashboards, grafana.store.folders, ...mimir.store().rules.values()];
  return JSON.stringify(maps.map((map) => [...map]));
}

const CHANGED = [
  ["dashboard Tasks (tasks-overview)", "2 of 2 panels"],
  ["folder Platform (platform)", "title"],
  ["rule group team/own", "1 of 1 rules"],
  ["rule group team/own", "1 of 1 rules"],
];

interface Named {
  readonly name: string;
  readonly what?: string;
  readonly state?: string;
}

const named = (objects: readonly Named[]) => objects.map(({ name, what }) => [name, what]).sort();

test("the plan tells how many are new, the same and different, and names what differs", async () => {
  const before = held();
  const dry = await restore("--dry-run", "--json");
  expect(dry.exitCode, dry.stderr).toBe(3);
  const { backends } = JSON.parse(dry.stdout);
  const objects: Named[] = backends.flatMap(
    (one: { compared?: { objects: Named[] } }) => one.compared?.objects ?? [],
  );
  expect(named(objects.filter(({ state }) => state === "differs"))).toEqual(CHANGED);
  expect(named(objects.filter(({ state }) => state === "missing"))).toEqual([
    ["dashboard con (con-dash)", undefined],
  ]);
  const grafana = backends.find((one: { backend: string }) => one.backend === "grafana");
  expect(grafana.compared).toMatchObject({
    missingCounts: { dashboards: 1 },
    differingCounts: { dashboards: 1, folders: 1 },
    equalCounts: { dashboards: 9, folders: 6, "data-sources": 4, "rule-groups": 2 },
    unknownCounts: {},
  });
  const shown = (await restore("--dry-run")).stdout;
  expect(shown).toContain("grafana: compared: new: 1 dashboard; the same: 9 dashboards");
  expect(shown).toContain("dashboard Tasks (tasks-overview): 2 of 2 panels");
  expect(shown).toContain("--existing replace overwrites it");
  expect(held()).toBe(before);
}, 60_000);

test("verify --live compares objects, and not only their number", async () => {
  const live = await stacks.on(stacks.full, "verify", snapshot, "--live", "--json");
  expect(live.exitCode, live.stderr).toBe(5);
  const reports: { compared?: { objects: Named[] } }[] = JSON.parse(live.stdout).live;
  expect(named(reports.flatMap(({ compared }) => compared?.objects ?? []))).toEqual(
    [...CHANGED, ["dashboard con (con-dash)", undefined]].sort(),
  );
  const { stdout } = await stacks.on(stacks.full, "verify", snapshot, "--live");
  expect(stdout).toContain("dashboard Tasks (tasks-overview): differs: 2 of 2 panels");
  expect(stdout).toContain("dashboard con (con-dash): not on the server");
}, 60_000);

test("--existing fail writes nothing, not even what is new", async () => {
  const before = held();
  const failed = await restore("--existing", "fail", "--yes");
  expect(failed.exitCode).toBe(4);
  expect(failed.stderr).toContain("4 objects on the servers are not as in the snapshot");
  expect(failed.stderr).toContain("dashboard Tasks (tasks-overview): 2 of 2 panels");
  expect(held()).toBe(before);
  expect(existsSync(join(stacks.cwd, "backups", "restores"))).toBe(false);
}, 60_000);

test("by default what differs is left and named, and the restore is partial", async () => {
  const kept = await restore("--yes", "--json");
  expect(kept.exitCode, kept.stderr).toBe(3);
  const { status, backends } = JSON.parse(kept.stdout);
  expect(status).toBe("partial");
  const differing: (Named & { replaced: boolean })[] = backends.flatMap(
    (one: { differing: Named[] }) => one.differing,
  );
  expect(named(differing)).toEqual(CHANGED);
  expect(differing.some(({ replaced }) => replaced)).toBe(false);
  const grafana = backends.find((one: { backend: string }) => one.backend === "grafana");
  expect([grafana.written.dashboards, grafana.existing.dashboards, grafana.rejected]).toEqual([1, 9, 0]);
  const { dashboards } = stacks.full.faces.grafana.store;
  expect(dashboards.get("tasks-overview")?.spec.panels).toEqual([]);
  expect(dashboards.has("con-dash")).toBe(true);
  const told = await restore("--yes");
  expect(told.stderr).toContain("dashboard Tasks (tasks-overview): 2 of 2 panels");
  expect(told.stderr).not.toContain("\u001b");
}, 60_000);

test("--existing replace puts the snapshot's in its place; then nothing differs any more", async () => {
  const replaced = await restore("--existing", "replace", "--yes", "--json");
  expect(replaced.exitCode, replaced.stdout + replaced.stderr).toBe(0);
  const { backends } = JSON.parse(replaced.stdout);
  const differing: (Named & { replaced: boolean })[] = backends.flatMap(
    (one: { differing: Named[] }) => one.differing,
  );
  expect(named(differing)).toEqual(CHANGED);
  expect(differing.every((one) => one.replaced)).toBe(true);
  const live = await stacks.on(stacks.full, "verify", snapshot, "--live");
  expect(live.exitCode, live.stdout).toBe(0);
  const again = await restore("--existing", "fail", "--yes");
  expect(again.exitCode, again.stderr).toBe(0);
}, 60_000);
