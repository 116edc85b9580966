import { expect, test } from "bun:test";
import { lstatSync, mkdirSync, readdirSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { dirname, join } from "node:path";
import { markOf } from "../../src/units/process-mark.ts";
import { type Folder, makeFolder } from "./folder.ts";

const HERE = { identity: { user: "ada", host: hostname() } };

const recover = (folder: Folder) => folder.open(HERE).recover();

const outcomes = async (folder: Folder) =>
  (await folder.open(HERE).newest({ limit: 100 })).map(({ operation, outcome }) => `${operation} ${outcome}`);

test("an operation that succeeds has a beginning and an end that names it", async () => {
  using folder = makeFolder();
  const trail = folder.open();
  const result = await trail.record(
    { operation: "destroy", destructive: true, details: { option: 1 }, dataAffected: ["tempo", "loki"] },
    async () => ({
      result: 42,
      ending: { outcome: "success", details: { backup: "yes" }, exportPath: "backups/1" },
    }),
  );
  await trail.close();
  const [started, ended] = await trail.newest({ limit: 2 });
  expect(result).toBe(42);
  expect(started).toMatchObject({
    outcome: "started",
    details: { option: 1, process: { pid: process.pid } },
  });
  expect(ended).toMatchObject({
    outcome: "success",
    ref: started?.id,
    details: { backup: "yes" },
    data_affected: ["tempo", "loki"],
    export_path: "backups/1",
  });
});

test("work that throws ends as failed, with the reason and without its secrets; the error goes on", async () => {
  using folder = makeFolder();
  const trail = folder.open();
  const work = trail.record({ operation: "restore", destructive: true }, () =>
    Promise.reject(new Error("http://ada:hunter22@loki:3100 refused")),
  );
  expect(work).rejects.toThrow("hunter22");
  await work.catch(() => undefined);
  const [, ended] = await trail.newest({ limit: 2 });
  expect(ended).toMatchObject({ outcome: "failed", details: { error: "http://ada:***@loki:3100 refused" } });
});

test("work that was interrupted by the user ends as cancelled", async () => {
  using folder = makeFolder();
  const trail = folder.open();
  const controller = new AbortController();
  const { signal } = controller;
  const work = trail.record({ operation: "export", destructive: false, signal }, async () => {
    controller.abort();
    throw new Error("the connection was closed");
  });
  await work.catch(() => undefined);
  expect((await trail.newest({ limit: 1 }))[0]?.outcome).toBe("cancelled");
});

test.each([
  ["an error", false],
  ["the user", true],
])("work that %s ends after it told what it did is partial, with that", async (_, isInterrupted) => {
  using folder = makeFolder();
  const trail = folder.open();
  const controller = new AbortController();
  const { signal } = controller;
  const work = trail.record({ operation: "prune", destructive: true, signal }, async (did) => {
    did({ removed: ["one"] });
    did({ removed: ["one", "two"], left: 1 });
    if (isInterrupted) controller.abort();
    throw new Error("no more");
  });
  await work.catch(() => undefined);
  expect((await trail.newest({ limit: 1 }))[0]).toMatchObject({
    outcome: "partial",
    details: { removed: ["one", "two"], left: 1, error: "no more" },
  });
});

test("the next command closes what a killed process began, and says what was left and what to do", async () => {
  using folder = makeFolder();
  const victim = Bun.spawn(
    [process.execPath, join(import.meta.dir, "operation.ts"), folder.file, folder.home, "export"],
    {
      stdout: "pipe",
      stderr: "inherit",
    },
  );
  await victim.stdout.getReader().read();
  expect(await outcomes(folder)).toEqual(["export started"]); // it is running: nothing is closed
  victim.kill("SIGKILL");
  await victim.exited;

  expect(await outcomes(folder)).toEqual(["export started"]); // reading closes nothing
  await recover(folder);
  await recover(folder);
  expect(await outcomes(folder)).toEqual(["export started", "export interrupted"]);
  const [started, ended] = await folder.open(HERE).newest({ limit: 2 });
  expect(ended).toMatchObject({ ref: started?.id, data_affected: ["loki"] });
  expect(folder.warnings.join("\n")).toContain("`contextcore export --resume` finishes it");
});

test("two commands that find the same interrupted operation close it once", async () => {
  using folder = makeFolder();
  const victim = Bun.spawn(
    [process.execPath, join(import.meta.dir, "operation.ts"), folder.file, folder.home, "destroy"],
    {
      stdout: "pipe",
    },
  );
  await victim.stdout.getReader().read();
  victim.kill("SIGKILL");
  await victim.exited;
  const trails = Array.from({ length: 5 }, () => folder.open(HERE));
  await Promise.all(trails.map((trail) => trail.append({ operation: "export", outcome: "success" })));
  const found = (await outcomes(folder)).filter((text) => text === "destroy interrupted");
  expect(found).toHaveLength(1);
});

test("what began long ago is closed too, however much was written since, and only once", async () => {
  using folder = makeFolder();
  const gone = { pid: process.pid, start: "long ago", namespace: namespaceHere() };
  const trail = folder.open(HERE);
  await trail.append({ operation: "destroy", outcome: "started", details: { process: gone } });
  await writeMuch(trail);
  await recover(folder);
  await recover(folder);
  const ended = await folder.open(HERE).newest({ limit: 9, operation: "destroy" });
  expect(ended.map(({ outcome }) => outcome)).toEqual(["started", "interrupted"]);
  expect(readdirSync(join(dirname(folder.file), "open"))).toEqual([]);
});

test("what is remembered as open, but has an end or never was, is forgotten", async () => {
  using folder = makeFolder();
  const trail = folder.open(HERE);
  await trail.record({ operation: "destroy", destructive: true }, async () => ({
    result: 0,
    ending: { outcome: "success" },
  }));
  const [started] = await trail.newest({ limit: 2 });
  const open = join(dirname(folder.file), "open");
  expect(readdirSync(open)).toEqual([]);
  writeFileSync(join(open, started?.id ?? ""), "1");
  writeFileSync(join(open, "never"), "x");
  await writeMuch(trail);
  expect(folder.open(HERE).abandoned()).toEqual([]);
  expect(readdirSync(open)).toHaveLength(2); // who only reads changes nothing
  await folder.open(HERE).append({ operation: "export", outcome: "success" });
  expect(readdirSync(open)).toEqual([]);
  expect(await folder.open(HERE).newest({ limit: 9, operation: "destroy" })).toHaveLength(2);
});

/** More than is looked back over without need. */
async function writeMuch(trail: ReturnType<Folder["open"]>): Promise<void> {
  const details = { text: "x".repeat(200_000) };
  for (let number = 0; number < 6; number += 1)
    await trail.append({ operation: "export", outcome: "success", details });
}

test("an operation of another host is left alone until it is stale", async () => {
  using folder = makeFolder();
  const elsewhere = folder.open({ identity: { user: "grace", host: "elsewhere" } });
  await elsewhere.append({
    operation: "restore",
    outcome: "started",
    details: { process: { pid: 1, start: "x" } },
  });
  const hour = 3_600_000;
  const read = async (laterMs: number) => {
    const trail = folder.open({ ...HERE, clock: () => Date.now() + laterMs, staleAfterMs: hour });
    await trail.recover();
    return (await trail.newest({ limit: 9, operation: "restore" })).map(({ outcome }) => outcome);
  };
  expect(await read(hour - 60_000)).toEqual(["started"]);
  expect(await read(hour + 60_000)).toEqual(["started", "interrupted"]);
});

test("an operation of another host that says it goes on is left alone, however long ago it began", async () => {
  using folder = makeFolder();
  const elsewhere = folder.open({ identity: { user: "grace", host: "elsewhere" } });
  const { id } = await elsewhere.append({ operation: "restore", outcome: "started" });
  const hour = 3_600_000;
  const inTwoHours = folder.open({ ...HERE, clock: () => Date.now() + 2 * hour, staleAfterMs: hour });
  const note = join(dirname(folder.file), "open", id);
  const recent = (Date.now() + 1.5 * hour) / 1000;
  utimesSync(note, recent, recent);
  expect(inTwoHours.abandoned()).toEqual([]);
  const old = (Date.now() + 0.5 * hour) / 1000;
  utimesSync(note, old, old);
  expect(inTwoHours.abandoned()).toMatchObject([{ id }]);
});

test("while work goes on, what is remembered of it stays young", async () => {
  using folder = makeFolder();
  const trail = folder.open({ ...HERE, heartbeatMs: 5 });
  const operation = { operation: "export", destructive: false };
  await trail.record(operation, async () => {
    const [name = ""] = readdirSync(join(dirname(folder.file), "open"));
    const note = join(dirname(folder.file), "open", name);
    utimesSync(note, 0, 0);
    while (lstatSync(note).mtimeMs === 0) await new Promise((resolve) => setTimeout(resolve, 1));
    return { result: undefined, ending: { outcome: "success" } };
  });
  expect(readdirSync(join(dirname(folder.file), "open"))).toEqual([]);
});

test("a process with the same number that started later is not the one that began", async () => {
  using folder = makeFolder();
  const trail = folder.open(HERE);
  const process_ = { pid: process.pid, start: "long ago", namespace: namespaceHere() };
  await trail.append({ operation: "destroy", outcome: "started", details: { process: process_ } });
  await recover(folder);
  expect(await outcomes(folder)).toEqual(["destroy started", "destroy interrupted"]);
});

function namespaceHere(): string | undefined {
  return markOf(process.pid)?.namespace;
}

test("an end that is recorded before the last of the deed stands alone, or is contradicted by one more event", async () => {
  using folder = makeFolder();
  const trail = folder.open();
  const prune = { operation: "prune", destructive: false };
  const ending = { outcome: "success", details: { removed: 3 } } as const;
  const work = (deed: () => void) =>
    trail.record(prune, async (_did, recordEnd) => {
      await recordEnd(ending);
      deed();
      return { result: undefined, ending };
    });
  await work(() => undefined);
  await work(() => {
    throw new Error("the disk is gone");
  }).catch(() => undefined);
  const events = await trail.newest({ limit: 9 });
  expect(events.map(({ outcome }) => outcome)).toEqual([
    "started",
    "success",
    "started",
    "success",
    "failed",
  ]);
  expect(events[4]).toMatchObject({
    ref: events[2]?.id ?? "",
    details: { removed: 3, error: "the disk is gone" },
  });
});

test("a brief operation has one event, before it is done; one that cannot be recorded is not done", async () => {
  using folder = makeFolder();
  const trail = folder.open();
  const trust = { operation: "plugin_trust", destructive: false, isBrief: true };
  await trail.record(trust, () => Promise.reject(new Error("no such file"))).catch(() => undefined);
  expect(await trail.newest({ limit: 9 })).toEqual([]);
  const done = { result: 1, ending: { outcome: "success" } } as const;
  await trail
    .record(trust, async (_did, recordEnd) => {
      await recordEnd(done.ending);
      throw new Error("the disk is full");
    })
    .catch(() => undefined);
  const [first, second] = await trail.newest({ limit: 9 });
  expect([first?.outcome, second?.outcome, second?.ref]).toEqual(["success", "failed", first?.id]);
  rmSync(folder.file);
  mkdirSync(folder.file);
  let isDone = false;
  const refused = folder.open().record(trust, async (_did, recordEnd) => {
    await recordEnd(done.ending);
    isDone = true;
    return done;
  });
  expect(refused).rejects.toThrow();
  await refused.catch(() => undefined);
  expect(isDone).toBe(false);
});
