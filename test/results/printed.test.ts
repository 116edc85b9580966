/** Every command, run once or twice in a project with a lab: what it prints is one of its results, and nothing else. */
import { afterAll, expect, setDefaultTimeout, test } from "bun:test";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { commandsOf } from "../../src/commands/man/manual.ts";
import { ROOT } from "../../src/dispatch/commands.ts";
import { startLab } from "../lab/lab.ts";
import { run } from "../support/binary.ts";
import { temporaryDirectory } from "../support/directory.ts";
import { checkPrinted, RESULTS } from "../support/printed.ts";
import { labProject } from "../support/project.ts";

setDefaultTimeout(120_000); // fifty runs, and two cores that are shared with other test files

const lab = await startLab();
afterAll(() => lab.stop());

const cwd = labProject(lab, {
  command: ["true"],
  more: "logs: { directory: logs }\nschedules:\n  - { name: nightly, cron: '15 2 * * *', task: verify, params: { snapshot: latest, quick: true } }\nsinks:\n  file: { path: copy.jsonl }\nstores:\n  offsite: { plugin: directory, path: ./offsite }\n",
});
const LOKI = ["--plugin", "loki"];
mkdirSync(join(cwd, "logs"));
writeFileSync(join(cwd, "logs", "app.log.1"), "INFO a line\n");

/** Outside of the project, where it belongs. */
const KEY = join(temporaryDirectory(), "backup.key");

/** In this order: a command may need what an earlier one made. */
const RUNS: readonly (readonly string[])[] = [
  ["version"],
  ["licenses"],
  ["doctor"],
  ["config", "init", "--config", "another.yaml"],
  ["config", "check"],
  ["config", "show"],
  ["config", "trust"],
  ["config", "trust", "--list"],
  ["inventory"],
  ["retention", "show"],
  ["export", "-t", "1h", "--dry-run"],
  ["export", "-t", "1h"],
  ["export", "--nonsense"],
  ["persistence", "show"],
  ["persistence", "check-destroy"],
  ["snapshots", "list"],
  ["snapshots", "show", "latest"],
  ["snapshots", "diff", "latest", "latest"],
  ["snapshots", "convert", "latest", "--to", "openmetrics", "-o", "metrics.om"],
  ["snapshots", "prune", "--keep-last", "1", "--dry-run"],
  ["verify", "latest", "--live"],
  ["restore", "latest", "--dry-run"],
  ["restore", "latest", "--yes", ...LOKI],
  ["recover", "--dry-run"],
  ["recover", "--backend", "loki", "--yes"],
  ["drill", "run", "--backend", "loki"],
  ["drill", "list"],
  ["drill", "show"],
  ["dashboards", "list"],
  ["dashboards", "export", "boards"],
  ["dashboards", "provision", "boards", "--dry-run"],
  ["dashboards", "delete", "dotdot", "--dry-run"],
  ["dashboards", "delete", "dotdot", "--yes"],
  ["audit"],
  ["audit", "show", "1"],
  ["audit", "stats"],
  ["audit", "keygen"],
  ["audit", "verify"],
  ["snapshots", "copy", "latest", "--to", "offsite"],
  ["snapshots", "list", "--place", "offsite"],
  ["snapshots", "prune", "--place", "offsite", "--keep-last", "1", "--dry-run"],
  ["verify", "offsite", "--read-data=1/7"],
  ["snapshots", "lifecycle", "offsite", "--dry-run"],
  ["keys", "new", KEY],
  ["keys", "check", "--identity", KEY],
  ["keys", "kit"],
  ["activity", "record"],
  ["activity", "list"],
  ["activity", "show", "01"],
  ["activity", "stats"],
  ["activity", "purge", "--dry-run"],
  ["audit", "prune", "--dry-run"],
  ["subject", "find", "-"],
  ["subject", "export", "-"],
  ["subject", "erase", "-", "--dry-run"],
  ["subject", "requests"],
  ["subject", "retry", "--dry-run"],
  ["retention", "apply", "--dry-run"],
  ["retention", "hold", "add", "case", "--backend", "loki", "--from", "1h"],
  ["retention", "hold", "list"],
  ["retention", "hold", "end", "case", "--yes"],
  ["retention", "archive", "--dry-run"],
  ["retention", "logs", "--dry-run"],
  ["metrics"],
  ["metrics", "--textfile", "written.prom"],
  ["audit", "sinks"],
  ["audit", "sinks", "test"],
  ["audit", "sinks", "deliver"],
  ["plugin", "list"],
  ["plugin", "info", "loki"],
  ["plugin", "new", "acme/lines"],
  ["plugin", "check", "./lines", "--rule", "inventory"],
  ["plugin", "add", "./lines", "--yes"],
  ["plugin", "trust", "acme/lines"],
  ["plugin", "remove", "acme/lines"],
  ["serve", "token", "add", "grafana", "--role", "viewer"],
  ["serve", "token", "list"],
  ["serve", "token", "revoke", "grafana"],
  ["schedules"],
  ["schedules", "export"],
  ["schedules", "run", "nightly"],
  ["destroy", "--dry-run"],
  ["destroy", "--option", "3", "--confirm", "shop"],
  ["config", "trust", "--remove"],
];

/** Of a model, as `activity record` takes it. */
const RUN = JSON.stringify({ user: "ada", input: [{ role: "user", content: "Well?" }] });

const seen = new Set<string>();

test.each(RUNS.map((args) => [args.join(" "), args] as const))("%s", async (_, args) => {
  const stdin = args.includes("record")
    ? new Blob([RUN])
    : args.includes("-")
      ? new Blob(["ada"])
      : undefined;
  const { stdout, stderr, exitCode } = await run([...args, "--json"], { cwd, ...(stdin && { stdin }) });
  expect([0, 2, 3], `${exitCode}: ${stderr}`).toContain(exitCode);
  const names = checkPrinted(stdout);
  expect(names.length, stderr).toBeGreaterThan(0);
  for (const name of names) seen.add(name);
});

test("these are all results that there are", () => {
  expect([...RESULTS.keys()].filter((name) => !seen.has(name))).toEqual([]);
});

test("and all commands that have one", async () => {
  const ran = RUNS.map((args) => args.join(" "));
  const commands = (await commandsOf(ROOT)).filter(({ command }) => command.json !== undefined);
  const paths = commands
    .map(({ path }) => path.replace(/(?<!token) list$/, ""))
    .filter((path) => !ALIASES.test(path));
  expect(paths.filter((path) => !ran.some((line) => line.startsWith(path)))).toEqual([]);
});

/** The same commands, under another name. */
const ALIASES = /^persistence (?!show|check-destroy)/;

test("an error is printed by a command that has no result yet, on one line", async () => {
  const { stdout, exitCode } = await run(["snapshots", "show", "nowhere", "--json"], {
    cwd: temporaryDirectory(),
  });
  expect([exitCode, checkPrinted(stdout), stdout.split("\n").length]).toEqual([2, ["error"], 2]);
});
