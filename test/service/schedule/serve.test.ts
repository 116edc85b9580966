/** Schedules in a service: missed runs are made up for at its start, people are told, and the API shows and starts them. */
import { Database } from "bun:sqlite";
import { afterAll, beforeEach, expect, setDefaultTimeout, test } from "bun:test";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { smallSnapshot } from "../../snapshot/small.ts";
import { run } from "../../support/binary.ts";
import { temporaryDirectory } from "../../support/directory.ts";
import { startService } from "../../support/service.ts";

setDefaultTimeout(60_000);

let heard: string[] = [];
let wake = (): void => undefined;
const receiver = Bun.serve({
  port: 0,
  async fetch(request) {
    const text = await request.text();
    heard.push(text === "" ? "ping" : JSON.parse(text));
    wake();
    return new Response("ok");
  },
});
afterAll(() => receiver.stop(true));
beforeEach(() => {
  heard = [];
});

/** Waits until this many messages have arrived. */
async function hears(count: number): Promise<string[]> {
  while (heard.length < count) {
    const { promise, resolve } = Promise.withResolvers<void>();
    wake = resolve;
    await promise;
  }
  return heard.toSorted();
}

const FILE = `
name: shop
schedules:
  - { name: prove, cron: "30 3 * * *", zone: UTC, task: verify, params: { all: true }, retry: { times: 0 } }
  - { name: tidy, cron: "0 5 * * *", zone: UTC, task: prune, params: { keep-last: 1, allow-gaps: true } }
notify:
  - { url: "http://localhost:${receiver.port}/s3cret", template: "{{title}}" }
ping: http://localhost:${receiver.port}/ping
`;

/** A project without servers, and snapshots in it. */
async function kept(count: number): Promise<string> {
  const directory = temporaryDirectory({ "contextcore.yaml": FILE });
  mkdirSync(join(directory, "backups"));
  for (let made = 0; made < count; made += 1) await smallSnapshot(join(directory, "backups"));
  return directory;
}

/** As if the machine had been off for two days. */
function sleptThrough(cwd: string, name: string): void {
  const database = new Database(join(cwd, ".contextcore/service.db"));
  const days = 2 * 86_400_000;
  database.run(
    "UPDATE schedules SET state = json_set(state, '$.decidedMs', json_extract(state, '$.decidedMs') - ?) WHERE name = ?",
    [days, name],
  );
  database.close();
}

test("a night that was slept through is made up for once, when the service starts", async () => {
  const cwd = await kept(1);
  const first = await startService(cwd);
  expect(await first.stop()).toBe(0);
  expect(heard).toEqual([]);
  sleptThrough(cwd, "prove");
  const second = await startService(cwd);
  expect(await hears(1)).toEqual(["ping"]);
  const { schedules } = (await (await second.ask("/api/v1/schedules")).json()) as {
    schedules: { name: string; lastRun?: { outcome: string; run: string } }[];
  };
  expect(schedules.map(({ name, lastRun }) => [name, lastRun?.outcome])).toEqual([
    ["prove", "success"],
    ["tidy", undefined],
  ]);
  const tasks = (await (await second.ask("/api/v1/tasks?schedule=prove")).json()) as {
    tasks: { id: string; via: string }[];
  };
  expect(tasks.tasks).toMatchObject([{ id: schedules[0]?.lastRun?.run, via: "schedule" }]);
  expect(await second.stop()).toBe(0);
  expect(second.log()).not.toContain("s3cret");
});

test("a configuration that no longer loads is told by the run that finds it, and once", async () => {
  const cwd = await kept(1);
  const service = await startService(cwd);
  const start = () => service.ask("/api/v1/schedules/prove/run", { method: "POST" });
  writeFileSync(join(cwd, "contextcore.yaml"), `${FILE}export: { concurency: 3 }\n`);
  for (let nights = 0; nights < 2; nights += 1) {
    const begun = await start();
    expect(begun.status, await begun.text()).toBe(503);
    await hears(1);
  }
  writeFileSync(join(cwd, "contextcore.yaml"), FILE);
  while ((await start()).status === 409) await Bun.sleep(20);
  expect(await hears(3)).toEqual(["ping", "shop: prove could not begin", "shop: prove went well again"]);
  await service.stop();
});

