// biome-ignore-all lint/suspicious/noTemplateCurlyInString: ${VAR} is what stands in the file
/** The core's own settings from the environment. */
import { expect, test } from "bun:test";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import type { Config } from "../../src/config/config.ts";
import { CORE_SETTINGS } from "../../src/config/environment.ts";
import { ConfigError } from "../../src/config/errors.ts";
import { loadConfig } from "../../src/config/load.ts";
import { run } from "../support/binary.ts";
import { temporaryDirectory } from "../support/directory.ts";

type Said = Readonly<Record<string, string>>;

const load = (text: string, env: Said = {}, overrides: Said = {}): Promise<Config> =>
  loadConfig({ directory: temporaryDirectory({ "contextcore.yaml": text }), env, overrides });

async function problemsOf(text: string, env: Said, overrides: Said = {}): Promise<string[]> {
  const error = await load(text, env, overrides).catch((thrown: unknown) => thrown);
  if (!(error instanceof ConfigError)) throw new Error(`no ConfigError but ${String(error)}`);
  return error.problems.map(({ where, key, what }) => `${where}: ${key}: ${what}`);
}

test("every setting has the name that its place in the file makes", () => {
  expect(CORE_SETTINGS.map(({ path, variable }) => `${path.join(".")} ${variable}`)).toEqual([
    "name CONTEXTCORE_NAME",
    "backups CONTEXTCORE_BACKUPS",
    "plugins CONTEXTCORE_PLUGINS",
    "copies CONTEXTCORE_COPIES",
    "export.concurrency CONTEXTCORE_EXPORT_CONCURRENCY",
    "export.recount CONTEXTCORE_EXPORT_RECOUNT",
    "destroy.command CONTEXTCORE_DESTROY_COMMAND",
    "destroy.policy CONTEXTCORE_DESTROY_POLICY",
    "destroy.allow CONTEXTCORE_DESTROY_ALLOW",
    "destroy.deletes CONTEXTCORE_DESTROY_DELETES",
    "destroy.deny CONTEXTCORE_DESTROY_DENY",
    "recovery.steps CONTEXTCORE_RECOVERY_STEPS",
    "archive CONTEXTCORE_ARCHIVE",
    "audit.retention CONTEXTCORE_AUDIT_RETENTION",
    "audit.stale_after CONTEXTCORE_AUDIT_STALE_AFTER",
    "audit.cleanup CONTEXTCORE_AUDIT_CLEANUP",
    "audit.cleanup_interval CONTEXTCORE_AUDIT_CLEANUP_INTERVAL",
    "activity.path CONTEXTCORE_ACTIVITY_PATH",
    "activity.content CONTEXTCORE_ACTIVITY_CONTENT",
    "activity.export CONTEXTCORE_ACTIVITY_EXPORT",
    "activity.retention CONTEXTCORE_ACTIVITY_RETENTION",
    "activity.content_retention CONTEXTCORE_ACTIVITY_CONTENT_RETENTION",
    "activity.max_size CONTEXTCORE_ACTIVITY_MAX_SIZE",
    "activity.upstreams CONTEXTCORE_ACTIVITY_UPSTREAMS",
    "activity.listen CONTEXTCORE_ACTIVITY_LISTEN",
    "activity.networks CONTEXTCORE_ACTIVITY_NETWORKS",
    "activity.grace CONTEXTCORE_ACTIVITY_GRACE",
    "subjects CONTEXTCORE_SUBJECTS",
    "retention.classes CONTEXTCORE_RETENTION_CLASSES",
    "retention.of.trail CONTEXTCORE_RETENTION_OF_TRAIL",
    "retention.of.activity CONTEXTCORE_RETENTION_OF_ACTIVITY",
    "retention.of.places CONTEXTCORE_RETENTION_OF_PLACES",
    "retention.servers CONTEXTCORE_RETENTION_SERVERS",
    "logs.directory CONTEXTCORE_LOGS_DIRECTORY",
    "logs.levels.debug CONTEXTCORE_LOGS_LEVELS_DEBUG",
    "logs.levels.info CONTEXTCORE_LOGS_LEVELS_INFO",
    "logs.levels.warning CONTEXTCORE_LOGS_LEVELS_WARNING",
    "logs.levels.error CONTEXTCORE_LOGS_LEVELS_ERROR",
    "service.listen CONTEXTCORE_SERVICE_LISTEN",
    "service.hosts CONTEXTCORE_SERVICE_HOSTS",
    "service.tls.cert CONTEXTCORE_SERVICE_TLS_CERT",
    "service.tls.key CONTEXTCORE_SERVICE_TLS_KEY",
    "service.trusted_proxy CONTEXTCORE_SERVICE_TRUSTED_PROXY",
    "service.production CONTEXTCORE_SERVICE_PRODUCTION",
    "service.grace CONTEXTCORE_SERVICE_GRACE",
    "permissions.api CONTEXTCORE_PERMISSIONS_API",
    "permissions.schedules CONTEXTCORE_PERMISSIONS_SCHEDULES",
    "permissions.admin CONTEXTCORE_PERMISSIONS_ADMIN",
    "permissions.viewer CONTEXTCORE_PERMISSIONS_VIEWER",
    "schedules CONTEXTCORE_SCHEDULES",
    "notify CONTEXTCORE_NOTIFY",
    "ping CONTEXTCORE_PING",
  ]);
});

