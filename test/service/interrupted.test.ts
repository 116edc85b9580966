/** Whatever dies, the trail is closed, the history says how it ended, and nothing is half-written. */
import { afterAll, afterEach, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { mkdirSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { OWN_PROGRAM } from "../../src/programs/own.ts";
import { TASK_WORD } from "../../src/service/running/word.ts";
import { markOf } from "../../src/units/process-mark.ts";
import { type Lab, startLab } from "../lab/lab.ts";
import { smallSnapshot } from "../snapshot/small.ts";
import { temporaryDirectory } from "../support/directory.ts";
import { labProject } from "../support/project.ts";
import { EVERYTHING, KIM, type Launched, launched, NIGHT, reaches, until } from "./launched.ts";

setDefaultTimeout(60_000);

let lab: Lab;
beforeAll(async () => {
  lab = await startLab();
});
afterEach(() => lab.faults.loki.clear());
afterAll(() => lab.stop());

const project = (): string => labProject(lab, { only: ["loki"], more: EVERYTHING });

/** A project without servers, and two snapshots. */
async function kept(): Promise<string> {
  const directory = temporaryDirectory({ "contextcore.yaml": `name: shop\n${EVERYTHING}` });
  mkdirSync(join(directory, "backups"));
  for (let made = 0; made < 2; made += 1) await smallSnapshot(join(directory, "backups"));
  return directory;
}

const EXPORT = { kind: "export", params: { time: "24h" }, actor: KIM };
const PRUNE = { kind: "prune", params: { "keep-last": 1, "allow-gaps": true }, actor: KIM };

/** While it plans, and while it reads what it saves. */
const hangs = {
  planning: () => lab.faults.loki.add({ kind: "hang" }),
  running: () => lab.faults.loki.add({ kind: "hang", path: "query_range", after: 6 }),
};

function pidOf({ database }: Pick<Launched, "database">, id: string): number {
  const row = database.query<{ child: string }, [string]>("SELECT child FROM runs WHERE id = ?").get(id);
  return JSON.parse(row?.child ?? "{}").pid;
}

const outcomes = async (service: Launched) => (await service.events()).map(({ outcome }) => outcome);

const snapshotsIn = (directory: string) => readdirSync(join(directory, "backups")).sort();

test.each(["planning", "running"] as const)(
  "a task that is killed while it is %s is interrupted",
  async (phase) => {
    const directory = project();
    await using service = await launched(directory);
    const { launcher } = service;
    hangs[phase]();
    const run = await launcher.start(EXPORT);
    await reaches(launcher, run.id, phase);
    if (phase === "running") await until(launcher, run.id, ({ event }) => event === "progress");
    process.kill(pidOf(service, run.id), "SIGKILL");
    const record = await launcher.ended(run.id);
    expect(record).toMatchObject({
      outcome: "interrupted",
      error: { message: "its process was killed by SIGKILL" },
    });
    expect(await outcomes(service)).toEqual(
      phase === "planning" ? ["interrupted"] : ["started", "interrupted"],
    );
    lab.faults.loki.clear();
    const [first] = await service.events();
    expect(first).toMatchObject({ operation: "export", user: "kim", via: "api", request: "r-1" });
    if (phase === "planning") return;
    // Nothing of it has a final name, and what it had is taken over.
    expect(snapshotsIn(directory).filter((name) => /^\d/.test(name))).toEqual([]);
    const rest = await launcher.start({ ...EXPORT, params: { resume: true } });
    expect((await launcher.ended(rest.id)).outcome).toBe("success");
    expect(service.warnings.join()).toContain("was interrupted");
  },
);

test("a plan whose process is killed was never carried out", async () => {
  const directory = await kept();
  await using service = await launched(directory);
  const before = snapshotsIn(directory);
  const run = await service.launcher.start(PRUNE);
  await reaches(service.launcher, run.id, "awaiting");
  process.kill(pidOf(service, run.id), "SIGKILL");
  expect((await service.launcher.ended(run.id)).outcome).toBe("interrupted");
  expect(snapshotsIn(directory)).toEqual(before);
  expect(await service.events()).toMatchObject([
    { operation: "prune", outcome: "interrupted", details: { task: run.id } },
  ]);
  expect((await service.launcher.ended(run.id)).event).toBe((await service.events())[0]?.id);
});

test("a service that stops has its tasks leave their work as it should be, and begins no other", async () => {
  const directory = project();
  const service = await launched(directory);
  const { launcher } = service;
  hangs.running();
  const run = await launcher.start(EXPORT);
  const next = await launcher.start(EXPORT);
  await until(launcher, run.id, ({ event }) => event === "progress");
  const [record, waiting] = [launcher.ended(run.id), launcher.ended(next.id)];
  await launcher.stop(30_000);
  expect(await record).toMatchObject({ outcome: "interrupted" });
  expect(await waiting).toMatchObject({
    outcome: "cancelled",
    error: { message: expect.stringContaining("before it began") },
  });
  expect(launcher.start(EXPORT)).rejects.toThrow("stopping");
  const events = await service.events();
  expect(events.filter(({ details }) => details.task === undefined)).toMatchObject([
    { outcome: "started" },
    { outcome: "interrupted", details: { stopped: "the service was stopped" } },
  ]);
  expect(events.filter(({ details }) => details.task === next.id)).toMatchObject([{ outcome: "cancelled" }]);
  lab.faults.loki.clear();
  await using again = await launched(directory);
  expect(await again.launcher.recover()).toEqual([]);
  const rest = await again.launcher.start({ ...EXPORT, params: { resume: true } });
  expect((await again.launcher.ended(rest.id)).outcome).toBe("success");
});

test("a plan that waits when the service stops is declined", async () => {
  const directory = await kept();
  const service = await launched(directory);
  const run = await service.launcher.start(PRUNE);
  await reaches(service.launcher, run.id, "awaiting");
  const record = service.launcher.ended(run.id);
  await service.launcher.stop(30_000);
  expect(await record).toMatchObject({ outcome: "cancelled", error: { message: "the service was stopped" } });
  expect(await service.events()).toMatchObject([{ operation: "prune", outcome: "cancelled" }]);
});

test("a task that does not end within the grace is killed, and closed all the same", async () => {
  await using service = await launched(project());
  const { launcher } = service;
  hangs.running();
  const run = await launcher.start(EXPORT);
  await until(launcher, run.id, ({ event }) => event === "progress");
  process.kill(pidOf(service, run.id), "SIGSTOP");
  const record = launcher.ended(run.id);
  await launcher.stop(100);
  expect(await record).toMatchObject({ outcome: "interrupted" });
  expect(await outcomes(service)).toEqual(["started", "interrupted"]);
});

test("a task that does not heed that it is cancelled is ended at once the second time", async () => {
  await using service = await launched(project());
  const { launcher } = service;
  hangs.running();
  const run = await launcher.start(EXPORT);
  await until(launcher, run.id, ({ event }) => event === "progress");
  process.kill(pidOf(service, run.id), "SIGSTOP");
  launcher.cancel(run.id, KIM);
  launcher.cancel(run.id, KIM);
  expect(await launcher.ended(run.id)).toMatchObject({ outcome: "interrupted" });
  expect(await outcomes(service)).toEqual(["started", "interrupted"]);
});

test.each(["", "no order\n", "{}\n"])("nobody else starts the process of a task: %j", async (said) => {
  const child = Bun.spawn([...OWN_PROGRAM, TASK_WORD], {
    stdin: new Blob([said]),
    stderr: "pipe",
    stdout: "pipe",
  });
  expect(await new Response(child.stderr).text()).toContain(
    "only contextcore itself starts the process of a task",
  );
  expect([await new Response(child.stdout).text(), await child.exited]).toEqual(["", 1]);
});

/** Starts a service that runs this order, and waits for it to tell this. */
async function served(directory: string, order: object, tells: string) {
  const script = join(import.meta.dir, "service-process.ts");
  const child = Bun.spawn([process.execPath, script, directory, JSON.stringify(order)], { stdout: "pipe" });
  const decoder = new TextDecoder();
  let text = "";
  for await (const chunk of child.stdout) {
    text += decoder.decode(chunk);
    if (text.includes(tells)) break;
  }
  return { child, id: /"id":"([^"]+)"/.exec(text)?.[1] ?? "" };
}

test.each([
  ["while a task works", () => EXPORT, '"recorded"', "interrupted"],
  ["while a plan waits", () => PRUNE, '"awaiting"', "cancelled"],
] as const)("a service that is killed %s is found at the next start", async (_, order, __, outcome) => {
  const isExport = order() === EXPORT;
  const directory = isExport ? project() : await kept();
  if (isExport) hangs.running();
  const { child, id } = await served(
    directory,
    order(),
    isExport ? '"state":"running"' : '"state":"awaiting"',
  );
  child.kill("SIGKILL");
  await child.exited;
  await using service = await launched(directory);
  expect(service.launcher.get(id)?.state).toBe(isExport ? "running" : "awaiting");
  const recovered = await service.launcher.recover();
  expect(recovered.map((run) => run.id)).toEqual(isExport ? [id] : []);
  expect(service.launcher.get(id)).toMatchObject({ state: "ended", outcome });
  expect(markOf(pidOf(service, id))).toBeUndefined();
  expect(await outcomes(service)).toEqual(isExport ? ["started", "interrupted"] : ["cancelled"]);
  // It ended by itself: nobody had to kill it.
  const { details } = (await service.events()).at(-1) ?? {};
  expect(isExport ? details?.stopped : details?.error).toBe("the service is gone");
  expect(await service.launcher.recover()).toEqual([]);
});

test("a task of a killed service that does not notice is killed at the next start", async () => {
  const directory = project();
  hangs.running();
  const { child, id } = await served(directory, { ...EXPORT, actor: NIGHT }, '"state":"running"');
  await using service = await launched(directory);
  process.kill(pidOf(service, id), "SIGSTOP");
  child.kill("SIGKILL");
  await child.exited;
  expect((await service.launcher.recover(50)).map((run) => run.id)).toEqual([id]);
  expect(await outcomes(service)).toEqual(["started", "interrupted"]);
});

test("what another host began is left alone until it has been silent for long", async () => {
  const directory = await kept();
  await using service = await launched(directory);
  const { database, launcher } = service;
  const insert = database.query(
    "INSERT INTO runs (id, kind, state, params, user, via, host, created_at, heartbeat_at) VALUES (?, 'export', 'running', '{}', 'kim', 'api', 'elsewhere', 0, ?)",
  );
  insert.run("1", Date.now() - 59 * 60_000);
  insert.run("2", Date.now() - 61 * 60_000);
  expect((await launcher.recover()).map(({ id }) => id)).toEqual(["2"]);
  expect(launcher.get("1")?.state).toBe("running");
});

test("what another process has begun, and is there, is left alone", async () => {
  const directory = project();
  hangs.running();
  const { child, id } = await served(directory, EXPORT, '"state":"running"');
  await using service = await launched(directory);
  expect(await service.launcher.recover(0)).toEqual([]);
  expect(service.launcher.get(id)?.state).toBe("running");
  expect(await outcomes(service)).not.toContain("interrupted");
  child.kill("SIGKILL");
  await child.exited;
  expect(await service.launcher.recover()).toHaveLength(1);
});

test("a trail that cannot be written lets nothing be deleted", async () => {
  const directory = await kept();
  await using service = await launched(directory);
  mkdirSync(join(directory, ".contextcore", "audit.jsonl"));
  const before = snapshotsIn(directory);
  const run = await service.launcher.start({ ...PRUNE, actor: NIGHT });
  const record = await service.launcher.ended(run.id);
  expect(record.outcome).toBe("refused");
  expect(record.error?.message).toContain("audit.jsonl");
  expect(snapshotsIn(directory)).toEqual(before);
});

test("a database that cannot be written begins nothing; a run that goes on ends all the same", async () => {
  await using service = await launched(await kept());
  const { database, launcher } = service;
  const run = await launcher.start({ kind: "verify", params: { snapshot: "latest" }, actor: KIM });
  const pages = database.query<{ page_count: number }, []>("PRAGMA page_count").get()?.page_count;
  database.run("PRAGMA query_only = on");
  expect(launcher.start(PRUNE)).rejects.toThrow("cannot be written down");
  expect((await launcher.ended(run.id)).outcome).toBe("success");
  expect(launcher.failure).toContain("readonly");
  expect(pages).toBeGreaterThan(0);
});
