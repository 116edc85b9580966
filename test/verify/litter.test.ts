/** What file managers, network shares and editors leave in our directories is a note, and no damage. */
import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { chmodSync, mkdirSync, symlinkSync } from "node:fs";
import { cp } from "node:fs/promises";
import { join } from "node:path";
import { VERIFY } from "../../src/results/verify.ts";
import { type Lab, startLab } from "../lab/lab.ts";
import { run } from "../support/binary.ts";
import { temporaryDirectory } from "../support/directory.ts";
import { parsedAs } from "../support/printed.ts";
import { labProject } from "../support/project.ts";

setDefaultTimeout(60_000);

let lab: Lab;
let cwd: string;
let original: string;
beforeAll(async () => {
  lab = await startLab();
  cwd = labProject(lab, { only: ["loki", "grafana"] });
  const done = await run(["export", "--all", "--json"], { cwd });
  original = JSON.parse(done.stdout).snapshot.path;
});
afterAll(() => lab.stop());

async function copied(): Promise<string> {
  const path = join(temporaryDirectory(), "20260124-143000");
  await cp(original, path, { recursive: true });
  return path;
}

const LITTER = [
  ".DS_Store",
  "._logs.json",
  "grafana/.DS_Store",
  "grafana/dashboards/._sales.json",
  "Thumbs.db",
  "thumbs.db",
  "desktop.ini",
  "@eaDir/logs.json@SynoEAStream",
  "grafana/@eaDir/x/SYNOFILE_THUMB_M.png",
  "#recycle/old.json",
  ".nfs000000000003b2a100000001",
  ".fuse_hidden0000000300000001",
  "lost+found/1",
  ".Trash-1000/info/x",
  ".logs.json.swp",
  "manifest.json~",
  "#manifest.json#",
  ".~lock.logs.json#",
  ".stfolder/x",
];

test.each(LITTER)("%s", async (name) => {
  const path = await copied();
  await Bun.write(join(path, name), "litter");
  const { stdout, exitCode } = await run(["verify", path, "--json"], { cwd });
  const { sound, flaws, litter } = parsedAs(VERIFY, stdout);
  expect({ exitCode, sound, flaws }).toEqual({ exitCode: 0, sound: true, flaws: [] });
  expect(litter).toHaveLength(1);
  expect(name.startsWith(litter[0]?.file ?? "?")).toBe(true);
  const shown = await run(["verify", path, "--quick"], { cwd });
  expect(shown.stderr).toContain(`note: other programs have left ${litter[0]?.file} there`);
  expect(shown.exitCode).toBe(0);
});

test("a link that an editor makes, a directory that nobody may read, and many at once", async () => {
  const path = await copied();
  symlinkSync("me@host.1", join(path, ".#manifest.json"));
  mkdirSync(join(path, "lost+found"));
  chmodSync(join(path, "lost+found"), 0);
  for (const name of ["._a", "._b", "._c"]) await Bun.write(join(path, name), "");
  const { stderr, exitCode } = await run(["verify", path], { cwd });
  expect(stderr).toContain("note: other programs have left .#manifest.json, ._a, ._b and 2 more there");
  expect(exitCode).toBe(0);
});

test.each(["logs.001.json", "notes.txt", ".hidden", "grafana/dashboards/new.json", "DS_Store", "eaDir/x"])(
  "another file that the manifest does not list (%s) is no litter",
  async (name) => {
    const path = await copied();
    await Bun.write(join(path, name), "{}\n");
    const { stderr, exitCode } = await run(["verify", path], { cwd });
    expect(stderr).toContain(`wrong: ${name}: is not in the manifest`);
    expect(exitCode).toBe(5);
  },
);

test("litter in the other directories stops no command", async () => {
  const project = labProject(lab, { only: ["loki", "grafana"] });
  const own = join(project, ".contextcore");
  for (const folder of ["open", "open/@eaDir", "sinks", "backups", "backups/restores", "backups/@eaDir"])
    for (const name of [".DS_Store", "._loki.json", ".nfs0000000000000001", "Thumbs.db"])
      await Bun.write(join(folder.startsWith("backups") ? project : own, folder, name), "\0litter");
  const call = (...args: string[]) => run(args, { cwd: project });
  const saved = await call("export", "--all", "--json");
  expect(saved.exitCode, saved.stderr).toBe(0);
  const trail = await call("audit", "list", "--json");
  expect(trail.exitCode, trail.stderr).toBe(0);
  expect(trail.stdout).not.toContain("interrupted");
  for (const args of [
    ["snapshots", "list"],
    ["verify", "latest"],
    ["audit", "verify"],
    ["audit", "sinks"],
    ["restore", "latest", "--plugin", "grafana", "--yes"],
  ]) {
    const done = await call(...args);
    expect({ args, exitCode: done.exitCode, stderr: done.stderr }).toMatchObject({ args, exitCode: 0 });
  }
});

test("dashboards go to and come from a directory with litter in it", async () => {
  const project = labProject(lab, { only: ["grafana"] });
  const directory = join(project, "boards");
  for (const name of ["Thumbs.db", "desktop.ini", "@eaDir/x.json", ".DS_Store", "._x.json"])
    await Bun.write(join(directory, name), "\0litter");
  const written = await run(["dashboards", "export", "boards"], { cwd: project });
  expect(written.exitCode, written.stderr).toBe(0);
  const read = await run(["dashboards", "provision", "boards", "--dry-run"], { cwd: project });
  expect(read.stdout).toMatch(/0 would be created, .* unchanged/m);
  // One of the lab's is left alone, which has nothing to do with it.
  expect(read.stderr.trim()).toMatch(
    /^warning: .* was left alone: it belongs to classic-file-provisioning.*$/,
  );
});
