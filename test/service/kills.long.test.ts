/**
 * SIGKILL at every moment that a task tells of, of its process and of its service, in every kind: the trail is closed, nothing is half-written,
 * and it can be run again.
 */
import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { mkdirSync, readdirSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { openTrail } from "../../src/audit/trail.ts";
import { OFFERED } from "../../src/service/offered.ts";
import { DELETE, project as projectToArchive } from "../commands/archive-project.ts";
import { type Lab, startLab } from "../lab/lab.ts";
import { smallSnapshot } from "../snapshot/small.ts";
import { run } from "../support/binary.ts";
import { temporaryDirectory } from "../support/directory.ts";
import { labProject } from "../support/project.ts";
import { startMoto } from "../support/s3-servers.ts";
import { agree, EVERYTHING, type Launched, launched, NIGHT } from "./launched.ts";

setDefaultTimeout(600_000);

let lab: Lab;
beforeAll(async () => {
  lab = await startLab();
  // Slow enough that there is something to kill.
  for (const name of ["loki", "grafana"] as const) lab.faults[name].add({ kind: "latency", ms: 15 });
});
afterAll(() => lab.stop());

/** And by schedules, whatever it deletes. */
const ALL = EVERYTHING.replace(
  'schedules: ["*", prune',
  'schedules: ["*", subject_retry, audit_prune, delete_dashboard, lifecycle, activity_purge, retention_apply, retention_archive, retention_logs, prune',
);

/** A trail with closed files of old events. */
async function withOldTrail(): Promise<string> {
  const directory = temporaryDirectory({ "contextcore.yaml": `name: shop\n${ALL}` });
  let now = 0;
  const [file, home] = [join(directory, ".contextcore/audit.jsonl"), join(directory, ".contextcore")];
  const trail = openTrail({ file, home, project: "shop", clock: () => now, onWarning: () => undefined });
  for (const month of ["2025-01", "2025-02", "2025-03", "2025-04"]) {
    now = Date.parse(`${month}-10T12:00:00Z`);
    await trail.append({ operation: "export", outcome: "success" });
  }
  await trail.close();
  return directory;
}

/** Runs of models, long ago. */
async function withOldRuns(): Promise<string> {
  const directory = temporaryDirectory({ "contextcore.yaml": `name: shop\n${ALL}` });
  const at = (minute: number) => new Date(Date.UTC(2025, 0, 1, 0, minute)).toISOString();
  const old = Array.from({ length: 200 }, (_, minute) => ({
    ...{ modelAsked: "small", started: at(minute), ended: at(minute + 1) },
    ...{ input: [{ role: "user", content: "Hello?" }], output: [{ role: "assistant", content: "Yes." }] },
  }));
  const stdin = new Blob([old.map((one) => JSON.stringify(one)).join("\n")]);
  const { exitCode, stderr } = await run(["activity", "record"], { cwd: directory, stdin });
  expect(exitCode, stderr).toBe(0);
  return directory;
}

/** Rotated log files, of which some go and some are compressed. */
async function withOldLogs(): Promise<string> {
  const directory = temporaryDirectory({
    "contextcore.yaml": `name: shop\nlogs: { directory: logs }\n${ALL}`,
  });
  mkdirSync(join(directory, "logs"));
  for (let n = 1; n <= 40; n += 1) {
    const path = join(directory, "logs", `app.log.${n}`);
    writeFileSync(path, "INFO a line of a log\n".repeat(2_000));
    utimesSync(path, Date.now() / 1_000 - n * 86_400, Date.now() / 1_000 - n * 86_400);
  }
  return directory;
}

const BOARDS = ["audit", "backups", "stack", "tasks"].map((name) => `contextcore-${name}`);

/** Dashboards that may go. */
async function withDashboards(): Promise<string> {
  const directory = labProject(lab, { only: ["grafana"], more: ALL });
  await using service = await launched(directory);
  const { id } = await service.launcher.start({ kind: "provision", params: {}, actor: NIGHT });
  expect((await service.launcher.ended(id)).outcome).toBe("success");
  return directory;
}

const moto = await startMoto();
let buckets = 0;

/** A place without rules yet. */
async function withBucket(): Promise<string> {
  buckets += 1;
  const bucket = `rules-${buckets}`;
  await moto.makeBucket(bucket);
  const vault = JSON.stringify({ plugin: "s3", ...moto.options, bucket, archive: { GLACIER: "90d" } });
  return agree(temporaryDirectory({ "contextcore.yaml": `name: shop\nstores:\n  vault: ${vault}\n${ALL}` }));
}

async function withSnapshots(more = ""): Promise<string> {
  const directory = temporaryDirectory({ "contextcore.yaml": `name: shop\n${EVERYTHING}${more}` });
  mkdirSync(join(directory, "backups"));
  for (let made = 0; made < 3; made += 1) await smallSnapshot(join(directory, "backups"));
  return directory;
}

async function exported(): Promise<string> {
  const directory = labProject(lab, { only: ["loki"], more: EVERYTHING });
  await using service = await launched(directory);
  const run = await service.launcher.start({ kind: "export", params: { time: "1h" }, actor: NIGHT });
  await service.launcher.ended(run.id);
  return directory;
}

/** A request for erasure that was held up, and what was saved since. */
async function withOwedErasure(): Promise<string> {
  const directory = temporaryDirectory({ "contextcore.yaml": `name: shop\n${ALL}` });
  const backups = join(directory, "backups");
  const open = join(backups, ".20260101-000000.partial");
  mkdirSync(open, { recursive: true });
  await Bun.write(join(open, "request.json"), "{}");
  await smallSnapshot(backups);
  const stdin = new Blob(["1003000000000"]);
  const plan = await run(["subject", "erase", "-", "--dry-run", "--json"], { cwd: directory, stdin });
  const { records } = JSON.parse(plan.stdout);
  const { exitCode } = await run(["subject", "erase", "-", "--records", `${records}`], {
    cwd: directory,
    stdin,
  });
  expect([records > 0, exitCode]).toEqual([true, 3]);
  rmSync(open, { recursive: true });
  for (let made = 0; made < 3; made += 1) await smallSnapshot(backups);
  return directory;
}

interface Killed {
  readonly kind: string;
  readonly params: Readonly<Record<string, unknown>>;
  readonly project: () => string | Promise<string>;
  /** What it says the second time if the first one had done all of it. */
  readonly isDone?: RegExp;
}

const KINDS: readonly Killed[] = [
  {
    kind: "export",
    params: { time: "24h" },
    project: () => labProject(lab, { only: ["loki"], more: EVERYTHING }),
  },
  {
    kind: "inventory",
    params: {},
    project: () => labProject(lab, { only: ["loki", "grafana"], more: EVERYTHING }),
  },
  { kind: "prune", params: { "keep-last": 1, "allow-gaps": true }, project: () => withSnapshots() },
  { kind: "verify", params: { all: true }, project: () => withSnapshots() },
  {
    kind: "copy",
    params: { snapshot: ["latest"], to: "offsite" },
    project: () => withSnapshots("stores:\n  offsite: { plugin: directory, path: ./offsite }\n"),
  },
  { kind: "drill", params: { backend: ["loki"] }, project: exported },
  { kind: "restore", params: { snapshot: "latest" }, project: exported },
  { kind: "provision", params: {}, project: () => labProject(lab, { only: ["grafana"], more: EVERYTHING }) },
  { kind: "audit_prune", params: {}, project: withOldTrail },
  { kind: "activity_purge", params: { "older-than": "30d" }, project: withOldRuns },
  { kind: "retention_apply", params: {}, project: withOldRuns },
  { kind: "retention_archive", params: {}, project: () => projectToArchive(DELETE, ALL).cwd },
  { kind: "retention_logs", params: {}, project: withOldLogs },
  {
    kind: "delete_dashboard",
    params: { uid: BOARDS },
    project: withDashboards,
    isDone: /^there is no dashboard with the uid/,
  },
  { kind: "lifecycle", params: { place: "vault" }, project: withBucket },
  { kind: "subject_retry", params: {}, project: withOwedErasure },
];

test("each kind that a service offers is here", () => {
  expect(KINDS.map(({ kind }) => kind).sort()).toEqual(Object.keys(OFFERED));
});

/** Runs it, and kills its process at the n-th thing that it tells. @returns whether it came to that */
async function killedAt(service: Launched, { kind, params }: Killed, moment: number): Promise<boolean> {
  const { launcher, database } = service;
  const run = await launcher.start({ kind, params, actor: NIGHT });
  let told = 0;
  for await (const _ of launcher.watch(run.id, new AbortController().signal)) {
    told += 1;
    if (told < moment) continue;
    const row = database
      .query<{ child: string }, [string]>("SELECT child FROM runs WHERE id = ?")
      .get(run.id);
    try {
      process.kill(JSON.parse(row?.child ?? "{}").pid, "SIGKILL");
    } catch {
      // It has just ended by itself.
    }
    await launcher.ended(run.id);
    return true;
  }
  return false;
}

/** What must hold whenever nothing runs. */
async function requireClosed({ launcher, events }: Launched, directory: string): Promise<void> {
  const trail = await events();
  const ended = new Set(trail.map(({ ref }) => ref));
  expect(trail.filter(({ outcome, id }) => outcome === "started" && !ended.has(id))).toEqual([]);
  for (const run of launcher.list({ limit: 100 })) {
    expect(run.state).toBe("ended");
    const end = trail.find(({ ref }) => ref !== undefined && ref === run.event);
    if (end !== undefined) expect(run.outcome).toBe(end.outcome as typeof run.outcome);
  }
  for (const name of readdirSync(directory).filter((one) => one === "backups"))
    for (const snapshot of readdirSync(join(directory, name)).filter((one) => /^\d{8}-/.test(one)))
      expect(readdirSync(join(directory, name, snapshot))).toContain("manifest.json");
}

/** It can be run again, and goes well, or has nothing left to do. */
async function requireAgain(
  service: Launched,
  { kind, params, isDone }: Killed,
  moment: number,
): Promise<void> {
  const again = await service.launcher.start({ kind, params, actor: NIGHT });
  const { outcome, error } = await service.launcher.ended(again.id);
  if (error !== undefined && isDone?.test(error.message)) return;
  expect({ moment, outcome, error }).toEqual({ moment, outcome: "success", error: undefined });
}

const EACH = KINDS.map((one) => [one.kind, one] as const);

test.each(EACH)("%s", async (_, one) => {
  let moments = 0;
  for (let moment = 1; moment <= 40; moment += 1) {
    const directory = await one.project();
    await using service = await launched(directory);
    const isKilled = await killedAt(service, one, moment);
    await requireClosed(service, directory);
    await requireAgain(service, one, moment);
    await requireClosed(service, directory);
    if (!isKilled) break;
    moments = moment;
  }
  expect(moments).toBeGreaterThan(2);
});

/** A service that begins it, and is killed at the n-th thing that it tells. @returns whether it came to that */
async function servedAndKilled(
  directory: string,
  { kind, params }: Killed,
  moment: number,
): Promise<boolean> {
  const script = join(import.meta.dir, "service-process.ts");
  const order = JSON.stringify({ kind, params, actor: NIGHT });
  const child = Bun.spawn([process.execPath, script, directory, order], { stdout: "pipe" });
  const decoder = new TextDecoder();
  let text = "";
  for await (const chunk of child.stdout) {
    text += decoder.decode(chunk);
    if (text.split("\n").length > moment || text.includes('"ended"')) break;
  }
  child.kill("SIGKILL");
  await child.exited;
  return !text.includes('"ended"');
}

test.each(EACH)("%s, of which the service is killed", async (_, one) => {
  for (let moment = 1; moment <= 8; moment += 1) {
    const directory = await one.project();
    const isKilled = await servedAndKilled(directory, one, moment);
    await using service = await launched(directory);
    await service.launcher.recover();
    await requireClosed(service, directory);
    await requireAgain(service, one, moment);
    await requireClosed(service, directory);
    if (!isKilled) break;
  }
});
