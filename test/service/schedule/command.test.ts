/** `contextcore schedules` as its user meets it: listed, exported, run by hand and by cron, and told of. */
import { afterAll, beforeAll, beforeEach, expect, setDefaultTimeout, test } from "bun:test";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Lab, startLab } from "../../lab/lab.ts";
import { binary, cleanEnv, run } from "../../support/binary.ts";
import { temporaryDirectory } from "../../support/directory.ts";
import { labProject } from "../../support/project.ts";

setDefaultTimeout(60_000);

let lab: Lab;
beforeAll(async () => {
  lab = await startLab();
});
afterAll(() => lab.stop());

let heard: string[] = [];
const receiver = Bun.serve({
  port: 0,
  async fetch(request) {
    const text = await request.text();
    heard.push(text === "" ? "ping" : JSON.parse(text));
    return new Response("ok");
  },
});
afterAll(() => receiver.stop(true));
beforeEach(() => {
  heard = [];
});

const SCHEDULES = `
schedules:
  - { name: nightly, cron: "15 2 * * *", zone: Europe/Berlin, task: export, params: { time: 1h }, retry: { times: 1, wait: 1s } }
  - { name: prove, cron: "30 3 * * *", task: verify, params: { all: true, read-data: day/7 }, retry: { times: 0 } }
  - { name: prune, cron: "0 4 * * *", task: prune, params: { keep-last: 1, allow-gaps: true } }
notify:
  - url: http://localhost:${receiver.port}/s3cret
    template: "{{title}}"
ping: http://localhost:${receiver.port}/ping
`;

const project = (more = SCHEDULES): string => labProject(lab, { only: ["loki"], more });
const snapshotsIn = (cwd: string): string[] =>
  readdirSync(join(cwd, "backups")).filter((name) => /^\d/.test(name));

test("each is listed with its next run, and with its last once it has one", async () => {
  const cwd = project();
  const before = await run(["schedules"], { cwd });
  expect(before.stdout).toMatch(
    /nightly {2}export {2}15 2 \* \* \* Europe\/Berlin {2}next \S+ \S+ UTC {2}has not run yet/,
  );
  expect((await run(["schedules", "run", "nightly"], { cwd })).exitCode).toBe(0);
  expect(snapshotsIn(cwd)).toHaveLength(1);
  const { stdout } = await run(["schedules", "list", "--json"], { cwd });
  const [nightly] = JSON.parse(stdout).schedules;
  expect(nightly).toMatchObject({ name: "nightly", attempts: 1, lastRun: { outcome: "success" } });
  expect(nightly.succeeded).toBe(nightly.lastRun.ended);
  expect(heard).toEqual(["ping"]);
  const trail = readFileSync(join(cwd, ".contextcore/audit.jsonl"), "utf8").trim().split("\n");
  expect(trail.map((line) => JSON.parse(line).via)).toEqual(["schedule", "schedule"]);
});

test("what fails is tried again, told once, and told to be over", async () => {
  const cwd = project();
  const file = join(cwd, "contextcore.yaml");
  const good = readFileSync(file, "utf8");
  writeFileSync(file, good.replace(lab.urls.loki, "http://127.0.0.1:1"));
  for (let nights = 0; nights < 2; nights += 1) {
    const { exitCode, stderr } = await run(["schedules", "run", "nightly", "--retry"], { cwd });
    expect(exitCode).not.toBe(0);
    expect(stderr).toContain("nightly: export ended");
  }
  const listed = await run(["schedules"], { cwd });
  expect(listed.stdout).toContain("never a success");
  writeFileSync(file, good);
  await run(["schedules", "run", "nightly", "--retry"], { cwd });
  expect(heard.toSorted()).toEqual(["ping", "shop: nightly failed", "shop: nightly went well again"]);
});

