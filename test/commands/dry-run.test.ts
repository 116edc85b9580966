/** `--dry-run` of an export and of a destroy: the plan is shown, nobody is asked, and nothing changes on any server or disk. */
import { afterAll, expect, setDefaultTimeout, test } from "bun:test";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { DESTROY_PLAN } from "../../src/results/destroy.ts";
import { EXPORT_PLAN } from "../../src/results/export.ts";
import { startLab } from "../lab/lab.ts";
import { run } from "../support/binary.ts";
import { startFront } from "../support/front.ts";
import { parsedAs } from "../support/printed.ts";
import { labProject } from "../support/project.ts";
import { isDestroyed, TOUCH } from "./destroyable.ts";

setDefaultTimeout(60_000); // two cores are shared with other test files

const lab = await startLab();
const asked: string[] = [];
const fronts = (["tempo", "mimir", "loki", "grafana"] as const).map((name) => {
  const front = startFront(lab.urls[name], (request, pass) => {
    asked.push(new URL(request.url).pathname);
    return pass();
  });
  return [name, front] as const;
});
afterAll(async () => {
  for (const [, front] of fronts) await front.stop();
  await lab.stop();
});
const urls = Object.fromEntries(fronts.map(([name, { url }]) => [name, url]));

/** Every file below a directory with its content and its time. */
const treeOf = (directory: string): string[] =>
  readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .map((path) => `${path} ${statSync(path).mtimeMs} ${Bun.hash(readFileSync(path))}`)
    .sort();

/** Runs it, and holds that neither the project, nor the home in it, nor a server's memory has changed. */
async function runDry(cwd: string, args: readonly string[]) {
  const before = treeOf(cwd);
  asked.splice(0);
  const done = await run([...args, "--dry-run"], { cwd });
  expect(treeOf(cwd)).toEqual(before);
  expect(asked.filter((path) => path.includes("flush"))).toEqual([]);
  return done;
}

test("an export shows what it would read of whom, how much that is, and whom it would ask to flush", async () => {
  const cwd = labProject(lab, { urls });
  const { stdout, stderr, exitCode } = await runDry(cwd, ["export", "--all"]);
  expect(exitCode, stderr).toBe(0);
  for (const name of ["tempo", "mimir", "loki", "grafana"])
    expect(stdout).toMatch(new RegExp(`^${name} +\\S+ \\S+ to \\S+ \\S+ UTC +about [\\d.]+ k?M?B$`, "m"));
  expect(stdout).toContain("tempo, mimir and loki would be asked to flush first;");
  expect(stdout).toMatch(/^to backups: about [\d.]+ MB \(.+ to .+\), [\d.]+ \wB free$/m);
  expect(stderr).toEndWith("nothing was exported (dry run)\n");
  expect((await run(["export", "--all"], { cwd })).exitCode).toBe(0);
  expect(asked.filter((path) => path.includes("flush")).length).toBeGreaterThan(2);
});

test("the plan of an increment names what it continues, also as JSON", async () => {
  const cwd = labProject(lab, { urls, only: ["loki", "grafana"] });
  expect((await run(["export", "--all"], { cwd })).exitCode).toBe(0);
  const [snapshot = ""] = readdirSync(join(cwd, "backups"));
  const shown = await runDry(cwd, ["export", "--since-last"]);
  expect(shown.stdout).toMatch(new RegExp(`^loki .+ continues ${snapshot}$`, "m"));
  const { stdout } = await runDry(cwd, ["export", "--since-last", "--json"]);
  const { backends, directory, unreached } = parsedAs(EXPORT_PLAN, stdout);
  expect({ directory, unreached }).toEqual({ directory: join(cwd, "backups"), unreached: [] });
  expect(backends.map(({ backend, parent, flushes }) => ({ backend, parent, flushes }))).toEqual([
    { backend: "loki", parent: snapshot, flushes: true },
    { backend: "grafana", parent: undefined, flushes: false },
  ]);
});

test("a backend that does not answer is named, and the exit code says that the plan is not whole", async () => {
  const cwd = labProject(lab, { urls: { ...urls, loki: "http://127.0.0.1:1" }, only: ["loki", "grafana"] });
  const { stdout, stderr, exitCode } = await runDry(cwd, ["export"]);
  expect(stdout).toMatch(/^grafana /m);
  expect(stderr).toMatch(/^missing: loki: .*nothing listens there/m);
  expect(exitCode).toBe(3);
});

test("an export that there is nothing for is refused as without it", async () => {
  const cwd = labProject(lab, { urls, only: ["loki"] });
  expect((await runDry(cwd, ["export", "--no-logs"])).exitCode).toBe(2);
  expect((await runDry(cwd, ["export", "--resume"])).stderr).toContain("there is no interrupted export");
});

test("a destroy shows what each option would lose, asks nobody and does not run the command", async () => {
  const cwd = labProject(lab, { urls, only: ["loki", "grafana"], command: TOUCH });
  const { stdout, stderr, exitCode } = await runDry(cwd, ["destroy"]);
  expect(exitCode).toBe(0);
  expect(stdout).toContain("This would destroy the stack shop: touch destroyed\n");
  const [first = "", second = "", third = ""] = stdout.split(/^\d\. /m).slice(1);
  expect(first).toContain("loses what comes too late to be exported");
  expect(second).toMatch(/^ {5}loses loki: /m);
  expect(second).not.toContain("grafana");
  expect(third).toMatch(/^ {5}loses grafana: /m);
  expect(stderr).toEndWith("nothing was destroyed (dry run)\n");
  const one = await runDry(cwd, ["destroy", "--option", "2", "--confirm", "shop"]);
  expect(one.exitCode).toBe(3);
  expect(one.stdout).not.toContain("3. ");
  expect(isDestroyed(cwd)).toBe(false);
});

test("the plan of a destroy as JSON", async () => {
  const cwd = labProject(lab, { urls, only: ["loki", "grafana"], command: TOUCH });
  const { stdout } = await runDry(cwd, ["destroy", "--json"]);
  const { stack, command, options } = parsedAs(DESTROY_PLAN, stdout);
  expect({ stack, command }).toEqual({ stack: "shop", command: "touch destroyed" });
  expect(
    options.map(({ option, exports, losses }) => [option, exports, losses.map(({ backend }) => backend)]),
  ).toEqual([
    ["1", ["loki", "grafana"], []],
    ["2", ["grafana"], ["loki"]],
    ["3", [], ["loki", "grafana"]],
  ]);
});

test("a command that the policy forbids is refused in the plan, too, and no attempt is recorded", async () => {
  const cwd = labProject(lab, { urls, only: ["loki"], command: ["rm", "-rf", "/"] });
  const { stderr, exitCode } = await runDry(cwd, ["destroy"]);
  expect(exitCode).toBe(4);
  expect(stderr).toEndWith("nothing was destroyed (dry run)\n");
  expect((await run(["destroy", "--option", "3", "--confirm", "shop"], { cwd })).exitCode).toBe(4);
  expect(
    (await run(["audit", "--operation", "destroy"], { cwd })).stdout.match(/outcome=refused/g),
  ).toHaveLength(1);
});

test("the command need not be agreed to for its plan: it does not run", async () => {
  const cwd = labProject(lab, { urls, only: ["loki"], more: "" });
  const { stdout, exitCode } = await runDry(cwd, ["destroy"]);
  expect({ exitCode, isShown: stdout.includes("This would destroy") }).toEqual({
    exitCode: 0,
    isShown: true,
  });
  expect((await run(["destroy", "--option", "3", "--confirm", "shop"], { cwd })).stderr).toContain(
    "not agreed to",
  );
});
