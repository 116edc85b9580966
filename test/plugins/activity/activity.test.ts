/** The log of runs, saved and put back by the program, as people do it. */
import { expect, setDefaultTimeout, test } from "bun:test";
import { appendFileSync } from "node:fs";
import { join } from "node:path";
import { openDoor } from "../../../src/activity/door.ts";
import { withoutSaid } from "../../../src/activity/format/run-record.ts";
import { run } from "../../support/binary.ts";
import { call, forget, linesOf, logOf, project, record, snapshots } from "./project.ts";
import { makeLog, makeRuns } from "./runs.ts";

setDefaultTimeout(60_000);

test.each(["metadata", "content"])(
  "%s: saved, put back into a new log, and saved again: equal",
  async (what) => {
    const cwd = project([`export: ${what}`]);
    makeLog(makeRuns(300), join(cwd, ".contextcore"));
    await call(cwd, "export", "--from", "60d");
    const [first = ""] = snapshots(cwd);
    const saved = linesOf(cwd, first);
    expect(saved).toHaveLength(300);
    expect(saved.some((line) => line.includes("Where is order"))).toBe(what === "content");
    expect(saved.some((line) => line.includes("find_order"))).toBe(true);
    forget(cwd);
    await call(cwd, "restore", first, "--yes");
    await call(cwd, "verify", first, "--live");
    await call(cwd, "export", "--from", "60d");
    const [, second = ""] = snapshots(cwd);
    expect(linesOf(cwd, second)).toEqual(saved);
    // Once more: everything is there, and nothing is written.
    const again = JSON.parse(await call(cwd, "restore", first, "--yes", "--json"));
    expect(JSON.stringify(again)).toContain('"existing":{"runs":300');
  },
);

const asking = (call: string) => ({
  user: "ada",
  conversation: "late",
  input: [{ role: "user", content: "Well?" }],
  output: [{ role: "assistant", parts: [{ type: "tool_call", id: call, name: "look" }] }],
});

const answering = (call: string) => ({
  user: "ada",
  conversation: "late",
  started: new Date(Date.now() - 20 * 86_400_000).toISOString(),
  input: [{ role: "tool", parts: [{ type: "tool_call_response", id: call, response: { it: "is" } }] }],
  output: [{ role: "assistant", content: "So it is." }],
});

test("an increment has what came since, however long ago it began, and the answers to calls that were saved before", async () => {
  const cwd = project(["export: content"]);
  makeLog(makeRuns(20), join(cwd, ".contextcore"));
  await record(cwd, asking("call_x"));
  await call(cwd, "export", "--from", "60d");
  await call(cwd, "export", "--since-last");
  await record(cwd, answering("call_x"));
  await call(cwd, "export", "--since-last");
  const names = snapshots(cwd);
  expect(names.map((name) => linesOf(cwd, name).length)).toEqual([21, expect.any(Number), 2]);
  const whole = await call(cwd, "activity", "export", "--said");
  forget(cwd);
  await call(cwd, "restore", "latest", "--yes");
  expect(await call(cwd, "activity", "export", "--said")).toBe(whole);
  expect(whole).toContain('"result":{"it":"is"},"status":"answered"');
});

test("what is not over is saved once it is; of a process that is gone, as interrupted", async () => {
  const cwd = project();
  const path = logOf(cwd);
  const script = `import { openActivityLog } from ${JSON.stringify(join(import.meta.dir, "../../../src/activity/wrapper/activity.ts"))};
    const log = openActivityLog({ file: ${JSON.stringify(path)} });
    log.begin({ source: "wrapper", operation: "chat", asked: { model: "m", input: [], isStream: false } });
    while (log.state().written === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    console.log("begun");
    setInterval(() => {}, 1_000);`;
  const child = Bun.spawn([process.execPath, "-e", script], { stdout: "pipe", stderr: "inherit" });
  const { value } = await child.stdout.getReader().read();
  expect(new TextDecoder().decode(value)).toBe("begun\n");
  await call(cwd, "export", "--from", "60d");
  child.kill("SIGKILL");
  await child.exited;
  // It is closed when the next export begins.
  await call(cwd, "export", "--since-last");
  await call(cwd, "export", "--since-last");
  const [first = "", , third = ""] = snapshots(cwd);
  expect(linesOf(cwd, first)).toEqual([]);
  expect(linesOf(cwd, third).map((line) => JSON.parse(line).status)).toEqual(["interrupted"]);
});

