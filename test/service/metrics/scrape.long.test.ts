/** A real Prometheus scrapes the real service: an alert fires when an export fails, and ends with the next good one. */
import { afterAll, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import * as v from "valibot";
import { startLab } from "../../lab/lab.ts";
import { run } from "../../support/binary.ts";
import { temporaryDirectory } from "../../support/directory.ts";
import { labProject } from "../../support/project.ts";
import { type Prometheus, startPrometheus } from "../../support/prometheus.ts";
import { startService } from "../../support/service.ts";

const root = resolve(import.meta.dir, "../../..");
const lab = await startLab();
afterAll(() => lab.stop());

/** Ours, in a hurry; and those of somebody who knows only the names. */
const rules = temporaryDirectory({
  "contextcore.rules.yaml": readFileSync(
    join(root, "deploy/prometheus/contextcore.rules.yaml"),
    "utf8",
  ).replaceAll(/for: \d+\w/g, "for: 1s"),
  "plain.rules.yaml": readFileSync(join(root, "test/deploy/rules/plain.rules.yaml"), "utf8"),
});

const configured = (target: string) => (): string =>
  `
global: { scrape_interval: 1s, evaluation_interval: 1s }
rule_files: ["${rules}/*.yaml"]
scrape_configs:
  - job_name: contextcore
    static_configs: [{ targets: ["${target}"] }]
`;

const Vector = v.object({
  data: v.object({
    result: v.array(
      v.object({ metric: v.record(v.string(), v.string()), value: v.tuple([v.number(), v.string()]) }),
    ),
  }),
});
const Alerts = v.object({
  data: v.object({
    alerts: v.array(v.object({ state: v.string(), labels: v.looseObject({ alertname: v.string() }) })),
  }),
});

async function valuesOf({ url }: Prometheus, query: string): Promise<number[]> {
  const answer = await fetch(`${url}/api/v1/query?${new URLSearchParams({ query })}`);
  return v.parse(Vector, await answer.json()).data.result.map(({ value: [, text] }) => Number(text));
}

async function firing({ url }: Prometheus): Promise<string[]> {
  const { data } = v.parse(Alerts, await (await fetch(`${url}/api/v1/alerts`)).json());
  return data.alerts.filter(({ state }) => state === "firing").map(({ labels }) => labels.alertname);
}

/** Asks until it is so; a test that never gets there fails by its time limit. */
async function until(what: () => Promise<boolean>): Promise<void> {
  while (!(await what())) await Bun.sleep(200);
}

/** The three panels of somebody who knows only the names: success rate, size trend, data age. */
const PANELS = [
  "avg_over_time(backup_success[1h])",
  "sum(rate(backup_success_total[1h]))",
  "backup_size_bytes",
  "max by (category) (data_age_seconds)",
];

test("scraped, an alert fires and ends, and the panels have values", async () => {
  const cwd = labProject(lab, { command: ["true"], only: ["loki", "grafana"] });
  const service = await startService(cwd);
  const prometheus = await startPrometheus({ config: configured(service.url.replace("http://", "")) });
  await until(async () => (await valuesOf(prometheus, 'up{job="contextcore"}'))[0] === 1);
  // Nothing has ever been saved.
  await until(async () => (await firing(prometheus)).includes("BackupMissing"));
  const alerts = await (await fetch(`${prometheus.url}/api/v1/alerts`)).text();
  expect(alerts).toContain("Nothing of loki is held.");
  expect(await run(["export", "-t", "1h"], { cwd })).toMatchObject({ exitCode: 0 });
  await until(async () => (await valuesOf(prometheus, "backup_success"))[0] === 1);
  await until(async () => (await firing(prometheus)).length === 0);
  lab.faults.loki.add({ kind: "status", status: 500 });
  await run(["export", "-t", "1h", "--set", "backends.loki.timeout=1s"], { cwd });
  lab.faults.loki.clear();
  await until(async () => (await firing(prometheus)).filter((name) => name === "BackupFailed").length === 2);
  expect(await valuesOf(prometheus, 'contextcore_export_complete{backend="loki"}')).toEqual([0]);
  expect(await run(["export", "-t", "1h"], { cwd })).toMatchObject({ exitCode: 0 });
  await until(async () => !(await firing(prometheus)).includes("BackupFailed"));
  for (const panel of PANELS) expect((await valuesOf(prometheus, panel)).length, panel).toBeGreaterThan(0);
  expect(await valuesOf(prometheus, "backup_success_total")).toEqual([2]);
  expect(await valuesOf(prometheus, "data_age_seconds > retention_policy_seconds")).toEqual([]);
  expect((await valuesOf(prometheus, "retention_policy_seconds - data_age_seconds")).length).toBeGreaterThan(
    1,
  );
  // It is scraped as OpenMetrics, with types.
  const metadata = await (
    await fetch(`${prometheus.url}/api/v1/metadata?metric=contextcore_operations`)
  ).json();
  expect(metadata).toMatchObject({ data: { contextcore_operations: [{ type: "counter" }] } });
  await prometheus.stop();
  expect(await service.stop()).toBe(0);
}, 120_000);
