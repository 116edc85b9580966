/** What was wanted and did not come to be done: the trail knows of it, and who ended it. */
import { afterAll, afterEach, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { type Lab, startLab } from "../lab/lab.ts";
import { smallSnapshot } from "../snapshot/small.ts";
import { temporaryDirectory } from "../support/directory.ts";
import { labProject } from "../support/project.ts";
import { EVERYTHING, KIM, launched, NIGHT, reaches } from "./launched.ts";

setDefaultTimeout(60_000);

let lab: Lab;
beforeAll(async () => {
  lab = await startLab();
});
afterEach(() => lab.faults.loki.clear());
afterAll(() => lab.stop());

const LEE = { user: "lee", via: "api", request: "r-2" } as const;
const EXPORT = { kind: "export", params: { time: "24h" }, actor: KIM };

/** Exports hang while they plan. */
function hanging(): string {
  lab.faults.loki.add({ kind: "hang" });
  return labProject(lab, { only: ["loki"], more: EVERYTHING });
}

test("one that waits in line and is cancelled is an event, by whoever did it, and its id is known", async () => {
  await using service = await launched(hanging());
  const { launcher } = service;
  const first = await launcher.start(EXPORT);
  await reaches(launcher, first.id, "planning");
  const next = await launcher.start(EXPORT);
  expect(launcher.get(next.id)?.state).toBe("queued");
  await Promise.all([launcher.cancel(next.id, LEE), launcher.cancel(next.id, LEE)]);
  const [event, ...more] = await service.events();
  expect([event, more]).toMatchObject([
    {
      ...{ operation: "export", outcome: "cancelled", user: "lee", via: "api", request: "r-2" },
      details: { task: next.id, error: "cancelled by lee" },
    },
    [],
  ]);
  expect(launcher.get(next.id)).toMatchObject({ outcome: "cancelled", event: String(event?.id) });
});

test.each([1, 2])("one that is told to end %p times while it plans is an event", async (times) => {
  await using service = await launched(hanging());
  const { launcher } = service;
  const run = await launcher.start(EXPORT);
  await reaches(launcher, run.id, "planning");
  for (let n = 0; n < times; n += 1) await launcher.cancel(run.id, LEE);
  const { outcome = "started" } = await launcher.ended(run.id);
  expect(["cancelled", "interrupted"]).toContain(outcome);
  expect(await service.events()).toMatchObject([
    { operation: "export", outcome, user: "lee", details: { task: run.id } },
  ]);
});

test("of two scheduled runs of one kind that are killed each is an event", async () => {
  await using service = await launched(hanging());
  const { launcher } = service;
  const runs = [];
  for (let n = 0; n < 2; n += 1) runs.push(await launcher.start({ ...EXPORT, actor: NIGHT }));
  for (const { id } of runs) {
    await reaches(launcher, id, "planning");
    const { child } = service.database
      .query<{ child: string }, [string]>("SELECT child FROM runs WHERE id = ?")
      .get(id) ?? { child: "{}" };
    process.kill(JSON.parse(child).pid, "SIGKILL");
    expect((await launcher.ended(id)).outcome).toBe("interrupted");
  }
  expect(await service.events()).toMatchObject(
    runs.map(({ id }) => ({ user: "ada", via: "schedule", request: id, details: { task: id } })),
  );
});

test("one that only looks leaves nothing, whoever ends it", async () => {
  const directory = temporaryDirectory({ "contextcore.yaml": `name: shop\n${EVERYTHING}` });
  mkdirSync(join(directory, "backups"));
  await smallSnapshot(join(directory, "backups"));
  await using service = await launched(directory);
  const { launcher } = service;
  const run = await launcher.start({
    kind: "verify",
    params: { snapshot: "latest" },
    actor: KIM,
    plans: true,
  });
  await reaches(launcher, run.id, "awaiting");
  await launcher.cancel(run.id, LEE);
  expect((await launcher.ended(run.id)).outcome).toBe("cancelled");
  expect(await service.events()).toEqual([]);
});