const FILE = "name: file\nexport:\n  concurrency: 2\n  recount: 2s\n";

test("a flag wins over the environment, that over the file, that over the default", async () => {
  const env = { CONTEXTCORE_EXPORT_RECOUNT: "3s" };
  const set = { "export.recount": "4s" };
  const all = [await load(FILE, env, set), await load(FILE, env), await load(FILE), await load("")];
  expect(all.map((config) => config.export.recount)).toEqual(["4s", "3s", "2s", "5s"]);
  expect(all.map(({ where }) => where?.(["export", "recount"]))).toEqual([
    "--set",
    "CONTEXTCORE_EXPORT_RECOUNT",
    "contextcore.yaml:4",
    "contextcore.yaml",
  ]);
  // The rest of the section stays as the file has it.
  expect(all[1]?.export.concurrency).toBe(2);
});

test("each comes with the type that its text stands for, also without a file; an empty variable says nothing", async () => {
  const directory = temporaryDirectory();
  const config = await loadConfig({
    directory,
    env: {
      CONTEXTCORE_NAME: "2026",
      CONTEXTCORE_BACKUPS: "saved",
      CONTEXTCORE_PLUGINS: "./one.ts, ./two.ts",
      CONTEXTCORE_EXPORT_CONCURRENCY: "3",
      CONTEXTCORE_EXPORT_RECOUNT: "",
      CONTEXTCORE_DESTROY_COMMAND: "[docker, stack, rm, shop]",
      CONTEXTCORE_DESTROY_ALLOW: "docker system prune -f",
      CONTEXTCORE_DESTROY_DENY: "kubectl, terraform destroy",
      CONTEXTCORE_AUDIT_RETENTION: "30",
      CONTEXTCORE_AUDIT_STALE_AFTER: "5",
    },
  });
  expect(config).toMatchObject({
    name: "2026",
    backups: join(directory, "saved"),
    plugins: ["./one.ts", "./two.ts"],
    export: { concurrency: 3, recount: "5s" },
    destroy: {
      command: ["docker", "stack", "rm", "shop"],
      allow: ["docker system prune -f"],
      deny: ["kubectl", "terraform destroy"],
    },
    audit: { retention: 30, staleAfter: 5 },
  });
});

test.each([
  ["retention: 45", "stale_after: 30", 45, 30],
  ["retention: 45d", "stale_after: 30m", 45, 30],
  ["retention: 36h", "stale_after: 2h", 1.5, 120],
] as const)(
  "%s, %s: a duration, or a bare number of days and of minutes",
  async (one, other, retention, staleAfter) => {
    const { audit } = await load(`audit:\n  ${one}\n  ${other}\n`);
    expect(audit).toMatchObject({ retention, staleAfter });
  },
);

