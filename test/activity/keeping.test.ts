/** What is removed is gone, whatever the clock does and whoever reads or has died meanwhile. */
import { afterEach, expect, setDefaultTimeout, setSystemTime, test } from "bun:test";
import { randomBytes } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { setAside } from "../../src/activity/database/open.ts";
import { openDoor } from "../../src/activity/door.ts";
import { openRunRecords } from "../../src/activity/records/records.ts";
import { openActivityLog } from "../../src/activity/wrapper/activity.ts";
import { markOf } from "../../src/units/process-mark.ts";
import { run } from "../support/binary.ts";
import { temporaryDirectory } from "../support/directory.ts";
import { held } from "./held.ts";

setDefaultTimeout(60_000);
afterEach(() => void setSystemTime());

const DAY = 86_400_000;

function project(): { readonly cwd: string; readonly path: string } {
  const cwd = temporaryDirectory();
  writeFileSync(join(cwd, "contextcore.yaml"), "name: shop\n");
  return { cwd, path: join(cwd, ".contextcore", "activity.db") };
}

const asked = (text: string) => ({
  isStream: false,
  input: [{ role: "user", parts: [{ type: "text" as const, text }] }],
});

const newRun = (text: string, started = Date.now()) => ({
  ...{ source: "api" as const, operation: "chat", started, asked: asked(text) },
});

async function take(path: string, ...runs: readonly ReturnType<typeof newRun>[]): Promise<void> {
  const door = openDoor({ path });
  for (const one of runs) door.begin(one).end({ status: "ok", ended: one.started });
  await door.close(30_000);
  expect(door.state()).toMatchObject({ lost: 0, waiting: 0 });
}

test("what is purged is in none of the files, packed or not", async () => {
  const { cwd, path } = project();
  const old = Array.from({ length: 60 }, (_, at) =>
    newRun(`secretword${at} ${"many words ".repeat(150)}`, Date.now() - 40 * DAY),
  );
  await take(path, ...old, newRun(`staying ${"many words ".repeat(150)}`));
  expect([held(path).includes("secretword7 many"), held(path).includes("staying many")]).toEqual([
    true,
    true,
  ]);
  const { exitCode, stderr } = await run(["activity", "purge", "--yes"], { cwd });
  expect([exitCode, stderr]).toEqual([0, expect.stringContaining("60 runs removed")]);
  expect([held(path).includes("secretword"), held(path).includes("staying many")]).toEqual([false, true]);
});

test("while another program reads, its journal still holds what is gone: that is said, and the next purge empties it", async () => {
  const { cwd, path } = project();
  await take(path, newRun("secretword", Date.now() - 40 * DAY));
  const reader = new DatabaseSync(path, { readOnly: true });
  reader.exec("BEGIN");
  reader.prepare("SELECT count(*) FROM runs").get();
  const purge = () => run(["activity", "purge", "--yes"], { cwd });
  const first = await purge();
  expect([first.exitCode, first.stderr]).toEqual([
    3,
    expect.stringContaining("its journal still holds what was removed"),
  ]);
  reader.close();
  expect((await purge()).exitCode).toBe(0);
  expect(held(path).includes("secretword")).toBe(false);
});

test("where few runs are large, all but the newest go for the size", async () => {
  const { cwd, path } = project();
  writeFileSync(join(cwd, "contextcore.yaml"), "name: shop\nactivity:\n  max_size: 1MB\n");
  const large = (word: string, ago: number) =>
    newRun(`${word} ${randomBytes(1 << 20).toString("hex")}`, Date.now() - ago);
  await take(path, large("first", 2_000), large("second", 1_000), large("third", 0));
  const purge = () => run(["activity", "purge", "--yes"], { cwd });
  expect((await purge()).stderr).toContain("2 runs removed");
  expect((await purge()).stderr).toContain("nothing was removed");
});

test("a run of another container is closed once the machine was started anew, and waits as long as it was not", async () => {
  const { path } = project();
  await take(path, newRun("before"), newRun("now"));
  const [boot = "", ticks = ""] = (markOf(process.pid)?.start ?? "").split("/");
  const database = new DatabaseSync(path);
  const runsOn = (seq: number, start: string) =>
    database
      .prepare("UPDATE runs SET status = 'running', writer = ? WHERE seq = ?")
      .run(JSON.stringify({ pid: 1, start, namespace: "pid:[1]" }), seq);
  runsOn(1, `another-boot/${ticks}`);
  runsOn(2, `${boot}/${ticks}`);
  await take(path, newRun("next"));
  const rows = database.prepare("SELECT status FROM runs ORDER BY seq").all();
  database.close();
  expect(rows.map(({ status }) => status)).toEqual(["interrupted", "running", "ok"]);
});

