// biome-ignore-all lint/suspicious/noTemplateCurlyInString: ${VAR} is what stands in the file
/** The core's own settings from the environment. */
import { expect, test } from "bun:test";
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
    "destroy.allow CONTEXTCORE_DESTROY_ALLOW",
    "destroy.deny CONTEXTCORE_DESTROY_DENY",
    "audit.retention CONTEXTCORE_AUDIT_RETENTION",
    "audit.stale_after CONTEXTCORE_AUDIT_STALE_AFTER",
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
