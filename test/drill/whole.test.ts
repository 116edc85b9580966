/** A drill proves only what is whole: what a chain lacks, what cannot be read and what was never saved is in its verdict. */
import { expect, setDefaultTimeout, test } from "bun:test";
import { mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { startLab } from "../lab/lab.ts";
import { run } from "../support/binary.ts";
import { labProject } from "../support/project.ts";
import { quietProject } from "../support/service.ts";

setDefaultTimeout(120_000);

/** A project with a backend of files for each of these names. */
function filesProject(...names: readonly string[]): string {
  const cwd = quietProject(names.map((name) => `  ${name}: { plugin: files, path: ${name} }\n`).join(""));
  for (const name of names) mkdirSync(join(cwd, name));
  for (const name of names) writeFileSync(join(cwd, name, "a.txt"), "a");
  return cwd;
}

async function exported(cwd: string, ...args: readonly string[]): Promise<void> {
  const { exitCode, stderr } = await run(["export", ...args], { cwd });
  expect(exitCode, stderr).toBe(0);
}

const snapshotsIn = (cwd: string): string[] =>
  readdirSync(join(cwd, "backups"))
    .filter((name) => /^\d{8}-\d{6}/.test(name))
    .sort((a, b) => a.length - b.length || (a < b ? -1 : 1));

/** What this test looks at of a report. */
interface Report {
  readonly verdict: string;
  readonly backends: readonly {
    readonly backend: string;
    readonly verdict: string;
    readonly reasons: readonly string[];
  }[];
}

async function drilled(
  cwd: string,
  ...args: readonly string[]
): Promise<Report & { readonly exitCode: number }> {
  const { stdout, stderr, exitCode } = await run(["drill", ...args, "--json"], { cwd });
  expect(stdout, stderr).not.toBe("");
  return { ...JSON.parse(stdout), exitCode };
}

test("a chain whose beginning is gone is different, although the rest of it comes back", async () => {
  const cwd = filesProject("conf");
  await exported(cwd);
  await exported(cwd, "--since-last");
  const [first = ""] = snapshotsIn(cwd);
  rmSync(join(cwd, "backups", first), { recursive: true });
  const { exitCode, backends } = await drilled(cwd);
  expect(backends).toMatchObject([{ backend: "conf", verdict: "different" }]);
  expect(backends[0]?.reasons).toEqual([expect.stringContaining(`${first} is missing from its chain`)]);
  expect(exitCode).toBe(5);
});

test("where hours between its first and its last moment are in no snapshot, what comes back is a part", async () => {
  const lab = await startLab();
  const cwd = labProject(lab, { only: ["loki"] });
  const ago = (hours: number): string => new Date(Date.now() - hours * 3_600_000).toISOString();
  await exported(cwd, "--from", ago(30), "--to", ago(20));
  await exported(cwd, "-t", "4h");
  const { exitCode, backends } = await drilled(cwd, "--backend", "loki");
  expect(backends).toMatchObject([{ backend: "loki", verdict: "partial" }]);
  expect(backends[0]?.reasons).toContainEqual(expect.stringContaining("is in none of these snapshots"));
  expect(exitCode).toBe(3);
  await lab.stop();
});

test("a newer snapshot that cannot be read is a difference of every backend that it may hold, and no backend itself", async () => {
  const cwd = filesProject("conf", "site");
  await exported(cwd);
  await exported(cwd);
  const newest = snapshotsIn(cwd).at(-1) ?? "";
  writeFileSync(join(cwd, "backups", newest, "manifest.json"), "{");
  const { exitCode, backends } = await drilled(cwd);
  expect(backends.map(({ backend, verdict }) => [backend, verdict])).toEqual([
    ["conf", "different"],
    ["site", "different"],
  ]);
  expect(backends[0]?.reasons).toEqual([
    expect.stringContaining(`${newest}, which is newer, cannot be read`),
  ]);
  expect(exitCode).toBe(5);
});

test("a backend that was never saved is owed, also where none was named", async () => {
  const cwd = filesProject("conf", "site");
  await exported(cwd, "--plugin", "conf");
  const { exitCode, backends, verdict } = await drilled(cwd);
  expect(backends).toMatchObject([
    { backend: "conf", verdict: "proved" },
    { backend: "site", verdict: "owed", reasons: ["no snapshot of it is kept"] },
  ]);
  expect([verdict, exitCode]).toEqual(["owed", 3]);
  // A snapshot that is named is drilled for what is in it.
  expect((await drilled(cwd, "--snapshot", snapshotsIn(cwd)[0] ?? "")).verdict).toBe("proved");
});

test("where nothing is kept every backend is owed, and where nothing can be read every one is different; both are reported", async () => {
  const cwd = filesProject("conf", "site");
  const none = await drilled(cwd);
  expect(none.backends.map(({ backend, verdict }) => [backend, verdict])).toEqual([
    ["conf", "owed"],
    ["site", "owed"],
  ]);
  expect(none.exitCode).toBe(3);
  await exported(cwd);
  const [only = ""] = snapshotsIn(cwd);
  writeFileSync(join(cwd, "backups", only, "manifest.json"), "{");
  const damaged = await drilled(cwd);
  expect(damaged.backends.map(({ verdict }) => verdict)).toEqual(["different", "different"]);
  expect(damaged.backends[0]?.reasons).toEqual([expect.stringContaining(`${only} cannot be`)]);
  expect(damaged.exitCode).toBe(5);
  const { total } = JSON.parse((await run(["drill", "list", "--json"], { cwd })).stdout);
  expect(total).toBe(2);
});