test("what is set aside takes the place of nothing that was set aside before", () => {
  const path = join(temporaryDirectory(), "activity.db");
  const names = ["first", "second"].map((text) => {
    writeFileSync(path, text);
    return setAside(path);
  });
  expect(names.map((name) => readFileSync(name, "utf8"))).toEqual(["first", "second"]);
});

test("before anything is lost, who asks is told that there will be no room", async () => {
  const door = openDoor({ path: project().path });
  const long = newRun("x ".repeat(10 << 20));
  door.begin(long);
  expect(door.state().failure).toBeUndefined();
  door.begin(long);
  expect(door.state()).toMatchObject({ waiting: 2, lost: 0, failure: expect.stringContaining("more waits") });
  await door.close(10_000);
  expect(door.state()).toEqual({ written: 2, waiting: 0, lost: 0 });
});

test("a run of a process that is gone is closed by a purge, and goes if it is old enough", async () => {
  const { cwd, path } = project();
  const entry = JSON.stringify(join(import.meta.dir, "../../src/activity/wrapper/activity.ts"));
  const script = `import { openActivityLog } from ${entry};
    const log = openActivityLog({ file: ${JSON.stringify(path)} });
    log.begin({ source: "wrapper", operation: "chat", started: 5, asked: { input: [], isStream: false } });
    while (log.state().written === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    process.kill(process.pid, "SIGKILL");`;
  await Bun.spawn([process.execPath, "-e", script], { stderr: "inherit" }).exited;
  await take(path);
  const statuses = async (): Promise<string[]> =>
    JSON.parse((await run(["activity", "list", "--json"], { cwd })).stdout).runs.map(
      (one: { status: string }) => one.status,
    );
  expect(await statuses()).toEqual(["running"]);
  const purge = (...words: string[]) => run(["activity", "purge", "--older-than", "1d", ...words], { cwd });
  expect((await purge("--dry-run")).exitCode).toBe(0);
  expect(await statuses()).toEqual(["running"]);
  expect((await purge("--yes")).stderr).toContain("1 run removed");
  expect(await statuses()).toEqual([]);
});

test("a clock that is put back leaves the order in which runs were written, unless it was far ahead", async () => {
  const { path } = project();
  const times = [0, -10 * 60_000, 3 * DAY, 60_000];
  const begin = Date.now();
  for (const after of times) {
    setSystemTime(new Date(begin + after));
    await take(path, newRun("?", begin + after));
  }
  using log = openRunRecords(path, "read");
  const recorded = [...log.each({ from: 0, to: Number.MAX_SAFE_INTEGER, after: -1, isSaid: true })].map(
    (one) => one.recorded - begin,
  );
  const [first = 0, second = 0, third = 0, fourth = 0] = recorded;
  expect([first >= 0, second < 60_000, third >= 60_000, third < DAY, fourth >= 3 * DAY]).toEqual([
    true,
    true,
    true,
    true,
    true,
  ]);
});

test("who names a run has it under that name, in a file and at a service", async () => {
  const sent: string[] = [];
  using service = Bun.serve({
    port: 0,
    hostname: "127.0.0.1",
    async fetch(request) {
      sent.push(await request.text());
      return Response.json({});
    },
  });
  const id = Bun.randomUUIDv7();
  const place = { service: `http://127.0.0.1:${service.port}`, token: "t" };
  for (const log of [openActivityLog({ file: project().path }), openActivityLog(place)]) {
    const open = log.begin({ ...newRun("?"), id });
    open.end({ status: "ok" });
    expect(open.id).toBe(id);
    await log.close();
  }
  expect(JSON.parse(sent[0] ?? "").runs).toEqual([expect.objectContaining({ id, status: "ok" })]);
});

test("what was asked does not get into a repository", async () => {
  const { cwd, path } = project();
  await take(path, newRun("hello"));
  expect(readFileSync(join(cwd, ".contextcore/.gitignore"), "utf8")).toBe("*\n");
});