test("a configuration that no longer loads, and a project that is not agreed to, are told", async () => {
  const cwd = project();
  const file = join(cwd, "contextcore.yaml");
  const good = readFileSync(file, "utf8");
  writeFileSync(file, `${good}export: { concurency: 3 }\n`);
  const broken = await run(["schedules", "run", "nightly", "--retry"], { cwd });
  expect(broken.exitCode).toBe(2);
  expect(heard).toEqual(["shop: nightly could not begin"]);
  writeFileSync(file, good);
  expect((await run(["schedules", "run", "nightly"], { cwd })).exitCode).toBe(0);
  expect(heard.slice(1).toSorted()).toEqual(["ping", "shop: nightly went well again"]);
  heard = [];
  const elsewhere = good.replace(lab.urls.loki, "http://loki.example.com");
  writeFileSync(file, elsewhere);
  expect((await run(["schedules", "run", "nightly"], { cwd })).exitCode).toBe(4);
  expect(heard).toEqual(["shop: nightly could not begin"]);
});

test("a policy that deletes is carried out as it stands in the configuration", async () => {
  const cwd = project();
  for (let made = 0; made < 2; made += 1) await run(["schedules", "run", "nightly"], { cwd });
  expect(snapshotsIn(cwd)).toHaveLength(2);
  const { exitCode, stderr } = await run(["schedules", "run", "prune"], { cwd });
  expect(exitCode, stderr).toBe(0);
  expect(snapshotsIn(cwd)).toHaveLength(1);
});

/** A server that listens, and answers nothing until its test is over. */
function silentServer() {
  const asked = Promise.withResolvers<void>();
  const server = Bun.serve({
    port: 0,
    idleTimeout: 0,
    fetch() {
      asked.resolve();
      return new Promise<Response>(() => undefined);
    },
  });
  return { url: `http://127.0.0.1:${server.port}`, asked: asked.promise, stop: () => server.stop(true) };
}

test("a run that is stopped, or whose process is killed, holds up no later one", async () => {
  for (const signal of ["SIGTERM", "SIGKILL"] as const) {
    const cwd = project();
    const file = join(cwd, "contextcore.yaml");
    const good = readFileSync(file, "utf8");
    const silent = silentServer();
    writeFileSync(file, good.replace(lab.urls.loki, silent.url));
    const child = Bun.spawn([binary, "schedules", "run", "nightly"], {
      ...{ cwd, env: cleanEnv(cwd), stdout: "ignore", stderr: "pipe" },
    });
    await silent.asked;
    const meanwhile = await run(["schedules", "run", "nightly"], { cwd });
    expect(meanwhile).toMatchObject({ exitCode: 4, stderr: expect.stringContaining("runs already") });
    child.kill(signal);
    await child.exited;
    if (signal === "SIGTERM") expect(child.exitCode).toBe(130);
    await silent.stop();
    writeFileSync(file, good);
    const next = await run(["schedules", "run", "nightly"], { cwd });
    expect(next.exitCode, next.stderr).toBe(0);
    const { stdout } = await run(["schedules", "--json"], { cwd });
    expect(JSON.parse(stdout).schedules[0].lastRun.outcome).toBe("success");
    heard = [];
  }
});

test.each<[string, string, string]>([
  [
    "a time that never comes",
    'cron: "0 0 31 2 *", task: export',
    'schedules.0.cron: "0 0 31 2 *" never comes',
  ],
  ["a cron that is none", 'cron: "61 * * * *", task: export', 'schedules.0.cron: "61" is no minute'],
  [
    "a zone that is none",
    'cron: "0 0 * * *", zone: Mars/X, task: export',
    "schedules.0.zone: there is no time zone",
  ],
  ["a task that is none", 'cron: "0 0 * * *", task: exprot', "did you mean export?"],
  ["a task that nobody may run", 'cron: "0 0 * * *", task: destroy', "schedules.0.task: there is no task"],
  [
    "a task that schedules may not",
    'cron: "0 0 * * *", task: restore, params: { snapshot: latest }',
    "no schedule may run restore",
  ],
  ["a parameter that is none", 'cron: "0 0 * * *", task: export, params: { tiem: 1h }', "did you mean time?"],
  [
    "a parameter that is a path",
    'cron: "0 0 * * *", task: export, params: { output: /etc }',
    "on the command line only",
  ],
  [
    "what contradicts",
    'cron: "0 0 * * *", task: export, params: { all: true, time: 1h }',
    "contradict each other",
  ],
])("config check refuses %s", async (_, schedule, message) => {
  const cwd = temporaryDirectory({ "contextcore.yaml": `schedules:\n  - { name: one, ${schedule} }\n` });
  const { stdout, exitCode } = await run(["config", "check"], { cwd });
  expect({ exitCode, stdout }).toMatchObject({ exitCode: 2, stdout: expect.stringContaining(message) });
  expect(stdout).toContain("contextcore.yaml:2: ");
  for (const words of [["schedules"], ["schedules", "export"], ["schedules", "run", "one"]])
    expect((await run(words, { cwd })).exitCode).toBe(2);
});