test("a run that differs from the saved one is named and not overwritten; one whose words are gone is the same run", async () => {
  const cwd = project(["export: content"]);
  const runs = makeRuns(10);
  makeLog(runs, join(cwd, ".contextcore"));
  await call(cwd, "export", "--from", "60d");
  const [name = ""] = snapshots(cwd);
  forget(cwd);
  const [first, second, ...rest] = runs;
  if (first === undefined || second === undefined) throw new Error("no runs");
  makeLog([{ ...first, tokensInput: 99 }, withoutSaid(second), ...rest], join(cwd, ".contextcore"));
  const { exitCode, stderr, stdout } = await run(["restore", name, "--yes", "--json"], { cwd });
  expect(exitCode, stderr).toBe(3);
  expect(stdout + stderr).toContain(
    "Another run has its id, and differs in tokensInput. Runs are not overwritten.",
  );
  expect(JSON.stringify(JSON.parse(stdout))).toContain('"existing":{"runs":9');
  const shown = JSON.parse(await call(cwd, "activity", "show", first.id, "--json"));
  expect(shown.tokensInput).toBe(99);
});

test("what a tool's own span told after its run was saved is put back from the next snapshot", async () => {
  const cwd = project(["export: content"]);
  const [first, ...rest] = makeRuns(3);
  if (first === undefined) throw new Error("no runs");
  const traceId = "4bf92f3577b34da6a3ce929d0e0e4736";
  const open = first.toolCalls.map(({ result: _, answered: __, answeredBy: ___, ...one }) => ({
    ...one,
    status: "called" as const,
  }));
  const path = makeLog([{ ...first, traceId, toolCalls: open }, ...rest.slice(1)], join(cwd, ".contextcore"));
  await call(cwd, "export", "--from", "60d");
  const door = openDoor({ path });
  const ran = (spanId: string, name: string) => ({
    traceId,
    spanId,
    name,
    isError: name !== "find_order",
    result: { it: "is" },
  });
  for (const [at, name] of ["find_order", "look"].entries())
    door.toolRan({ ...ran(`00f067aa0ba902b${at}`, name), started: Date.now(), ended: Date.now() }, () => {});
  await door.close();
  await call(cwd, "export", "--from", "60d");
  const whole = await call(cwd, "activity", "export", "--said");
  expect([whole.includes('"name":"look"'), whole.includes('"status":"error"')]).toEqual([true, true]);
  const [early = "", late = ""] = snapshots(cwd);
  for (const order of [
    [early, late],
    [late, early],
  ]) {
    forget(cwd);
    for (const name of order) await call(cwd, "restore", name, "--yes");
    expect(await call(cwd, "activity", "export", "--said")).toBe(whole);
  }
});

test("what many processes write meanwhile is in this snapshot or in the next one", async () => {
  const cwd = project();
  makeLog(makeRuns(500), join(cwd, ".contextcore"));
  const writers = Array.from({ length: 4 }, async (_, writer) => {
    for (let at = 0; at < 5; at += 1)
      await record(
        cwd,
        ...Array.from({ length: 20 }, (_, one) => ({ user: `w${writer}`, conversation: `${at}-${one}` })),
      );
  });
  const during = Promise.all(writers);
  await call(cwd, "export", "--from", "60d");
  await call(cwd, "export", "--since-last");
  await during;
  await call(cwd, "export", "--since-last");
  const names = snapshots(cwd);
  const ids = names.flatMap((name) => linesOf(cwd, name)).map((line) => JSON.parse(line).id);
  expect(new Set(ids).size).toBe(900);
  forget(cwd);
  await call(cwd, "restore", "latest", "--yes");
  expect(JSON.parse(await call(cwd, "inventory", "--json")).backends[0].counts.runs).toBe(900);
});

test.each([
  [["data"], false],
  [[".contextcore"], true],
])("a destroy that deletes %p", async (deletes, isLost) => {
  const cwd = project();
  makeLog(makeRuns(3), join(cwd, ".contextcore"));
  appendFileSync(
    join(cwd, "contextcore.yaml"),
    `destroy: { command: [rm, -r, data], deletes: [${deletes.join()}] }\n`,
  );
  const { stdout, stderr } = await run(["destroy", "--dry-run"], { cwd });
  expect((stdout + stderr).includes("loses activity"), stdout + stderr).toBe(isLost);
});
