/** A service that runs does only what the configuration wants now, says why something lacks, and keeps its tokens to itself. */
import { expect, setDefaultTimeout, test } from "bun:test";
import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { smallSnapshot } from "../snapshot/small.ts";
import { run } from "../support/binary.ts";
import { openSession } from "../support/pseudo-terminal.ts";
import {
  eventsOf,
  QUIET_PROJECT,
  quietProject,
  type StartedService,
  startService,
  tokenFor,
} from "../support/service.ts";

setDefaultTimeout(60_000);

const NEVER = 'cron: "0 0 1 1 *"';
const NIGHTLY = `schedules:\n  - { name: nightly, ${NEVER}, task: export, params: { all: true } }\n`;

const start = (service: StartedService, path: string, body?: object, headers: Record<string, string> = {}) =>
  service.ask(path, {
    method: "POST",
    headers: { "Content-Type": "application/json", ...headers },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });

test.each([
  ["is gone", ""],
  ["says something else", NIGHTLY.replace("all: true", "since-last: true")],
  [
    "is of a kind that schedules may run no longer",
    `${NIGHTLY}permissions: { schedules: [verify], api: [verify] }\n`,
  ],
])("nothing is done by a schedule that %s since the service started", async (_, now) => {
  const service = await startService(quietProject(NIGHTLY));
  writeFileSync(join(service.cwd, "contextcore.yaml"), `${QUIET_PROJECT}${now}`);
  const answer = await start(service, "/api/v1/schedules/nightly/run");
  expect([
    answer.ok,
    (await service.ask("/api/v1/tasks").then((all) => all.text())).includes('"export"'),
  ]).toEqual([false, false]);
  await service.stop();
});

test("nor is a task that the permissions have ceased to allow", async () => {
  const service = await startService(quietProject());
  writeFileSync(join(service.cwd, "contextcore.yaml"), `${QUIET_PROJECT}permissions: { api: [verify] }\n`);
  expect((await start(service, "/api/v1/tasks", { kind: "export" })).status).toBe(403);
  await service.stop();
});

test("nor for a role, nor is a plan agreed to, once they have; it can still be ended", async () => {
  const allows = 'permissions: { api: ["*", prune], viewer: [verify] }\n';
  const cwd = quietProject(allows);
  mkdirSync(join(cwd, "backups"));
  for (let made = 0; made < 2; made += 1) await smallSnapshot(join(cwd, "backups"));
  const service = await startService(cwd);
  const headers = { Authorization: `Bearer ${await tokenFor(cwd, "vera", "viewer")}` };
  const verify = () =>
    start(service, "/api/v1/tasks", { kind: "verify", params: { snapshot: "latest" } }, headers);
  expect((await verify()).status).toBe(202);
  const params = { "keep-last": 1, "allow-gaps": true };
  const asked = (await (await start(service, "/api/v1/tasks", { kind: "prune", params })).json()) as {
    id: string;
  };
  const task = async () =>
    (await service.ask(`/api/v1/tasks/${asked.id}`)).json() as Promise<Record<string, unknown>>;
  let known = await task();
  for (; known.state !== "awaiting"; known = await task()) await Bun.sleep(20);
  const { sha256 } = known.plan as { sha256: string };
  writeFileSync(join(cwd, "contextcore.yaml"), `${QUIET_PROJECT}permissions: { viewer: [] }\n`);
  expect((await verify()).status).toBe(403);
  expect((await start(service, `/api/v1/tasks/${asked.id}/agree`, { sha256 })).status).toBe(403);
  writeFileSync(join(cwd, "contextcore.yaml"), "name: [\n");
  expect((await start(service, `/api/v1/tasks/${asked.id}/agree`, { sha256 })).status).toBe(503);
  expect((await start(service, `/api/v1/tasks/${asked.id}/cancel`)).status).toBe(202);
  await service.stop();
  expect(readdirSync(join(cwd, "backups"))).toHaveLength(2);
});

test("a run that lacks something says what, where it is listed and in the log", async () => {
  const cwd = quietProject('  logs: { plugin: loki, url: "http://127.0.0.1:1" }\n');
  const service = await startService(cwd);
  const { id } = (await (
    await start(service, "/api/v1/tasks", { kind: "export", params: { time: "1h" } })
  ).json()) as { id: string };
  await (await service.ask(`/api/v1/tasks/${id}/events`)).text();
  const told = (await (await service.ask(`/api/v1/tasks/${id}`)).json()) as { error?: { message: string } };
  expect(told.error?.message).toContain("got no answer");
  await service.stop();
  expect(service.log()).toContain("got no answer");
});

test("an export of the trail ends once, also when only its head is asked for", async () => {
  const service = await startService(quietProject());
  for (let times = 0; times < 5; times += 1) await service.ask("/api/export/audit/csv", { method: "HEAD" });
  await service.ask("/api/export/audit/csv").then((whole) => whole.text());
  await service.stop();
  const exports = eventsOf(service.cwd).filter(({ operation }) => operation === "audit_export");
  const begun = exports.filter(({ outcome }) => outcome === "started");
  const ends = Map.groupBy(
    exports.filter(({ ref }) => ref !== undefined),
    ({ ref }) => ref,
  );
  expect([...ends.values()].map(({ length }) => length)).toEqual(begun.map(() => 1));
});

test("a token that stands in a path is not in the log", async () => {
  const service = await startService(quietProject());
  await service.ask(`/api/v1/tasks/${service.admin}`);
  await fetch(`${service.url}/api/v1/snapshots/${service.admin}`);
  await service.stop();
  expect(service.log()).toContain("/api/v1/tasks/");
  expect(service.log()).not.toContain(service.admin);
});

test("the first admin has a name that is free, and no line of a log for programs shows the token", async () => {
  const cwd = quietProject();
  expect((await run(["serve", "token", "add", "admin", "--role", "viewer"], { cwd })).exitCode).toBe(0);
  const session = openSession(["serve", "--listen", "127.0.0.1:0", "--log-format", "json"], { cwd });
  await session.waitFor("contextcore serves");
  session.type("\u0003");
  expect(await session.exited).toBe(0);
  expect(session.text()).not.toContain("cct_");
  const listed = JSON.parse((await run(["serve", "token", "list", "--json"], { cwd })).stdout);
  expect(listed.tokens.map(({ name, role }: Record<string, string>) => `${name} ${role}`).sort()).toEqual([
    "admin viewer",
    "admin-2 admin",
  ]);
});
