/** `retention logs`: rotated log files are compressed and let go by level, after a question, recorded, and nothing else is touched. */
import { expect, setDefaultTimeout, test } from "bun:test";
import { closeSync, mkdirSync, openSync, readdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { run } from "../support/binary.ts";
import { clockOff } from "../support/clock.ts";
import { temporaryDirectory } from "../support/directory.ts";
import { eventsIn } from "../support/printed.ts";

setDefaultTimeout(120_000); // two cores are shared with other test files

const FILES: Readonly<Record<string, string>> = {
  "app.log": "INFO still written to\n",
  "app.log.1": "INFO a\nERROR b\n",
  "app.log.2": "INFO a\n",
  "chat.debug.log.1": "DEBUG a\n",
  "orders-2026-01-24.csv": "1;2\n",
};

function project(settings = "directory: logs"): { readonly cwd: string; readonly logs: string } {
  const cwd = temporaryDirectory({ "contextcore.yaml": `name: shop\nlogs: { ${settings} }\n` });
  const logs = join(cwd, "logs");
  mkdirSync(logs);
  for (const [name, text] of Object.entries(FILES)) writeFileSync(join(logs, name), text);
  return { cwd, logs };
}

const retain = (cwd: string, off: string, ...args: readonly string[]) =>
  run(["retention", "logs", ...args], { cwd, env: clockOff(off) });
const names = (directory: string): string[] => readdirSync(directory).sort();

test("they are compressed, and go one after another by their highest level", async () => {
  const { cwd, logs } = project();
  const looked = await retain(cwd, "+1d", "--dry-run");
  expect([looked.exitCode, names(logs)], looked.stderr).toEqual([0, Object.keys(FILES).sort()]);
  expect(looked.stdout).toMatch(/compress +app\.log\.1/);
  const unasked = await retain(cwd, "+1d");
  expect([unasked.exitCode, names(logs)]).toEqual([4, Object.keys(FILES).sort()]);

  const first = await retain(cwd, "+1d", "--yes", "--json");
  expect(first.exitCode, first.stderr).toBe(0);
  expect(
    JSON.parse(first.stdout).due.map(({ action, done }: { action: string; done: boolean }) => [action, done]),
  ).toEqual(Array(3).fill(["compress", true]));
  const left = (): string[] => names(logs).map((name) => name.replace(/\d{8}-\d{6}/, "TIME"));
  expect(left()).toEqual([
    "app.log",
    "app.log.TIME.error.zst",
    "app.log.TIME.info.zst",
    "chat.debug.log.TIME.zst",
    "orders-2026-01-24.csv",
  ]);
  for (const [days, gone] of [
    [8, "chat.debug.log.TIME.zst"],
    [31, "app.log.TIME.info.zst"],
    [366, "app.log.TIME.error.zst"],
  ] as const) {
    const early = await retain(cwd, `+${days - 2}d`, "--yes");
    expect([early.exitCode, left()], early.stderr).toEqual([0, expect.arrayContaining([gone])]);
    const due = await retain(cwd, `+${days}d`, "--yes");
    expect([due.exitCode, left()], due.stderr).toEqual([0, expect.not.arrayContaining([gone])]);
  }
  expect(names(logs)).toEqual(["app.log", "orders-2026-01-24.csv"]);
  const events = eventsIn((await run(["audit", "--operation", "retention_logs", "--json"], { cwd })).stdout);
  expect(events.filter(({ outcome }) => outcome === "success")).toHaveLength(4);
});

test("what is open is left, links are not followed, and nothing outside is touched", async () => {
  const { cwd, logs } = project();
  const outside = temporaryDirectory({ "app.log.1": "INFO elsewhere\n" });
  symlinkSync(outside, join(logs, "elsewhere"));
  symlinkSync(join(outside, "app.log.1"), join(logs, "linked.log.1"));
  const open = openSync(join(logs, "app.log.2"), "a");
  try {
    const done = await retain(cwd, "+2y", "--yes");
    expect(done.exitCode, done.stderr).toBe(0);
    expect(done.stderr).toContain("app.log.2 is left: a program has it open");
  } finally {
    closeSync(open);
  }
  expect(names(logs)).toEqual(["app.log", "app.log.2", "elsewhere", "linked.log.1", "orders-2026-01-24.csv"]);
  expect(names(outside)).toEqual(["app.log.1"]);
});

test("what is held is compressed and not removed, until the hold ends", async () => {
  const { cwd, logs } = project();
  const held = await run(["retention", "hold", "add", "case", "--all", "--no-export"], { cwd });
  expect(held.exitCode, held.stderr).toBe(0);
  expect((await retain(cwd, "+1d", "--yes")).exitCode).toBe(0);
  const stays = await retain(cwd, "+2y", "--yes");
  expect(stays.stderr).toContain("it is held: case");
  expect(names(logs)).toHaveLength(Object.keys(FILES).length);
  expect((await run(["retention", "hold", "end", "case", "--yes"], { cwd })).exitCode).toBe(0);
  expect((await retain(cwd, "+2y", "--yes")).exitCode).toBe(0);
  expect(names(logs)).toEqual(["app.log", "orders-2026-01-24.csv"]);
});

test.each([
  ["directory: ./", "no directory of log files"],
  ["directory: backups/logs", "no directory of log files"],
  ["levels: { debug: 1d }", "no directory of log files is configured"],
  ["directory: logs, levels: { debug: 0s }", "between 1h and 100y"],
  ["directory: logs, levels: { chatty: 1d }", "logs.levels.chatty"],
])("%s is refused", async (settings, message) => {
  const { cwd } = project(settings);
  const { exitCode, stderr } = await run(["retention", "logs", "--yes"], { cwd });
  expect([exitCode, stderr]).toEqual([2, expect.stringContaining(message)]);
});

test("the whole machine is no directory of log files, whoever agrees to it", async () => {
  const { cwd } = project("directory: /");
  const asked = await run(["retention", "logs", "--yes"], { cwd });
  const [, agreement = ""] = /CONTEXTCORE_TRUST=(\S+)/.exec(asked.stderr) ?? [];
  const env = { CONTEXTCORE_TRUST: agreement };
  const { exitCode, stderr } = await run(["retention", "logs", "--yes"], { cwd, env });
  expect([exitCode, stderr]).toEqual([2, expect.stringContaining("no directory of log files")]);
});

test.each([
  ["/", "everything is in it"],
  ["data", "a server keeps its data in"],
  ["data/below", "a server keeps its data in"],
  ["around", "copies of snapshots are in"],
  ["linked", "contextcore keeps its own in"],
])("%s is refused, whoever names it", async (directory, message) => {
  const more =
    "backends: { loki: { data: ./data } }\nstores: { offsite: { plugin: directory, path: ./around/copies } }\n";
  const cwd = temporaryDirectory({ "contextcore.yaml": `name: shop\n${more}` });
  for (const name of ["data/below", "around/copies", ".contextcore/below"])
    mkdirSync(join(cwd, name), { recursive: true });
  symlinkSync(join(cwd, ".contextcore/below"), join(cwd, "linked"));
  const env = { CONTEXTCORE_LOGS_DIRECTORY: directory };
  const { exitCode, stderr } = await run(["retention", "logs", "--yes"], { cwd, env });
  expect([exitCode, stderr]).toEqual([2, expect.stringContaining(message)]);
});

test("by a clock that is wrong nothing is due", async () => {
  const { cwd, logs } = project();
  expect((await retain(cwd, "+2y", "--yes")).exitCode).toBe(0);
  writeFileSync(join(logs, "app.log.1"), "INFO a\n");
  const { exitCode, stderr } = await retain(cwd, "+1y", "--yes");
  expect([exitCode, stderr]).toEqual([4, expect.stringContaining("a clock that is wrong")]);
  expect(names(logs)).toContain("app.log.1");
});

test("a directory outside of the project has to be agreed to", async () => {
  const outside = temporaryDirectory({ "app.log.1": "INFO elsewhere\n" });
  const { cwd } = project(`directory: ${outside}`);
  const { exitCode, stderr } = await retain(cwd, "+2y", "--yes");
  expect([exitCode, stderr]).toEqual([4, expect.stringContaining("logs.directory")]);
  expect(names(outside)).toEqual(["app.log.1"]);
});

test("without the directory it says so", async () => {
  const { cwd } = project("directory: nowhere");
  const { exitCode, stderr } = await retain(cwd, "+1d", "--yes");
  expect([exitCode, stderr]).toEqual([1, expect.stringContaining("nowhere")]);
});