test("what config init suggests can run, and deletes nothing", async () => {
  const cwd = temporaryDirectory();
  await run(["config", "init"], { cwd });
  expect((await run(["config", "check"], { cwd })).stdout).toContain("no problems");
  const { stdout } = await run(["schedules", "--json"], { cwd });
  expect(JSON.parse(stdout).schedules.map(({ task }: { task: string }) => task)).toEqual([
    "export",
    "verify",
    "drill",
  ]);
});

test("a name that there is not is told to who typed it, and to nobody else", async () => {
  const cwd = project();
  const { exitCode, stderr } = await run(["schedules", "run", "nigthly"], { cwd });
  expect({ exitCode, stderr }).toMatchObject({
    exitCode: 2,
    stderr: expect.stringContaining("did you mean nightly?"),
  });
  expect(heard).toEqual([]);
});

test("they are exported for cron and for systemd, with this program and this project", async () => {
  const cwd = project();
  const { stdout, stderr } = await run(["schedules", "export"], { cwd });
  expect(stdout).toContain(`15 2 * * * cd ${cwd} && `);
  expect(stdout).toContain("contextcore schedules run nightly --retry");
  expect(stderr).toContain("CRON_TZ is understood by cronie");
  await run(["schedules", "export", "systemd", "-o", "units"], { cwd });
  expect(readdirSync(join(cwd, "units"))).toContain("contextcore-shop-nightly.timer");
});

test("what counts here counts there: the home, --set and the environment's settings, but no secret", async () => {
  const cwd = temporaryDirectory({
    "contextcore.yaml": `name: shop
schedules: [{ name: nightly, cron: "15 2 * * *", task: export }]
backends: { grafana: { token: "\${GRAFANA}" } }
`,
  });
  const env = {
    CONTEXTCORE_HOME: join(cwd, "home"),
    AUDIT_RETENTION_DAYS: "30",
    CONTEXTCORE_LOKI_URL: "http://loki:3100",
    CONTEXTCORE_TEMPO_URL: "http://kim:s3cret@tempo:3200",
    CONTEXTCORE_MIMIR_PASSWORD: "s3cret",
    CONTEXTCORE_PING: "https://hc.example/s3cret",
    GRAFANA: "s3cret",
  };
  const words = ["schedules", "export", "--set", "export.concurrency=3"];
  const { stdout, stderr } = await run(words, { cwd, env });
  expect(stdout).toContain(` CONTEXTCORE_HOME=${cwd}/home `);
  expect(stdout).toContain(" CONTEXTCORE_LOKI_URL=http://loki:3100 ");
  expect(stdout).toContain(" AUDIT_RETENTION_DAYS=30 ");
  expect(stdout).toContain(" --set export.concurrency=3 schedules run nightly --retry");
  expect(`${stdout}${stderr}`).not.toContain("s3cret");
  for (const name of ["CONTEXTCORE_TEMPO_URL", "CONTEXTCORE_MIMIR_PASSWORD", "CONTEXTCORE_PING", "GRAFANA"])
    expect(stderr).toContain(name);
  const units = await run(["schedules", "export", "systemd"], { cwd, env });
  expect(units.stdout).toContain(`Environment="CONTEXTCORE_HOME=${cwd}/home"\n`);
  expect(units.stderr).toContain("EnvironmentFile=");
  const refused = await run(["schedules", "export", "--set", "backends.grafana.token=s3cret"], { cwd });
  expect([refused.exitCode, refused.stdout]).toEqual([2, ""]);
  expect(refused.stderr).toContain("--set backends.grafana.token is a secret");
});
