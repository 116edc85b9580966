/** A log that is damaged, locked, not there, elsewhere or of another version, and lines that are no runs. */
import { expect, setDefaultTimeout, test } from "bun:test";
import { appendFileSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import activity from "../../../plugins/activity/index.ts";
import { createTestContext } from "../../../src/conformance/testing.ts";
import { run } from "../../support/binary.ts";
import { temporaryDirectory } from "../../support/directory.ts";
import { call, forget, linesOf, logOf, project, snapshots } from "./project.ts";
import { makeLog, makeRuns } from "./runs.ts";

setDefaultTimeout(60_000);

test("what is damaged costs its own run, and a log that is none is named and left as it is", async () => {
  const cwd = project(["export: content"]);
  const path = makeLog(makeRuns(50), join(cwd, ".contextcore"));
  const database = new DatabaseSync(path);
  database.exec(
    "UPDATE messages SET body = x'00' WHERE number = (SELECT max(message) FROM run_messages WHERE run = 20)",
  );
  database.close();
  const partly = await run(["export", "--from", "60d"], { cwd });
  expect([partly.exitCode, partly.stderr]).toEqual([
    3,
    expect.stringContaining("runs that were written down at"),
  ]);
  expect(linesOf(cwd, snapshots(cwd)[0] ?? "")).toHaveLength(49);
  forget(cwd);
  writeFileSync(path, "x".repeat(8_192), { mode: 0o600 });
  for (const words of [["inventory"], ["export", "--from", "60d"]]) {
    const { exitCode, stdout, stderr } = await run(words, { cwd });
    expect([exitCode > 0, stdout + stderr]).toEqual([
      true,
      expect.stringContaining("file is not a database"),
    ]);
  }
  expect(readFileSync(path, "utf8")).toBe("x".repeat(8_192));
});

test("a log that another program has locked is named", async () => {
  const cwd = project();
  const path = makeLog(makeRuns(5), join(cwd, ".contextcore"));
  const other = new DatabaseSync(path);
  other.exec("PRAGMA locking_mode = exclusive; BEGIN IMMEDIATE; UPDATE runs SET user = 'x'; COMMIT");
  const { exitCode, stdout, stderr } = await run(["inventory"], { cwd });
  other.close();
  expect([exitCode, stdout + stderr]).toEqual([3, expect.stringContaining("database is locked")]);
});

test("where nothing was ever recorded, that is said, and is no error", async () => {
  const cwd = project();
  const { exitCode, stderr } = await run(["inventory"], { cwd });
  expect([exitCode, stderr]).toEqual([0, expect.stringContaining("No run was ever recorded")]);
  await call(cwd, "export", "--from", "60d");
  expect(existsSync(logOf(cwd))).toBe(false);
});

test("the log is where `activity.path` says, kept as long as it says; snapshots that are kept for longer are warned of", async () => {
  const cwd = project(["path: logs/runs.db", "retention: 7d"], "{ class: important }");
  await run(["activity", "record"], { cwd, stdin: new Blob(["{}"]) });
  const shown = JSON.parse(await call(cwd, "inventory", "--json"));
  const [backend] = shown.backends;
  expect([backend.backend, backend.counts.runs, backend.retentionSeconds]).toEqual([
    "activity",
    1,
    7 * 86_400,
  ]);
  const told =
    "it is kept for 7d, and snapshots of it for 1095d, since its class is important: see backends.activity.class";
  expect(shown.warnings.map(({ message }: { message: string }) => message)).toContain(told);
  const doctor = await run(["doctor"], { cwd });
  expect(doctor.stdout.replaceAll(/\s+/g, " ")).toContain(told);
});

test("lines that are no runs are rejected one by one", async () => {
  const cwd = project();
  makeLog(makeRuns(3), join(cwd, ".contextcore"));
  await call(cwd, "export", "--from", "60d");
  const backend = activity.backend?.(
    createTestContext(activity, { options: { path: join(cwd, "other.db") } }),
  );
  const [good = ""] = linesOf(cwd, snapshots(cwd)[0] ?? "");
  const wrong = [
    "{",
    "{}",
    good.replace('"status":"ok"', '"status":"running"'),
    good.replace(/"id":"[^"]+"/, '"id":"../x"'),
  ];
  const batch = {
    file: "activity/runs.jsonl",
    lines: [...wrong, good],
    range: { from: 0n, to: 2n ** 62n },
    labels: {},
  };
  const answer = await backend?.restore?.apply(batch, new AbortController().signal);
  expect(answer?.written).toEqual({ runs: 1, toolCalls: 1 });
  expect(answer?.rejected?.map(({ line }) => line)).toEqual(wrong);
});

test("a log of an earlier version is brought up to date when it is looked at", async () => {
  const cwd = project();
  const path = makeLog(makeRuns(4), join(cwd, ".contextcore"));
  const database = new DatabaseSync(path);
  database.exec(
    "DROP INDEX runs_by_recorded; ALTER TABLE runs DROP COLUMN recorded; ALTER TABLE tool_calls DROP COLUMN span; ALTER TABLE tool_calls DROP COLUMN failed; PRAGMA user_version = 1",
  );
  database.close();
  expect(JSON.parse(await call(cwd, "activity", "list", "--json")).runs).toHaveLength(4);
  await call(cwd, "export", "--from", "60d");
  expect(linesOf(cwd, snapshots(cwd)[0] ?? "")).toHaveLength(4);
});

test("runs that nothing removes are warned of, and a schedule removes them by the same task", async () => {
  const cwd = project();
  const lines = [
    "permissions: { schedules: [activity_purge] }",
    "schedules: [{ name: forget, cron: '30 4 * * *', task: activity_purge }]",
  ];
  appendFileSync(join(cwd, "contextcore.yaml"), `${lines.join("\n")}\n`);
  makeLog(makeRuns(3, Date.now() - 40 * 86_400_000), join(cwd, ".contextcore"));
  const told = async (): Promise<string> => (await run(["inventory"], { cwd })).stderr;
  expect(await told()).toContain("Runs are kept for 30d, and the oldest began");
  await call(cwd, "schedules", "run", "forget");
  expect(await told()).not.toContain("the oldest began");
  expect(JSON.parse(await call(cwd, "activity", "list", "--json")).runs).toEqual([]);
});

test("a log outside of the project is agreed to, and not read before", async () => {
  const cwd = project([`path: ${join(temporaryDirectory(), "runs.db")}`]);
  const { exitCode, stderr } = await run(["inventory"], { cwd });
  expect([exitCode, stderr]).toEqual([4, expect.stringContaining("activity.path")]);
});
