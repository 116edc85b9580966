/** Exit codes are those that the documentation names, whichever command is asked. */
import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { existsSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Lab, startLab } from "../lab/lab.ts";
import { smallSnapshot } from "../snapshot/small.ts";
import { binary, cleanEnv, run } from "../support/binary.ts";
import { temporaryDirectory } from "../support/directory.ts";
import { labProject } from "../support/project.ts";
import { KEY, openSession } from "../support/pseudo-terminal.ts";

setDefaultTimeout(60_000);

let lab: Lab;
let cwd: string;
let snapshot: string;
beforeAll(async () => {
  lab = await startLab();
  cwd = labProject(lab);
  await run(["export", "-t", "1h"], { cwd });
  snapshot = join(cwd, "backups", readdirSync(join(cwd, "backups"))[0] ?? "");
});
afterAll(() => lab.stop());

const naming = (path: string): readonly string[][] => [
  ["verify", path],
  ["verify", path, "--live"],
  ["restore", path, "--yes"],
  ["restore", path, "--dry-run"],
  ["snapshots", "show", path],
  ["snapshots", "diff", path, snapshot],
  ["snapshots", "convert", path, "--to", "openmetrics", "-o", "metrics.om"],
];

test("a directory that is no snapshot is a wrong call, of every command that takes one", async () => {
  const path = temporaryDirectory({ "letter.txt": "hello" });
  for (const args of naming(path)) {
    const { exitCode, stderr } = await run(args, { cwd });
    expect({ args, exitCode }).toEqual({ args, exitCode: 2 });
    expect(stderr).toContain(`error: ${path} is not a snapshot: it has no manifest.json\n`);
  }
});

test("an unfinished export is a wrong call, too, and the command that finishes it is named", async () => {
  const path = temporaryDirectory({ "request.json": "{}", "blocks.jsonl": "" });
  for (const args of naming(path)) {
    const { exitCode, stderr } = await run(args, { cwd });
    expect({ args, exitCode }).toEqual({ args, exitCode: 2 });
    expect(stderr).toContain(`hint: contextcore export --resume ${path} finishes it\n`);
  }
});

test("a snapshot without its manifest, or with another one, is still a damaged snapshot", async () => {
  const elsewhere = temporaryDirectory();
  const path = await smallSnapshot(join(elsewhere, "backups"));
  writeFileSync(join(path, "manifest.json"), "{}");
  expect((await run(["verify", path], { cwd: elsewhere })).exitCode).toBe(5);
  rmSync(join(path, "manifest.json"));
  expect((await run(["verify", path], { cwd: elsewhere })).exitCode).toBe(5);
});

test.each([
  ["loki", "{", "not a Loki stream selector"],
  ["mimir", "{", "not a PromQL selector"],
  ["tempo", "{", "is not understood for a restore"],
  ["grafana", "colour=red", 'there is no condition "colour"'],
])("a restore refuses a selector that %s does not understand before it reads anything", async (...asked) => {
  const [plugin, selector, said] = asked;
  const index = join(snapshot, "blocks.jsonl");
  renameSync(index, `${index}.away`); // reading it would be an error of its own
  try {
    for (const how of ["--yes", "--dry-run"]) {
      const { exitCode, stderr, stdout } = await run(
        ["restore", snapshot, "--match", `${plugin}=${selector}`, how],
        { cwd },
      );
      expect(stderr).toContain(`error: --match ${plugin}=${selector}: `);
      expect(stderr).toContain(said);
      expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: "" });
    }
  } finally {
    renameSync(`${index}.away`, index);
  }
  expect(existsSync(join(cwd, "backups", "restores"))).toBe(false);
});

test("an export that cannot be resumed is a wrong call, and nothing is said to be resumed", async () => {
  const empty = temporaryDirectory();
  for (const [named, said] of [
    ["nosuch", `there is no interrupted export ${join(cwd, "nosuch")}`],
    [empty, `${empty} cannot be resumed: request.json is missing or unreadable`],
  ] as const) {
    const { exitCode, stderr } = await run(["export", "--resume", named], { cwd });
    expect(stderr).toStartWith(`error: ${said}\nhint: name the .partial directory`);
    expect(exitCode).toBe(2);
  }
});

/** A stack and a sink whose servers take every question and answer none. */
function silentProject(): { readonly cwd: string; readonly asked: Promise<void>; stop(): void } {
  const { promise, resolve } = Promise.withResolvers<void>();
  const server = Bun.serve({
    port: 0,
    idleTimeout: 0,
    fetch() {
      resolve();
      return new Promise<Response>(() => {});
    },
  });
  const url = `http://127.0.0.1:${server.port}`;
  const urls = { tempo: url, mimir: url, loki: url, grafana: url };
  const more = `sinks:\n  loki: { enabled: true, url: "${url}", timeout: 5s }\n`;
  const directory = labProject(lab, { urls, command: ["true"], more });
  return { cwd: directory, asked: promise, stop: () => void server.stop(true) };
}

test.each([
  [["inventory"]],
  [["export", "-t", "1h"]],
  [["verify", "SNAPSHOT", "--live"]],
  [["restore", "SNAPSHOT", "--dry-run"]],
  [["doctor"]],
  [["dashboards", "list"]],
  [["dashboards", "provision"]],
  [["audit", "verify"]],
  [["persistence", "check-destroy"]],
  [["destroy", "--confirm", "shop", "--option", "3"]],
])("%p is interrupted while it waits for a server", async (words) => {
  const { cwd: directory, asked, stop } = silentProject();
  const args = words.map((word) => (word === "SNAPSHOT" ? snapshot : word));
  const child = Bun.spawn([binary, ...args], {
    cwd: directory,
    env: cleanEnv(directory),
    stdio: ["ignore", "ignore", "ignore"],
  });
  await Promise.race([asked, child.exited]);
  child.kill("SIGINT");
  expect(await child.exited).toBe(130);
  stop();
});

test.each([
  [["restore", "SNAPSHOT"], "Restore to 1 server?"],
  [["snapshots", "prune", "--keep-last", "1", "--allow-gaps"], "Delete 1 snapshot ("],
  [["dashboards", "delete", "node-exporter"], "Delete them?"],
  [["destroy"], "Select option"],
])("%p is interrupted at its question", async (words, asked) => {
  const directory = labProject(lab, { only: ["grafana"], command: ["true"] });
  await run(["export", "--all"], { cwd: directory });
  await run(["export", "--all"], { cwd: directory });
  const args = words.map((word) => (word === "SNAPSHOT" ? "latest" : word));
  const session = openSession(args, { cwd: directory });
  await session.waitFor(asked);
  session.type(KEY.interrupt);
  expect(await session.exited).toBe(130);
});