test("an audit setting that is no duration, or too short a one, is refused", async () => {
  expect(await problemsOf("audit:\n  retention: soon\n  stale_after: 5s\n", {})).toEqual([
    "contextcore.yaml:2: audit.retention: not a duration (use 30s, 5m, 24h, 7d)",
    "contextcore.yaml:3: audit.stale_after: not at least 1m",
  ]);
});

test("a mistake names the variable, or the flag, or the line", async () => {
  const env = { CONTEXTCORE_EXPORT_CONCURRENCY: "four", CONTEXTCORE_EXPORT_RECOUNT: "soon" };
  expect(await problemsOf("audit:\n  retention: 0\n", env, { "destroy.command": "[1]" })).toEqual([
    "--set: destroy.command.0: expected a string, found 1",
    'CONTEXTCORE_EXPORT_CONCURRENCY: export.concurrency: expected a number, found "four"',
    "CONTEXTCORE_EXPORT_RECOUNT: export.recount: not a duration (use 30s, 5m, 24h, 7d)",
    "contextcore.yaml:2: audit.retention: expected >=1, found 0",
  ]);
  expect(await problemsOf("", { CONTEXTCORE_EXPORT_RECOUNT: "2h" })).toEqual([
    "CONTEXTCORE_EXPORT_RECOUNT: export.recount: not between 0 and 1h",
  ]);
});

const ALIASES = {
  AUDIT_RETENTION_DAYS: "365",
  AUDIT_CLEANUP_ENABLED: "true",
  AUDIT_CLEANUP_INTERVAL_HOURS: "12",
  TASK_STALE_THRESHOLD_MINUTES: "15",
  TASK_POLICY_MODE: "allowlist",
  TASK_ALLOW_PATTERNS: "docker compose down *, make down",
  TASK_DENY_PATTERNS: "kubectl,terraform destroy",
};

test("settings are read under the names that other programs have for them, and our own name wins", async () => {
  const config = await load("audit:\n  retention: 30d\n", ALIASES);
  expect(config).toMatchObject({
    audit: { retention: 365, staleAfter: 15, cleanup: true, cleanupInterval: 12 },
    destroy: {
      policy: "allowlist",
      allow: ["docker compose down *", "make down"],
      deny: ["kubectl", "terraform destroy"],
    },
  });
  expect(config.where?.(["audit", "retention"])).toBe("AUDIT_RETENTION_DAYS");
  const both = await load("", { ...ALIASES, CONTEXTCORE_AUDIT_RETENTION: "7d" });
  expect(both.audit.retention).toBe(7);
  expect(both.where?.(["audit", "retention"])).toBe("CONTEXTCORE_AUDIT_RETENTION");
  expect((await load("", { AUDIT_RETENTION_DAYS: "" })).audit).toEqual({
    retention: 90,
    staleAfter: 60,
    cleanup: false,
    cleanupInterval: 24,
  });
});

test("a mistake in one of those names that variable", async () => {
  const env = { AUDIT_RETENTION_DAYS: "soon", AUDIT_CLEANUP_ENABLED: "maybe", TASK_POLICY_MODE: "off" };
  expect(await problemsOf("", env)).toEqual([
    'AUDIT_CLEANUP_ENABLED: audit.cleanup: expected a boolean, found "maybe"',
    "AUDIT_RETENTION_DAYS: audit.retention: not a duration (use 30s, 5m, 24h, 7d)",
    'TASK_POLICY_MODE: destroy.policy: expected ("denylist" | "allowlist"), found "off"',
  ]);
});

test("config show says which of the names was read", async () => {
  const cwd = temporaryDirectory({ "contextcore.yaml": "name: shop\n" });
  const shown = await run(["config", "show", "--json"], { cwd, env: ALIASES });
  const { settings } = JSON.parse(shown.stdout);
  for (const [key, value, where] of [
    ["audit.cleanup_interval", 12, "AUDIT_CLEANUP_INTERVAL_HOURS"],
    ["destroy.policy", "allowlist", "TASK_POLICY_MODE"],
    ["destroy.command", ["docker", "compose", "down", "-v"], "default"],
  ])
    expect(settings).toContainEqual({ key, value, where });
});

