/** The alerts that we ship: valid, each proved over as long as it needs, and each leading to what to do. */
import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import * as v from "valibot";
import { parse } from "yaml";
import { familiesOf } from "../../src/service/metrics/families.ts";
import { PROMTOOL } from "../support/prometheus.ts";

const root = resolve(import.meta.dir, "../..");
const RULES = "deploy/prometheus/contextcore.rules.yaml";

const Rules = v.object({
  groups: v.array(
    v.object({
      rules: v.array(
        v.object({
          alert: v.string(),
          expr: v.string(),
          labels: v.object({ severity: v.picklist(["warning", "critical"]) }),
          annotations: v.object({ summary: v.string(), description: v.string(), runbook_url: v.string() }),
        }),
      ),
    }),
  ),
});

const rules = v
  .parse(Rules, parse(readFileSync(join(root, RULES), "utf8")))
  .groups.flatMap((group) => group.rules);

function promtool(...args: readonly string[]): { exitCode: number; said: string } {
  const { exitCode, stdout, stderr } = Bun.spawnSync([PROMTOOL, ...args], { cwd: root, stderr: "pipe" });
  return { exitCode, said: `${stdout}${stderr}` };
}

test("promtool finds nothing to say", () => {
  const { exitCode, said } = promtool("check", "rules", "--lint=all", "--lint-fatal", RULES);
  expect({ exitCode, said }).toEqual({ exitCode: 0, said: expect.stringContaining("SUCCESS") });
});

test("each alert is silent, fires and ends when it should", () => {
  const { exitCode, said } = promtool("test", "rules", "test/deploy/rules/alerts.test.yaml");
  expect({ exitCode, said }).toEqual({ exitCode: 0, said: expect.stringContaining("SUCCESS") });
}, 60_000);

const ALERTS = [
  "BackupFailed",
  "BackupMissing",
  "BackupUnwatched",
  "BackupSizeAnomaly",
  "RetentionPolicyViolation",
  "GapExpiring",
  "PlaceUnreachable",
  "ScheduleFailed",
  "ScheduleMissed",
  "DrillFailed",
  "SubjectRequestDue",
  "TrailBroken",
];

test("there is every alert, each with a test, and with a section of the runbooks that it leads to", () => {
  expect([...new Set(rules.map(({ alert }) => alert))]).toEqual(ALERTS);
  const tests = readFileSync(join(root, "test/deploy/rules/alerts.test.yaml"), "utf8");
  const runbooks = readFileSync(join(root, "docs/runbooks.md"), "utf8");
  for (const { alert, annotations } of rules) {
    expect(tests).toMatch(new RegExp(`alertname: ${alert}\n {8}exp_alerts`));
    expect(runbooks).toContain(`\n## ${alert}\n`);
    expect(annotations.runbook_url).toEndWith(`/docs/runbooks.md#${alert.toLowerCase()}`);
  }
});

/** Of node_exporter. */
const ELSEWHERE = ["node_textfile_mtime_seconds"];

test("each metric that an alert or a panel asks for is measured", () => {
  const families = familiesOf({ backends: [], ages: [], sinks: [], unreadable: [], now: 0 }, "");
  const measured = new Set(families.map(({ name, type }) => (type === "counter" ? `${name}_total` : name)));
  const panels = readFileSync(join(root, "src/dashboards/builtin/backups.json"), "utf8");
  const texts = [
    ...rules.map(({ expr }) => expr),
    ...[...panels.matchAll(/"expr": "(.*)",/g)].map(([, one = ""]) => one),
  ];
  const asked = texts.flatMap(
    (text) => text.match(/\b(?:contextcore|backup|data|retention|node)_\w+/g) ?? [],
  );
  const known = ELSEWHERE;
  expect([...new Set(asked)].filter((name) => !measured.has(name) && !known.includes(name))).toEqual([]);
  expect(new Set(asked).size).toBeGreaterThan(15);
});
