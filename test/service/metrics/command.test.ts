/** `contextcore metrics` as a user and a scraper meet it. */

import { Database } from "bun:sqlite";
import { afterAll, expect, test } from "bun:test";
import { readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { startLab } from "../../lab/lab.ts";
import { run } from "../../support/binary.ts";
import { temporaryDirectory } from "../../support/directory.ts";
import { labProject } from "../../support/project.ts";
import { PROMTOOL } from "../../support/prometheus.ts";
import { quietProject } from "../../support/service.ts";

const lab = await startLab();
afterAll(() => lab.stop());

const PLACES = `copies: [offsite]
sinks:
  file: { path: copy.jsonl }
stores:
  offsite: { plugin: directory, path: ./offsite }
`;

/** `name{labels}` and the value of each sample. */
async function metricsIn(cwd: string, ...args: readonly string[]): Promise<Map<string, number>> {
  const { stdout, stderr, exitCode } = await run(["metrics", ...args], { cwd });
  expect({ stderr, exitCode }).toEqual({ stderr: "", exitCode: 0 });
  const lines = stdout.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
  return new Map(
    lines.map((line) => [line.slice(0, line.lastIndexOf(" ")), Number(line.slice(line.lastIndexOf(" ")))]),
  );
}

test("before the first export nothing is promised, and what is to be saved is named", async () => {
  const cwd = labProject(lab, { command: ["true"], only: ["loki"], more: PLACES });
  const metrics = await metricsIn(cwd);
  expect(metrics.get('contextcore_export_last_success_timestamp_seconds{backend="loki"}')).toBe(0);
  expect(metrics.get("contextcore_snapshots")).toBe(0);
  expect([...metrics.keys()].filter((name) => /^backup|^data_age|tempo/.test(name))).toEqual([]);
  expect(metrics.get('retention_policy_seconds{category="critical"}')).toBe(7 * 365 * 86_400);
  expect(metrics.get('retention_policy_seconds{category="audit"}')).toBe(90 * 86_400);
  // It only looks.
  expect(readdirSync(cwd)).not.toContain("backups");
});

test("after an export with a copy everything is told, and promtool has nothing to say", async () => {
  const cwd = labProject(lab, { command: ["true"], only: ["loki", "grafana"], more: PLACES });
  const begun = Date.now() / 1000;
  expect(await run(["export", "-t", "1h"], { cwd })).toMatchObject({ exitCode: 0 });
  const metrics = await metricsIn(cwd);
  const [snapshot = ""] = readdirSync(join(cwd, "backups"));
  const { plugins } = JSON.parse(readFileSync(join(cwd, "backups", snapshot, "manifest.json"), "utf8"));
  const sum = (files: { bytes: number; records: number }[], of: "bytes" | "records") =>
    files.reduce((total, one) => total + one[of], 0);
  expect(metrics.get("backup_success")).toBe(1);
  expect(metrics.get("backup_success_total")).toBe(1);
  const sizes = plugins.map(({ files }: { files: [] }) => sum(files, "bytes"));
  expect(metrics.get("backup_size_bytes")).toBe(sizes.reduce((a: number, b: number) => a + b, 0));
  for (const { name, files } of plugins) {
    expect(metrics.get(`contextcore_export_records{backend="${name}"}`)).toBe(sum(files, "records"));
    expect(metrics.get(`contextcore_export_bytes{backend="${name}"}`)).toBe(sum(files, "bytes"));
    expect(metrics.get(`contextcore_export_complete{backend="${name}"}`)).toBe(1);
    for (const when of ["last_attempt", "last_success"]) {
      const at = metrics.get(`contextcore_export_${when}_timestamp_seconds{backend="${name}"}`) ?? 0;
      expect(at).toBeGreaterThan(begun - 1);
      expect(at).toBeLessThan(Date.now() / 1000 + 1);
    }
  }
  // Loki of the lab keeps a week: what is newer than the export is what it removes first.
  const expires = metrics.get('contextcore_coverage_gap_expires_seconds{backend="loki"}') ?? 0;
  expect(7 * 86_400 - expires).toBeGreaterThan(0);
  expect(7 * 86_400 - expires).toBeLessThan(120);
  expect(metrics.get('contextcore_place_up{place="offsite"}')).toBe(1);
  expect(metrics.get('contextcore_place_copies{place="offsite"}')).toBe(1);
  expect(metrics.get('contextcore_place_copies_missing{place="offsite"}')).toBe(0);
  expect(metrics.get('contextcore_sink_backlog_events{sink="file"}')).toBe(0);
  expect(metrics.get("contextcore_trail_verified")).toBe(1);
  expect(metrics.get('contextcore_operations_total{operation="export",outcome="success"}')).toBe(1);
  expect(metrics.get('data_age_seconds{category="important"}')).toBeLessThan(120);
  const text = (await run(["metrics"], { cwd })).stdout;
  const checked = Bun.spawnSync([PROMTOOL, "check", "metrics"], { stdin: Buffer.from(text), stderr: "pipe" });
  expect(`${checked.stderr}`).toBe("");
  expect(checked.exitCode).toBe(0);
  const open = (await run(["metrics", "--openmetrics"], { cwd })).stdout;
  expect(open).toEndWith("# EOF\n");
}, 60_000);

test("what went wrong shows: an export without a server, a place that refuses, a trail that was changed", async () => {
  const cwd = labProject(lab, { command: ["true"], only: ["loki", "grafana"], more: PLACES });
  await run(["export", "-t", "1h"], { cwd });
  lab.faults.loki.add({ kind: "status", status: 500 });
  rmSync(join(cwd, "offsite"), { recursive: true });
  writeFileSync(join(cwd, "offsite"), "no directory");
  const failed = await run(["export", "-t", "1h", "--set", "backends.loki.timeout=1s"], { cwd });
  lab.faults.loki.clear();
  expect(failed.exitCode).not.toBe(0);
  const metrics = await metricsIn(cwd);
  expect(metrics.get("backup_success")).toBe(0);
  expect(metrics.get("backup_success_total")).toBe(1);
  expect(metrics.get('contextcore_export_complete{backend="loki"}')).toBe(0);
  expect(metrics.get('contextcore_export_complete{backend="grafana"}')).toBe(1);
  expect(metrics.get('contextcore_place_up{place="offsite"}')).toBe(0);
  expect(metrics.get('contextcore_place_copies_missing{place="offsite"}')).toBe(1);
  const trail = join(cwd, ".contextcore", "audit.jsonl");
  writeFileSync(trail, readFileSync(trail, "utf8").replace('"outcome":"success"', '"outcome":"failed"'));
  expect((await metricsIn(cwd)).get("contextcore_trail_verified")).toBe(0);
}, 60_000);

test("a source that cannot be read is told, on stderr and as a metric, and the others are there", async () => {
  const cwd = labProject(lab, { command: ["true"], only: ["grafana"], more: PLACES });
  await run(["export"], { cwd });
  rmSync(join(cwd, ".contextcore", "tally.json"), { force: true });
  const trail = join(cwd, ".contextcore", "audit.jsonl");
  rmSync(trail);
  Bun.spawnSync(["mkfifo", trail]);
  const { stdout, stderr, exitCode } = await run(["metrics"], { cwd });
  expect([exitCode, stdout]).toEqual([3, expect.stringContaining('source_readable{source="trail"} 0\n')]);
  expect(stderr).toContain("nothing is said of what the trail would tell");
  expect(stdout).toContain('contextcore_source_readable{source="snapshots"} 1\n');
  expect(stdout).toContain("contextcore_snapshots 1\n");
  expect(stdout).not.toContain("backup_success");
});

test("--textfile is written whole, for another user to read, and is what is printed otherwise", async () => {
  const cwd = labProject(lab, { command: ["true"], only: ["loki"], more: PLACES });
  const folder = temporaryDirectory();
  const file = join(folder, "contextcore.prom");
  expect(await run(["metrics", "--textfile", file], { cwd })).toMatchObject({ exitCode: 0, stderr: "" });
  expect(statSync(file).mode & 0o777).toBe(0o644);
  expect(readFileSync(file, "utf8")).toBe((await run(["metrics"], { cwd })).stdout);
  expect(readdirSync(folder)).toEqual(["contextcore.prom"]);
  const odd = await run(["metrics", "--textfile", join(folder, "contextcore.txt")], { cwd });
  expect([odd.exitCode, odd.stderr]).toEqual([0, expect.stringContaining("only files that end in .prom")]);
  const refused = await run(["metrics", "--textfile", join(folder, "no", "x.prom")], { cwd });
  expect([refused.exitCode, refused.stderr]).toEqual([1, expect.stringContaining("no/x.prom")]);
  const named = await run(["metrics", "--textfile", folder], { cwd });
  expect([named.exitCode, named.stderr]).toEqual([
    2,
    `error: ${folder} is a directory\nhint: name the file in it: --textfile ${folder}/contextcore.prom\n`,
  ]);
  expect((await run(["metrics", "--openmetrics", "--textfile", file], { cwd })).exitCode).toBe(2);
});

test("schedules: when they run, how they ran last, and that one was due and nothing ran", async () => {
  const often =
    '  - { name: often, cron: "* * * * *", zone: UTC, task: verify, params: { all: true }, retry: { times: 0 } }\n';
  const yearly = '  - { name: yearly, cron: "0 0 1 1 *", zone: UTC, task: verify, params: { all: true } }\n';
  const cwd = quietProject(`schedules:\n${often}${yearly}`);
  expect((await run(["schedules", "run", "often"], { cwd })).exitCode).not.toBe(0);
  const metrics = await metricsIn(cwd);
  const of = (name: string, schedule: string, more = "") =>
    metrics.get(`contextcore_schedule_${name}{schedule="${schedule}"${more}}`);
  const now = Date.now() / 1_000;
  expect(of("last_outcome", "often", ',outcome="failed"')).toBe(1);
  expect(of("last_outcome", "often", ',outcome="success"')).toBe(0);
  expect(of("last_success_timestamp_seconds", "often")).toBe(0);
  expect(Math.abs((of("last_run_timestamp_seconds", "often") ?? 0) - now)).toBeLessThan(60);
  expect((of("next_run_timestamp_seconds", "often") ?? 0) - now).toBeLessThan(61);
  expect([of("running", "often"), of("missed", "often")]).toEqual([0, 0]);
  expect(of("next_run_timestamp_seconds", "yearly")).toBe(Date.UTC(new Date().getUTCFullYear() + 1) / 1_000);
  expect(of("last_run_timestamp_seconds", "yearly")).toBeUndefined();
  // As if cron had not run for an hour.
  const database = new Database(join(cwd, ".contextcore/service.db"));
  database.run(
    "UPDATE schedules SET state = json_set(state, '$.decidedMs', json_extract(state, '$.decidedMs') - 3600000)",
  );
  database.close();
  expect((await metricsIn(cwd)).get('contextcore_schedule_missed{schedule="often"}')).toBe(1);
  const { schedules } = JSON.parse((await run(["schedules", "--json"], { cwd })).stdout);
  expect(Date.parse(schedules[0].missed)).toBeLessThan(Date.now() - 120_000);
});

test("a schedule that cannot run is told as what cannot be read", async () => {
  const cwd = quietProject('schedules: [{ name: never, cron: "0 0 31 2 *", task: verify }]\n');
  const { stdout, stderr, exitCode } = await run(["metrics"], { cwd });
  expect([exitCode, stdout]).toEqual([3, expect.stringContaining('source_readable{source="schedules"} 0\n')]);
  expect(stderr).toContain("never comes");
});
