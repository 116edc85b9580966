/** A stack's whole data exported, restored into an empty stack, and exported again: the records are equal. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { eventsIn } from "../support/printed.ts";
import { type Stacks, startStacks, TIMED } from "./stack.ts";

let stacks: Stacks;
beforeAll(async () => {
  stacks = await startStacks();
});
afterAll(() => stacks.stop());

test("exported, restored into an empty stack, and exported again: equal", async () => {
  const { full, empty, on, exported } = stacks;
  const first = await exported(full, "first", TIMED);
  const restored = await on(empty, "restore", first, "--yes", "--json");
  expect(restored.exitCode, restored.stderr + restored.stdout).toBe(0);
  expect(JSON.parse(restored.stdout)).toMatchObject({ status: "complete", leftOut: [] });
  const second = await exported(empty, "second", TIMED);
  const diff = await on(full, "snapshots", "diff", first, second);
  expect(diff.stdout + diff.stderr).toMatch(/(\d+) of \1 files are equal/);
  expect(diff.exitCode).toBe(0);
}, 60_000);

test("restored twice, nothing changes", async () => {
  const { cwd, full, empty, on, exported } = stacks;
  const [first = ""] = await readdir(join(cwd, "first"));
  const again = await on(empty, "restore", join("first", first), "--yes", "--json");
  expect(again.exitCode, again.stderr + again.stdout).toBe(0);
  const third = await exported(empty, "third", TIMED);
  const diff = await on(full, "snapshots", "diff", join("first", first), third);
  expect(diff.exitCode, diff.stdout).toBe(0);
}, 60_000);

test("what Grafana does not take back is refused by name, kept, and said", async () => {
  const { full, empty, on, exported } = stacks;
  const first = await exported(full, "dashboards", ["--plugin", "grafana"]);
  const restored = await on(empty, "restore", first, "--yes", "--json");
  expect(restored.exitCode).toBe(3);
  const report = JSON.parse(restored.stdout);
  const refused = (await Bun.file(join(report.directory, "rejected.json")).text()).trimEnd().split("\n");
  expect(refused.map((line) => JSON.parse(line).reason)).toEqual([
    expect.stringContaining("It belongs to classic-file-provisioning"),
    expect.stringContaining("Alerting wrote it"),
  ]);
  expect(report.backends[0].rejected).toBe(2);
  expect(restored.stderr).not.toContain("undefined");
}, 60_000);

test("a dry run writes nothing, and without a terminal nothing is written unasked", async () => {
  const { cwd, empty, on } = stacks;
  const [first = ""] = await readdir(join(cwd, "first"));
  const before = await readdir(join(cwd, "backups", "restores"));
  const dry = await on(empty, "restore", join("first", first), "--dry-run", "--json");
  expect(JSON.parse(dry.stdout)).toMatchObject({ schema: { name: "restore.plan" }, leftOut: [] });
  const unasked = await on(empty, "restore", join("first", first));
  expect(unasked.exitCode).toBe(4);
  expect(unasked.stderr).toContain("the restore was not confirmed");
  expect(await readdir(join(cwd, "backups", "restores"))).toEqual(before);
});

test("every restore stands in the trail", async () => {
  const { empty, on } = stacks;
  const { stdout } = await on(empty, "audit", "--operation", "restore", "--json", "-n", "100");
  const outcomes = eventsIn(stdout).map(({ outcome }) => outcome);
  expect(outcomes).toEqual(["started", "success", "started", "success", "started", "partial"]);
});