test("a service that cannot start is told, and that it has started again", async () => {
  const cwd = await kept(0);
  writeFileSync(join(cwd, "contextcore.yaml"), FILE.replace("30 3 * * *", "0 0 31 2 *"));
  const broken = await run(["serve", "--listen", "127.0.0.1:0"], { cwd });
  expect({ exitCode: broken.exitCode, stderr: broken.stderr }).toMatchObject({
    exitCode: 2,
    stderr: expect.stringContaining("never comes"),
  });
  expect(heard).toEqual(["shop: the service could not start"]);
  writeFileSync(join(cwd, "contextcore.yaml"), FILE);
  const service = await startService(cwd);
  expect((await hears(2))[1]).toBe("shop: the service has started");
  // A second one is no fault: the first one serves.
  expect((await run(["serve", "--listen", "127.0.0.1:0"], { cwd })).exitCode).toBe(4);
  expect(heard).toHaveLength(2);
  await service.stop();
});

test("a receiver that never answers holds no schedule, and no other receiver", async () => {
  const held = Promise.withResolvers<void>();
  using hanging = Bun.serve({
    port: 0,
    async fetch() {
      held.resolve();
      return new Promise<Response>(() => undefined);
    },
  });
  const cwd = temporaryDirectory({
    "contextcore.yaml": `
name: shop
schedules:
  - { name: gone, cron: "30 3 * * *", zone: UTC, task: verify, params: { all: true }, retry: { times: 0 } }
  - { name: again, cron: "0 5 * * *", zone: UTC, task: verify, params: { all: true }, retry: { times: 1, wait: 1s } }
notify:
  - { url: "http://localhost:${hanging.port}/" }
  - { url: "http://localhost:${receiver.port}/s3cret", template: "{{title}}" }
`,
  });
  await (await startService(cwd)).stop();
  for (const name of ["gone", "again"]) sleptThrough(cwd, name);
  const service = await startService(cwd);
  await held.promise;
  const since = performance.now();
  // One is tried again a second later, and only then told.
  expect(await hears(2)).toEqual(["shop: again failed", "shop: gone failed"]);
  expect(performance.now() - since).toBeLessThan(8_000);
  await service.stop("SIGKILL");
});

test("over the API a schedule that deletes needs permission, as its task does", async () => {
  const cwd = await kept(3);
  const service = await startService(cwd);
  const refused = await service.ask("/api/v1/schedules/tidy/run", { method: "POST" });
  expect(refused.status).toBe(403);
  expect((await service.ask("/api/v1/schedules/nothing/run", { method: "POST" })).status).toBe(404);
  await service.stop();
  writeFileSync(join(cwd, "contextcore.yaml"), `${FILE}permissions: { api: ["*", prune] }\n`);
  const allowed = await startService(cwd);
  const started = await allowed.ask("/api/v1/schedules/tidy/run", { method: "POST" });
  expect([started.status, await started.json()]).toMatchObject([
    202,
    { kind: "prune", via: "api", user: "admin", scheduleName: "tidy" },
  ]);
  expect((await allowed.ask("/api/v1/schedules/tidy/run", { method: "POST" })).status).toBe(409);
  await allowed.stop();
  const state = JSON.parse((await run(["schedules", "--json"], { cwd })).stdout).schedules[1];
  // Its plan waited for somebody, and nothing was deleted.
  expect(state.since).toBeUndefined();
  expect(readFileSync(join(cwd, ".contextcore/audit.jsonl"), "utf8")).not.toContain('"outcome":"success"');
});
