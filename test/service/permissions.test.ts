/** Who may run which kind of task. */
import { expect, test } from "bun:test";
import { loadConfig } from "../../src/config/load.ts";
import { OFFERED } from "../../src/service/offered.ts";
import { mayRun, requireMayRun, type Starter } from "../../src/service/permissions.ts";
import { run } from "../support/binary.ts";
import { temporaryDirectory } from "../support/directory.ts";
import { quietProject } from "../support/service.ts";

const RUNNERS = {
  viewer: { via: "api", role: "viewer" },
  admin: { via: "api", role: "admin" },
  ingest: { via: "api", role: "ingest" },
  schedule: { via: "schedule" },
} as const satisfies Record<string, Starter>;

/** The kinds that each may run. */
async function allowed(permissions: string): Promise<Record<string, string[]>> {
  const directory = temporaryDirectory({ "contextcore.yaml": `permissions: ${permissions}\n` });
  const config = await loadConfig({ directory, env: {} });
  const tasks = await Promise.all(Object.values(OFFERED).map(async (load) => (await load()).task));
  const kindsOf = (runner: Starter) =>
    tasks
      .filter((task) => mayRun(config, task, runner))
      .map(({ kind }) => kind)
      .sort();
  return Object.fromEntries(Object.entries(RUNNERS).map(([name, runner]) => [name, kindsOf(runner)]));
}

const HARMLESS = ["copy", "drill", "export", "inventory", "verify"];

test("by default admins start what deletes and overwrites nothing, viewers nothing; schedules also prune", async () => {
  expect(await allowed("{}")).toEqual({
    viewer: [],
    admin: HARMLESS,
    ingest: [],
    schedule: [
      "audit_prune",
      ...HARMLESS,
      "prune",
      "retention_apply",
      "retention_logs",
      "subject_retry",
    ].sort(),
  });
});

test("what deletes or overwrites is named kind by kind, and a role has at most what the API has", async () => {
  expect(
    await allowed('{ api: ["*", restore], viewer: [verify, prune], admin: ["*", prune] }'),
  ).toMatchObject({
    viewer: ["verify"],
    admin: HARMLESS,
  });
  expect(await allowed("{ api: [restore, verify], schedules: [] }")).toMatchObject({
    admin: ["restore", "verify"],
    schedule: [],
  });
});

test("a refusal says who may not do what, and where that is said", async () => {
  const config = await loadConfig({ directory: temporaryDirectory(), env: {} });
  const prune = { kind: "prune", destructive: true };
  expect(() => requireMayRun(config, prune, RUNNERS.admin)).toThrow("the role admin may not run prune");
  expect(() => requireMayRun(config, prune, RUNNERS.schedule)).not.toThrow();
});

test("a kind that there is not is a mistake in the configuration", async () => {
  const cwd = quietProject("permissions:\n  api: [destroy]\n  viewer: [verfy]\n");
  const { exitCode, stderr } = await run(["serve", "--log-format", "text"], { cwd });
  expect(exitCode).toBe(2);
  expect(stderr).toContain('permissions.api: there is no kind of task called "destroy" that a service runs');
  const checked = await run(["config", "check"], { cwd });
  expect([checked.exitCode, checked.stdout]).toEqual([2, expect.stringContaining("(did you mean verify?)")]);
});
