/** Tasks in processes of their own: started, planned, agreed to, watched, cancelled, and remembered. */
import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { existsSync, mkdirSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { type Lab, startLab } from "../lab/lab.ts";
import { smallSnapshot } from "../snapshot/small.ts";
import { temporaryDirectory } from "../support/directory.ts";
import { labProject } from "../support/project.ts";
import { agree, EVERYTHING, KIM, launched, NIGHT, reaches, until } from "./launched.ts";

setDefaultTimeout(60_000);

let lab: Lab;
beforeAll(async () => {
  lab = await startLab();
});
afterAll(() => lab.stop());

const project = (): string => labProject(lab, { only: ["loki"], more: EVERYTHING });

/** A project without servers, and snapshots to prune. */
async function kept(count: number): Promise<string> {
  const directory = temporaryDirectory({ "contextcore.yaml": `name: shop\n${EVERYTHING}` });
  mkdirSync(join(directory, "backups"));
  for (let made = 0; made < count; made += 1) await smallSnapshot(join(directory, "backups"));
  return directory;
}
const snapshotsIn = (directory: string): string[] =>
  readdirSync(join(directory, "backups"))
    .filter((name) => /^\d/.test(name))
    .sort();

test("an export runs to its end, and its result is as the command line prints it", async () => {
  await using service = await launched(project());
  const { launcher } = service;
  const run = await launcher.start({ kind: "export", params: { time: "1h" }, actor: KIM });
  const seen: string[] = [];
  for await (const event of launcher.watch(run.id, new AbortController().signal)) seen.push(event.event);
  expect(seen).toContain("progress");
  expect(seen.at(-1)).toBe("ended");
  const record = await launcher.ended(run.id);
  expect(record).toMatchObject({ state: "ended", outcome: "success", params: { time: "1h" } });
  expect(record.end?.result).toMatchObject({ schema: { name: "export" }, status: "complete" });
  const events = await service.events();
  expect(events.map(({ operation, outcome }) => `${operation} ${outcome}`)).toEqual([
    "export started",
    "export success",
  ]);
  for (const event of events) expect(event).toMatchObject(KIM);
  expect(record.event).toBe(events[0]?.id);
});

test("what deletes waits for agreement to its plan, and does that very thing", async () => {
  const directory = await kept(3);
  await using service = await launched(directory);
  const { launcher } = service;
  const run = await launcher.start({
    kind: "prune",
    params: { "keep-last": 1, "allow-gaps": true },
    actor: KIM,
  });
  await reaches(launcher, run.id, "awaiting");
  const { plan } = launcher.get(run.id) ?? {};
  expect(plan?.targets.map(({ kind }) => kind)).toEqual(["snapshot", "snapshot"]);
  expect(plan?.plan).toMatchObject({ schema: { name: "snapshots.prune" } });
  expect(snapshotsIn(directory)).toHaveLength(3);
  // Whoever agrees is who does it; what has come since is not part of it.
  const newer = await smallSnapshot(join(directory, "backups"));
  launcher.agree(run.id, plan?.sha256 ?? "", { ...KIM, user: "lee", request: "r-2" });
  expect(await launcher.ended(run.id)).toMatchObject({ outcome: "success", end: { outcome: "success" } });
  expect(snapshotsIn(directory)).toHaveLength(2);
  expect(existsSync(newer)).toBe(true);
  const events = await service.events();
  expect(events.map(({ outcome, user, request }) => [outcome, user, request])).toEqual([
    ["started", "lee", "r-2"],
    ["success", "lee", "r-2"],
  ]);
});

test("another hash is no agreement; a no is recorded, and nothing was touched", async () => {
  const directory = await kept(2);
  await using service = await launched(directory);
  const { launcher } = service;
  const run = await launcher.start({
    kind: "prune",
    params: { "keep-last": 1, "allow-gaps": true },
    actor: KIM,
  });
  expect(() => launcher.agree(run.id, "0".repeat(64), KIM)).toThrow("waits for no agreement");
  await reaches(launcher, run.id, "awaiting");
  expect(() => launcher.agree(run.id, "0".repeat(64), KIM)).toThrow("not its plan");
  launcher.cancel(run.id, { ...KIM, user: "lee" });
  expect(await launcher.ended(run.id)).toMatchObject({
    outcome: "cancelled",
    error: { message: "cancelled by lee" },
  });
  expect(snapshotsIn(directory)).toHaveLength(2);
  expect(await service.events()).toMatchObject([{ operation: "prune", outcome: "cancelled", user: "lee" }]);
  expect(() => launcher.agree(run.id, "0".repeat(64), KIM)).toThrow("it has ended: cancelled");
});

test("a plan that nobody agrees to in time is declined", async () => {
  const directory = await kept(2);
  await using service = await launched(directory, { patienceMs: 50 });
  const run = await service.launcher.start({
    kind: "prune",
    params: { "keep-last": 1, "allow-gaps": true },
    actor: KIM,
  });
  expect(await service.launcher.ended(run.id)).toMatchObject({
    outcome: "cancelled",
    error: { message: "nobody agreed to it in time" },
  });
  expect(snapshotsIn(directory)).toHaveLength(2);
});

test("a plan that is too large to be shown cannot be agreed to; a result that is too large is not kept", async () => {
  const directory = await kept(2);
  for (let made = 0; made < 6_000; made += 1)
    mkdirSync(join(directory, "backups", `20200101-000000-${made + 2}`));
  await using service = await launched(directory);
  const { launcher } = service;
  const params = { "keep-last": 1, "allow-gaps": true };
  const asked = await launcher.start({ kind: "prune", params, actor: KIM });
  await reaches(launcher, asked.id, "awaiting");
  const { plan } = launcher.get(asked.id) ?? {};
  expect(plan).toMatchObject({ isWhole: false, targets: [], targetsTotal: 1 });
  expect(() => launcher.agree(asked.id, plan?.sha256 ?? "", KIM)).toThrow("too large to be shown");
  launcher.cancel(asked.id, KIM);
  const run = await launcher.start({ kind: "prune", params, actor: NIGHT });
  const { end } = await launcher.ended(run.id);
  expect(end).toMatchObject({ outcome: "success", resultBytes: expect.any(Number) });
  expect(end?.result).toBeUndefined();
  const { size } = service.database
    .query<{ size: number }, []>("SELECT sum(length(result)) + sum(length(plan)) AS size FROM runs")
    .get() ?? { size: 0 };
  expect(size).toBeLessThan(1_000);
});

test("of two plans of one kind only one is carried out at a time", async () => {
  const directory = await kept(3);
  await using service = await launched(directory);
  const { launcher } = service;
  const start = async () => {
    const { id } = await launcher.start({
      kind: "prune",
      params: { "keep-last": 1, "allow-gaps": true },
      actor: KIM,
    });
    await reaches(launcher, id, "awaiting");
    return { id, sha256: launcher.get(id)?.plan?.sha256 ?? "" };
  };
  const [one, other] = [await start(), await start()];
  launcher.agree(one.id, one.sha256, KIM);
  expect(() => launcher.agree(other.id, other.sha256, KIM)).toThrow("another prune runs");
  expect(() => launcher.agree(one.id, one.sha256, KIM)).toThrow("waits for no agreement");
  await launcher.ended(one.id);
  // What it was to remove is gone by then, so it leaves that alone and says so.
  launcher.agree(other.id, other.sha256, KIM);
  expect((await launcher.ended(other.id)).outcome).toBe("partial");
  expect(snapshotsIn(directory)).toHaveLength(1);
});

test("a schedule's policy needs no further agreement, and two of one kind never run at once", async () => {
  const directory = await kept(3);
  await using service = await launched(directory);
  const { launcher } = service;
  const request = {
    kind: "prune",
    params: { "keep-last": 1, "allow-gaps": true },
    actor: NIGHT,
    schedule: "nightly",
  };
  const [first, second] = [await launcher.start(request), await launcher.start(request)];
  expect([first.state, second.state]).toEqual(["planning", "queued"]);
  expect(launcher.counts()).toEqual({ running: 1, waiting: 1 });
  expect((await launcher.ended(first.id)).outcome).toBe("success");
  // Nothing is left to do for it, so the trail has nothing of it.
  expect(await launcher.ended(second.id)).toMatchObject({ outcome: "success", schedule: "nightly" });
  expect(snapshotsIn(directory)).toHaveLength(1);
  expect(await service.events()).toMatchObject([
    { outcome: "started", via: "schedule", user: "ada" },
    { outcome: "success", via: "schedule", user: "ada" },
  ]);
});

test("what reads only runs beside another one", async () => {
  const directory = await kept(1);
  await using service = await launched(directory);
  const { launcher } = service;
  const start = () => launcher.start({ kind: "verify", params: { snapshot: "latest" }, actor: KIM });
  const runs = [await start(), await start()];
  expect(runs.map(({ state }) => state)).toEqual(["planning", "planning"]);
  for (const { id } of runs) expect((await launcher.ended(id)).end?.outcome).toBe("success");
  expect(await service.events()).toEqual([]);
});

test("a run that is cancelled ends cleanly, and what it had is resumed", async () => {
  const directory = project();
  await using service = await launched(directory);
  const { launcher } = service;
  const release = lab.faults.loki.add({ kind: "hang", path: "query_range", after: 6 });
  const run = await launcher.start({ kind: "export", params: { time: "24h" }, actor: KIM });
  await until(launcher, run.id, ({ event }) => event === "progress");
  launcher.cancel(run.id, { ...KIM, user: "lee" });
  expect(await launcher.ended(run.id)).toMatchObject({ outcome: "cancelled" });
  release();
  expect((await service.events()).at(-1)).toMatchObject({
    outcome: "cancelled",
    details: { stopped: "cancelled by lee" },
  });
  const rest = await launcher.start({ kind: "export", params: { resume: true }, actor: KIM });
  expect((await launcher.ended(rest.id)).outcome).toBe("success");
});

test.each([
  [{ kind: "destroy" }, "no task"],
  [{ kind: "export", params: { output: "/tmp" } }, "on the command line only"],
  [{ kind: "restore", params: { snapshot: "../x" } }, "is a snapshot's name"],
])("%j is refused before anything starts", async (request, message) => {
  await using service = await launched(await kept(0));
  expect(service.launcher.start({ ...request, actor: KIM })).rejects.toThrow(message);
  expect(service.launcher.list({ limit: 5 })).toEqual([]);
});

test("what goes wrong is told in the command line's words, with its hint", async () => {
  await using service = await launched(await kept(0));
  const run = await service.launcher.start({ kind: "verify", params: { snapshot: "latest" }, actor: KIM });
  const record = await service.launcher.ended(run.id);
  expect(record.outcome).toBe("failed");
  expect(record.error?.message).toContain("no complete snapshot is kept");
});

test("a project that is not agreed to is refused, and so it is once it is agreed to no longer", async () => {
  const directory = labProject(lab, { only: ["loki"], urls: { loki: "http://192.0.2.1:3100" } });
  await using service = await launched(directory);
  const start = async () => {
    const run = await service.launcher.start({ kind: "inventory", params: { timeout: "1s" }, actor: KIM });
    return service.launcher.ended(run.id);
  };
  expect(await start()).toMatchObject({
    outcome: "refused",
    error: { message: expect.stringContaining("not agreed to") },
  });
  agree(directory);
  expect((await start()).outcome).toBe("partial");
});

test("runs are listed, the newest first, and page by page", async () => {
  await using service = await launched(await kept(1));
  const { launcher } = service;
  const ids: string[] = [];
  for (const snapshot of ["latest", "2026", "2027"]) {
    const run = await launcher.start({ kind: "verify", params: { snapshot, quick: true }, actor: KIM });
    await launcher.ended(run.id);
    ids.unshift(run.id);
  }
  expect(launcher.list({ limit: 2 }).map(({ id }) => id)).toEqual(ids.slice(0, 2));
  expect(launcher.list({ limit: 2, before: ids[1] }).map(({ id }) => id)).toEqual(ids.slice(2));
  expect(launcher.list({ limit: 9, kind: "export" })).toEqual([]);
  expect(launcher.list({ limit: 9, state: "ended" })).toHaveLength(3);
  const insert = service.database.query(
    "INSERT INTO runs (id, kind, state, params, user, via, host, created_at, heartbeat_at, ended_at, outcome) VALUES (?, 'verify', 'ended', '{}', 'kim', 'api', 'here', 0, 0, ?, 'success')",
  );
  for (const [id, days] of [
    ["old", 401],
    ["younger", 399],
  ] as const)
    insert.run(id, Date.now() - days * 86_400_000);
  const last = await launcher.start({
    kind: "verify",
    params: { snapshot: "latest", quick: true },
    actor: KIM,
  });
  await launcher.ended(last.id);
  expect([launcher.get("old"), launcher.get("younger")?.id]).toEqual([undefined, "younger"]);
  const again = await launched(service.database.filename.replace("/.contextcore/service.db", ""));
  expect(again.launcher.list({ limit: 9 })).toEqual(launcher.list({ limit: 9 }));
  await again[Symbol.asyncDispose]();
});
