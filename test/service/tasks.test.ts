/** Tasks over HTTP: started, shown, agreed to, watched, ended; by those who may, and by nobody else. */
import { afterAll, afterEach, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { mkdirSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { OFFERED } from "../../src/service/offered.ts";
import { type Lab, startLab } from "../lab/lab.ts";
import { smallSnapshot } from "../snapshot/small.ts";
import { run } from "../support/binary.ts";
import { labProject } from "../support/project.ts";
import { eventsOf, quietProject, type StartedService, startService } from "../support/service.ts";

setDefaultTimeout(60_000);

let lab: Lab;
beforeAll(async () => {
  lab = await startLab();
});
afterEach(() => lab.faults.loki.clear());
afterAll(() => lab.stop());

const project = (): string => labProject(lab, { only: ["loki"] });

async function kept(more = ""): Promise<string> {
  const directory = quietProject(more);
  mkdirSync(join(directory, "backups"));
  for (let made = 0; made < 2; made += 1) await smallSnapshot(join(directory, "backups"));
  return directory;
}

const snapshotsIn = (directory: string): string[] => readdirSync(join(directory, "backups")).sort();

/** What the tests read of answers. */
interface Answered {
  readonly id: string;
  readonly detail: string;
  readonly eventId: string;
  readonly plan: { readonly sha256: string };
  readonly tasks: readonly { readonly id: string }[];
  readonly kinds: readonly KindAnswered[];
}

interface KindAnswered {
  readonly kind: string;
  readonly allowed: boolean;
  readonly parameters: readonly { readonly name: string }[];
  readonly exclusive: readonly (readonly string[])[];
}

const jsonOf = async (answer: Response): Promise<Answered> => JSON.parse(await answer.text());

async function post(
  service: StartedService,
  path: string,
  body?: unknown,
  headers: Record<string, string> = {},
) {
  const answer = await service.ask(path, {
    method: "POST",
    headers: { "Content-Type": "application/json", ...headers },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return { status: answer.status, json: await jsonOf(answer) };
}

const task = async (service: StartedService, id: string) => jsonOf(await service.ask(`/api/v1/tasks/${id}`));

interface Told {
  readonly event: string;
  readonly data: Record<string, unknown>;
}

/** The events of a stream, until it ends. */
async function* told(answer: Response): AsyncGenerator<Told> {
  let text = "";
  const decoder = new TextDecoder();
  for await (const chunk of answer.body ?? []) {
    text += decoder.decode(chunk, { stream: true });
    for (let end = text.indexOf("\n\n"); end >= 0; end = text.indexOf("\n\n")) {
      const [, event = "", data = "{}"] = /^event: (.*)\ndata: (.*)$/m.exec(text.slice(0, end)) ?? [];
      text = text.slice(end + 2);
      if (event !== "") yield { event, data: JSON.parse(data) };
    }
  }
}

const watch = (service: StartedService, id: string) => service.ask(`/api/v1/tasks/${id}/events`);

async function until(service: StartedService, id: string, holds: (told: Told) => boolean): Promise<Told> {
  for await (const one of told(await watch(service, id))) if (holds(one)) return one;
  throw new Error(JSON.stringify(await task(service, id)));
}

const isState = (state: string) => (one: Told) => one.event === "state" && one.data.state === state;

async function token(directory: string, role: string): Promise<Record<string, string>> {
  const { stdout } = await run(["serve", "token", "add", role, "--role", role, "--json"], { cwd: directory });
  return { Authorization: `Bearer ${JSON.parse(stdout).token}` };
}

const PRUNE = { kind: "prune", params: { "keep-last": 1, "allow-gaps": true } };
const EXPORT = { kind: "export", params: { time: "24h" } };

test("an export is started, watched to its end, and found again", async () => {
  const service = await startService(project());
  const started = await post(service, "/api/v1/tasks", EXPORT, { "X-Request-Id": "night-1" });
  expect(started).toMatchObject({ status: 202, json: { kind: "export", state: "planning", user: "admin" } });
  const { id } = started.json;
  const events = await Array.fromAsync(told(await watch(service, id)));
  expect(events.map(({ event }) => event)).toContain("progress");
  expect(events.at(-1)).toMatchObject({ event: "ended", data: { outcome: "success" } });
  const whole = await task(service, id);
  expect(whole).toMatchObject({
    schema: { name: "service.task" },
    outcome: "success",
    result: { schema: { name: "export" }, status: "complete" },
    warnings: [],
  });
  expect(await Array.fromAsync(told(await watch(service, id)))).toMatchObject([{ event: "ended" }]);
  const list = await jsonOf(await service.ask("/api/v1/tasks?kind=export&limit=1"));
  expect(list.tasks.map((one) => one.id)).toEqual([id]);
  await service.stop();
  const trail = eventsOf(service.cwd).filter(({ operation }) => operation === "export");
  expect(trail.map(({ outcome, user, via, request }) => [outcome, user, via, request])).toEqual([
    ["started", "admin", "api", "night-1"],
    ["success", "admin", "api", "night-1"],
  ]);
  expect(whole.eventId).toBe(trail[0].id);
});

test("the kinds are those that are offered, with what the caller may do and say", async () => {
  const directory = quietProject("permissions:\n  api: ['*', prune]\n  viewer: [verify]\n");
  const service = await startService(directory);
  const viewer = await token(directory, "viewer");
  const kinds = async (headers = {}) => (await jsonOf(await service.ask("/api/v1/kinds", { headers }))).kinds;
  const [all, own] = [await kinds(), await kinds(viewer)];
  expect(all.map(({ kind }) => kind)).toEqual(Object.keys(OFFERED));
  const allowed = (list: readonly KindAnswered[]) =>
    list.flatMap(({ kind, allowed: may }) => (may ? kind : []));
  expect(allowed(all)).toEqual(["copy", "drill", "export", "inventory", "prune", "verify"]);
  expect(allowed(own)).toEqual(["verify"]);
  for (const { name } of all.flatMap(({ parameters }) => parameters))
    expect(name).not.toMatch(/^(output|identity|key|into|directory|partial)$/);
  const exported = all.find(({ kind }) => kind === "export");
  expect(exported?.exclusive).toContainEqual(["time", "from"]);
  expect(exported?.exclusive.flat()).not.toContain("output");
  await service.stop();
});

test("what deletes is off until it is switched on, kind by kind, and then done as it was shown", async () => {
  const off = await startService(await kept());
  expect(await post(off, "/api/v1/tasks", PRUNE)).toMatchObject({
    status: 403,
    json: { detail: "the role admin may not run prune" },
  });
  await off.stop();
  expect(eventsOf(off.cwd).at(-1)).toMatchObject({ operation: "access", outcome: "refused", user: "admin" });

  const service = await startService(await kept("permissions:\n  api: [prune]\n"));
  const { id } = (await post(service, "/api/v1/tasks", PRUNE)).json;
  await until(service, id, isState("awaiting"));
  const { plan } = await task(service, id);
  expect(plan).toMatchObject({
    targetsTotal: 1,
    whole: true,
    shown: { schema: { name: "snapshots.prune" } },
  });
  const wrong = await post(service, `/api/v1/tasks/${id}/agree`, { sha256: "0".repeat(64) });
  expect(wrong).toMatchObject({ status: 409, json: { detail: "this is not its plan" } });
  expect(snapshotsIn(service.cwd)).toHaveLength(2);
  expect((await post(service, `/api/v1/tasks/${id}/agree`, { sha256: plan.sha256 })).status).toBe(202);
  await until(service, id, ({ event }) => event === "ended");
  expect(await task(service, id)).toMatchObject({ outcome: "success" });
  expect(snapshotsIn(service.cwd)).toHaveLength(1);
  expect((await post(service, `/api/v1/tasks/${id}/cancel`)).status).toBe(409);
  await service.stop();
});

test("nobody else starts, agrees to or ends anything", async () => {
  const directory = await kept("permissions:\n  api: ['*', prune]\n");
  const service = await startService(directory);
  const { id } = (await post(service, "/api/v1/tasks", PRUNE)).json;
  await until(service, id, isState("awaiting"));
  const { plan } = await task(service, id);
  for (const role of ["viewer", "ingest"]) {
    const headers = await token(directory, role);
    const statuses = [
      await post(service, "/api/v1/tasks", { kind: "verify", params: { snapshot: "latest" } }, headers),
      await post(service, `/api/v1/tasks/${id}/agree`, { sha256: plan.sha256 }, headers),
      await post(service, `/api/v1/tasks/${id}/cancel`, undefined, headers),
    ].map(({ status }) => status);
    expect(statuses).toEqual([403, 403, 403]);
  }
  const nobody = { Authorization: "Bearer nothing" };
  expect((await service.ask("/api/v1/tasks", { headers: nobody })).status).toBe(401);
  expect((await post(service, `/api/v1/tasks/${id}/cancel`)).status).toBe(202);
  await until(service, id, ({ event }) => event === "ended");
  expect(snapshotsIn(directory)).toHaveLength(2);
  await service.stop();
  expect(eventsOf(directory).find(({ operation }) => operation === "prune")).toMatchObject({
    outcome: "cancelled",
    details: { error: "cancelled by admin" },
  });
});

test.each<[string, unknown, number, string]>([
  ["a path", { kind: "export", params: { output: "/tmp" } }, 400, "on the command line only"],
  [
    "a URL",
    { kind: "verify", params: { snapshot: "s3://bucket/prefix/20260124-143000" } },
    400,
    "snapshot is",
  ],
  ["an identity", { kind: "restore", params: { identity: "key" } }, 403, "may not run restore"],
  ["a kind that is never offered", { kind: "destroy" }, 404, "no task"],
  ["a name of every object", { kind: "constructor" }, 404, "no task"],
  ["a member that there is not", { kind: "export", output: "/tmp" }, 400, "output"],
  ["no object", [], 400, ""],
  ["parameters that are none", { kind: "export", params: "x" }, 400, "params"],
])("%s is refused, and nothing begins", async (_, body, status, detail) => {
  const service = await shared();
  const answer = await post(service, "/api/v1/tasks", body);
  expect(answer.status).toBe(status);
  expect(answer.json.detail).toContain(detail);
  expect((await jsonOf(await service.ask("/api/v1/tasks"))).tasks).toEqual([]);
});

let one: Promise<StartedService> | undefined;
function shared(): Promise<StartedService> {
  one ??= startService(quietProject());
  return one;
}
afterAll(async () => void (await (await one)?.stop()));

test.each(["/api/v1/tasks/nothing", "/api/v1/tasks/nothing/events", "/api/v1/tasks/..%2f..%2fetc"])(
  "there is nothing at %s",
  async (path) => {
    expect((await (await shared()).ask(path)).status).toBe(404);
  },
);

test.each(["limit=0", "limit=501", "limit=x", "state=asleep", "kind=../x", "nonsense=1"])(
  "?%s is refused",
  async (query) => {
    expect((await (await shared()).ask(`/api/v1/tasks?${query}`)).status).toBe(400);
  },
);

test("a service that is told to end lets its tasks leave their work as it should be, and says so to who watches", async () => {
  const service = await startService(project());
  lab.faults.loki.add({ kind: "hang", path: "query_range", after: 6 });
  const { id } = (await post(service, "/api/v1/tasks", EXPORT)).json;
  const events = told(await watch(service, id));
  for await (const { event } of events) if (event === "progress") break;
  const watching = Array.fromAsync(told(await watch(service, id)));
  expect(await service.stop()).toBe(0);
  expect((await watching).at(-1)).toMatchObject({ event: "ended", data: { outcome: "interrupted" } });
  expect(eventsOf(service.cwd).at(-1)).toMatchObject({
    operation: "export",
    outcome: "interrupted",
    details: { stopped: "the service was stopped" },
  });
});

test("a service that is killed finds its tasks at the next start, and they are finished", async () => {
  const directory = project();
  const killed = await startService(directory);
  lab.faults.loki.add({ kind: "hang", path: "query_range", after: 6 });
  const { id } = (await post(killed, "/api/v1/tasks", EXPORT)).json;
  await until(killed, id, ({ event }) => event === "progress");
  expect(await killed.stop("SIGKILL")).not.toBe(0);
  lab.faults.loki.clear();
  const service = await startService(directory);
  expect(service.log()).toContain("Recovered 1 interrupted task");
  expect(await task(service, id)).toMatchObject({ state: "ended", outcome: "interrupted" });
  const rest = await post(service, "/api/v1/tasks", { kind: "export", params: { resume: true } });
  await until(service, rest.json.id, ({ event }) => event === "ended");
  expect(await task(service, rest.json.id)).toMatchObject({ outcome: "success" });
  await service.stop();
});
