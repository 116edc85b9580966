/** What every task declares, whoever starts it. */
import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { OPERATIONS, SIGNED_AFTER } from "../../src/audit/format/operations.ts";
import type { Task } from "../../src/tasks/task/task.ts";

const folder = resolve(import.meta.dir, "../../src/tasks");

/** Found in the files, so that no task is forgotten in a list. */
const defined = [...new Bun.Glob("*.ts").scanSync(folder)].filter((file) =>
  readFileSync(join(folder, file), "utf8").includes(" defineTask({"),
);
const modules = await Promise.all(defined.map((file) => import(join(folder, file))));
const tasks = modules.flatMap((module) => Object.values<unknown>(module).filter(isTask));
const byKind = new Map(tasks.map((task) => [task.kind, task]));

function isTask(value: unknown): value is Task {
  return typeof value === "object" && value !== null && "kind" in value && "run" in value;
}

/** Whether each deletes or overwrites. */
const DESTRUCTIVE: Readonly<Record<string, boolean>> = {
  export: false,
  copy: false,
  inventory: false,
  retention_show: false,
  verify: false,
  drill: false,
  audit_export: false,
  plugin_trust: false,
  provision: true,
  delete_dashboard: true,
  destroy: true,
  prune: true,
  lifecycle: true,
  restore: true,
  recover: true,
  audit_prune: true,
  activity_purge: true,
  hold_add: false,
  hold_end: true,
  subject_find: false,
  subject_export: false,
  subject_erase: true,
  subject_retry: true,
  retention_apply: true,
  retention_archive: true,
  retention_logs: true,
};

test("every file that defines a task gives one, and each is of a known kind", () => {
  expect(tasks.length).toBe(defined.length);
  expect([...byKind.keys()].sort()).toEqual(Object.keys(DESTRUCTIVE).sort());
});

test.each(tasks.map((task) => [task.kind, task] as const))(
  "%s",
  (kind, { params, destructive, recorded, about }) => {
    const known: readonly string[] = OPERATIONS;
    expect(known.includes(kind)).toBe(recorded !== false);
    expect({ kind, destructive }).toEqual({ kind, destructive: DESTRUCTIVE[kind] ?? false });
    if (SIGNED_AFTER.has(kind)) expect(destructive).toBe(true);
    expect(about).toMatch(/^[a-z].*[^.]$/);
    for (const [name, param] of Object.entries(params)) {
      const { complete = "" } = param.type === "flag" ? {} : param;
      const isPath = /^(files|directories|third-parties)$/.test(complete);
      // Over HTTP and by a schedule only configured things are named.
      const isLocal = isPath || /url|command|path|config|^set$|^into$|^key$|^ignore-/i.test(name);
      const local = /^(snapshots|places|snapshots-or-places)$/.test(complete) ? "paths" : isLocal;
      expect({ name, local: param.local ?? false }).toEqual({ name, local });
      // A default would stand in the help, values and names that complete it in a shell.
      const isSecret = param.type !== "flag" && param.secret === true;
      const isShown = "default" in param || "values" in param || "complete" in param;
      expect({ name, isSecretShown: isSecret && isShown }).toEqual({ name, isSecretShown: false });
    }
  },
);

test("nobody trusts code over HTTP, or by a schedule: it takes what only the command line can say", () => {
  const needed = Object.values(byKind.get("plugin_trust")?.params ?? {});
  expect(needed.some((param) => param.type !== "flag" && param.required && param.local === true)).toBe(true);
});

const sha256 = "5f".repeat(32);

const SAVED = { snapshot: { path: "/backups/1", manifest: { sha256, created: "2026-01-24T14:30:00Z" } } };

const ERASURE = {
  given: {},
  search: {
    servers: [{ backend: "loki", found: [{ reference: { stream: 1 } }] }],
    kept: [{ one: { sha256, kept: { path: "/backups/1" } } }],
    runs: ["a"],
    parts: [{ source: "activity", name: "/p/.contextcore/activity.db", unit: "runs", count: 1 }],
    unsearched: [],
    stays: () => undefined,
  },
};

/** Of each destructive task a plan with something to do: as much of it as its targets are made from. */
const PLANS: Readonly<Record<string, unknown>> = {
  prune: {
    doomed: [{ path: "/backups/1", manifest: { sha256 } }],
    leftovers: [{ path: "/backups/.1.removed", identity: "1" }],
  },
  delete_dashboard: {
    dashboards: [{ uid: "a", title: "A" }],
    folders: [{ uid: "f", title: "F" }],
    hashes: new Map([["a", sha256]]),
  },
  provision: {
    folders: [{ action: "rename", path: "F", folder: { uid: "f" }, before: { uid: "f", title: "F" } }],
    dashboards: [{ action: "update", dashboard: { uid: "a" }, hash: sha256 }],
  },
  restore: {
    targets: [
      { name: "loki", open: { url: "http://loki:3100", tenant: "a" } },
      { name: "tempo", open: { url: "http://tempo:3200" } },
    ],
    chains: [],
  },
  recover: {
    targets: [
      { chain: { backend: "loki", links: [], state: SAVED }, open: { url: "http://loki:3100" } },
      { chain: { backend: "worm", links: [], state: SAVED }, open: { name: "worm" } },
    ],
    steps: [{ key: "run true" }],
  },
  destroy: {
    command: ["docker", "compose", "down"],
    findings: [{ name: "loki", open: { url: "http://loki:3100" } }, { name: "worm" }],
  },
  lifecycle: {
    place: "offsite",
    changes: [
      { id: "data", change: "add", rule: { id: "data", prefix: "" } },
      { id: "leftovers", change: "replace", rule: { id: "leftovers", prefix: "" } },
    ],
  },
  activity_purge: {
    path: "/p/.contextcore/activity.db",
    limits: { runsBefore: 1, contentBefore: 2, except: [] },
    found: { runs: 1, contents: 0 },
  },
  hold_end: { name: "case", since: "2026-01-24T14:30:00Z", backends: [] },
  retention_apply: {
    parts: [
      {
        of: "snapshots",
        due: { items: [{ kind: "snapshot", name: "/backups/1", identity: sha256, what: "loki is old" }] },
      },
    ],
  },
  retention_archive: {
    items: ["worm", "ledger"].map((backend) => ({
      ...{
        backend,
        open: {},
        from: 0n,
        before: 1n,
        counts: { rows: 2 },
        to: "offsite",
        afterwards: "delete",
      },
    })),
  },
  retention_logs: {
    directory: "/var/log/shop",
    items: [
      { action: "remove", file: "app.log.9", mark: "1:2:3" },
      { action: "compress", file: "app.log.1", mark: "1:3:3" },
    ],
  },
  audit_prune: { segments: [{ segment: { path: "/audit-1-9.jsonl" }, sha256 }] },
  subject_erase: ERASURE,
  subject_retry: { erasures: [{ request: { id: "20260124-143000-01234567", tried: 0 }, plan: ERASURE }] },
};

test.each(tasks.filter(({ destructive }) => destructive).map((task) => [task.kind, task] as const))(
  "%s names what it touches, each by what makes it this very thing",
  (kind, task) => {
    const targets = task.targets(PLANS[kind]);
    expect(targets.length).toBeGreaterThan(0);
    for (const target of targets)
      for (const text of [target.kind, target.name, target.identity]) expect(text).toMatch(/^\S/);
    const identities = targets.map((target) => `${target.kind} ${target.identity}`);
    expect(new Set(identities).size).toBe(targets.length);
  },
);