test.each([
  ["", "90d", "60m", "24h"],
  ["audit: { retention: 45, stale_after: 90, cleanup_interval: 12 }", "45d", "90m", "12h"],
  ["audit: { retention: 12w, stale_after: 2h, cleanup_interval: 1d }", "84d", "120m", "24h"],
  ["audit: { retention: 36h, stale_after: 90s, cleanup_interval: 100m }", "36h", "1m30s", "1h40m"],
])("config show has durations with their units: %s", async (yaml, retention, staleAfter, interval) => {
  const cwd = temporaryDirectory({ "contextcore.yaml": `name: shop\n${yaml}\n` });
  const { stdout } = await run(["config", "show"], { cwd });
  const shown = new Map(stdout.split("\n").map((line) => line.split(/ {2,}/) as [string, string]));
  expect(shown.get("audit.retention")).toBe(retention);
  expect(shown.get("audit.stale_after")).toBe(staleAfter);
  expect(shown.get("audit.cleanup_interval")).toBe(interval);
});

test("what the file has in place of a section is refused, and not replaced by the environment", async () => {
  expect(await problemsOf("export: 5\n", { CONTEXTCORE_EXPORT_RECOUNT: "0s" })).toEqual([
    "contextcore.yaml:1: export: expected keys and values, found 5",
  ]);
});

test("config show names the variable, and config check what it hides", async () => {
  const cwd = temporaryDirectory({ "contextcore.yaml": "export:\n  concurrency: four\n" });
  const env = { CONTEXTCORE_EXPORT_CONCURRENCY: "4", CONTEXTCORE_BACKUPS: "" };
  const shown = await run(["config", "show", "--json"], { cwd, env });
  const { settings } = JSON.parse(shown.stdout);
  expect(settings).toContainEqual({
    key: "export.concurrency",
    value: 4,
    where: "CONTEXTCORE_EXPORT_CONCURRENCY",
  });
  expect(settings).toContainEqual({ key: "backups", value: join(cwd, "backups"), where: "default" });
  const core = settings
    .map(({ key }: { key: string }) => key)
    .filter((key: string) => !/^(backends|sinks)/.test(key));
  expect(core).toEqual(CORE_SETTINGS.map(({ path }) => path.join(".")));
  const checked = await run(["config", "check"], { cwd, env });
  expect([checked.exitCode, checked.stdout]).toEqual([
    2,
    'contextcore.yaml:2: export.concurrency: expected a number, found "four" (hidden by CONTEXTCORE_EXPORT_CONCURRENCY for now)\n',
  ]);
});

test("CONTEXTCORE_HOME is where the home copy, its keys and the agreements are, and nothing of them is below HOME", async () => {
  const [cwd, home, elsewhere] = [
    temporaryDirectory({ "contextcore.yaml": "name: shop\n" }),
    temporaryDirectory(),
    temporaryDirectory(),
  ];
  const env = { HOME: home, CONTEXTCORE_HOME: join(elsewhere, "kept") };
  expect(await run(["audit", "keygen"], { cwd, env })).toMatchObject({ exitCode: 0 });
  expect(readdirSync(join(elsewhere, "kept")).sort()).toEqual(["audit.log", "home.lock", "locks", "trails"]);
  expect(readdirSync(home)).toEqual([]);
  const verified = await run(["audit", "verify", "--json"], { cwd, env });
  expect(JSON.parse(verified.stdout)).toMatchObject({ sound: true, witnesses: [{ name: "home copy" }] });
  const relative = await run(["audit", "keygen"], { cwd, env: { ...env, CONTEXTCORE_HOME: "kept" } });
  expect([relative.exitCode, relative.stderr]).toEqual([
    2,
    expect.stringContaining("CONTEXTCORE_HOME: not an absolute path"),
  ]);
});
