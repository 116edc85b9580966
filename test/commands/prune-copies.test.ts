/** What is removed from places and here, when the one relies on the other. */
import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { basename, join } from "node:path";
import { type Lab, startLab } from "../lab/lab.ts";
import { smallSnapshot } from "../snapshot/small.ts";
import { binary, cleanEnv } from "../support/binary.ts";
import { eventsIn } from "../support/printed.ts";
import { labProject } from "../support/project.ts";
import { command, json, project, STORES } from "./copied.ts";

setDefaultTimeout(120_000);

/** A project with three snapshots of the same data, all of them in the place, too. */
async function thrice() {
  const { cwd, name } = await project();
  const paths = [await smallSnapshot(join(cwd, "backups")), await smallSnapshot(join(cwd, "backups"))];
  const names = [name, ...paths.map((path) => basename(path))];
  await command(cwd, "snapshots", "copy", ...names, "--to", "offsite");
  return { cwd, names };
}

const inPlace = (cwd: string): string[] =>
  readdirSync(join(cwd, "offsite"))
    .filter((name) => existsSync(join(cwd, "offsite", name, "copy.json")))
    .sort();

test("copies are removed by a policy of their own, recorded, and nothing here goes with them", async () => {
  const { cwd, names } = await thrice();
  const [, , newest = ""] = names;
  const plan = await json(cwd, "snapshots", "prune", "--place", "offsite", "--keep-last", "1", "--dry-run");
  expect(plan.printed.place).toBe("offsite");
  expect(inPlace(cwd)).toEqual(names);
  const pruned = await json(cwd, "snapshots", "prune", "--place", "offsite", "--keep-last", "1", "--yes");
  expect([pruned.exitCode, pruned.stderr]).toEqual([0, expect.stringContaining("removed 2 ")]);
  expect(inPlace(cwd)).toEqual([newest]);
  expect(readdirSync(join(cwd, "offsite")).filter((name) => !name.startsWith("."))).toEqual([newest]);
  expect(readdirSync(join(cwd, "backups")).sort()).toEqual(names);
  const events = eventsIn((await command(cwd, "audit", "--json")).stdout).slice(-2);
  expect(events.map(({ operation, outcome }) => `${operation} ${outcome}`)).toEqual([
    "prune started",
    "prune success",
  ]);
  expect(events[0]?.data_affected).toEqual(
    names
      .slice(0, 2)
      .map((name) => `offsite:${name}`)
      .reverse(),
  );
  const held = (await json(cwd, "snapshots", "list")).printed.snapshots;
  expect(held.map(({ places }: { places: object[] }) => places.length)).toEqual([0, 0, 1]);
});

test("a removal that is killed leaves no copy that passes for one, and its rest goes once it is two days old", async () => {
  const { cwd, name } = await project({ objects: 300 });
  const newest = basename(await smallSnapshot(join(cwd, "backups")));
  await command(cwd, "snapshots", "copy", name, newest, "--to", "offsite");
  const prune = ["snapshots", "prune", "--place", "offsite", "--keep-last", "1", "--allow-gaps", "--yes"];
  const child = Bun.spawn([binary, ...prune], {
    cwd,
    env: cleanEnv(cwd),
    stdio: ["ignore", "ignore", "ignore"],
  });
  while (child.exitCode === null && inPlace(cwd).length === 2) await Bun.sleep(0);
  child.kill("SIGKILL");
  await child.exited;
  expect(inPlace(cwd)).toEqual([newest]);
  const folder = join(cwd, "offsite", name);
  const left = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) =>
    entry.isFile(),
  );
  expect(left.length).toBeGreaterThan(0);
  expect((await command(cwd, "snapshots", "list", "--place", "offsite")).stdout).toContain("unfinished");

  await command(cwd, ...prune);
  expect(existsSync(folder)).toBe(true);
  const old = Date.now() / 1_000 - 3 * 86_400;
  for (const entry of left) utimesSync(join(entry.parentPath, entry.name), old, old);
  const looked = await command(cwd, ...prune.slice(0, -1), "--dry-run");
  const unasked = await command(cwd, ...prune.slice(0, -1));
  expect([unasked.exitCode, existsSync(folder)]).toEqual([4, true]);
  expect(looked.stderr).toContain(`${left.length} objects that no copy names`);
  const swept = await command(cwd, ...prune);
  expect([swept.exitCode, existsSync(folder)]).toEqual([0, false]);
});

test("an export into the place that was interrupted is not taken for rubbish, unless that is said", async () => {
  const { cwd, name } = await project();
  await command(cwd, "snapshots", "copy", name, "--to", "offsite");
  const begun = "20260124-143000";
  const folder = join(cwd, "offsite", begun);
  mkdirSync(join(folder, "commits"), { recursive: true });
  const files = ["plan.json", `commits/${"ab".repeat(32)}.json`, "logs.json"].map((file) =>
    join(folder, file),
  );
  const old = Date.now() / 1_000 - 3 * 86_400;
  for (const file of files) {
    writeFileSync(file, "{}");
    utimesSync(file, old, old);
  }
  const listed = await command(cwd, "snapshots", "list", "--place", "offsite");
  expect(listed.stdout).toContain(`unfinished: contextcore export --resume offsite:${begun}`);
  const prune = ["snapshots", "prune", "--place", "offsite", "--keep-last", "1"];
  const kept = await json(cwd, ...prune, "--yes");
  expect([kept.exitCode, kept.printed.leftovers, kept.printed.unreadable]).toMatchObject([
    0,
    [],
    [{ name: begun, reason: expect.stringContaining("--unfinished removes it") }],
  ]);
  const gone = await json(cwd, ...prune, "--unfinished", "--yes");
  expect([gone.exitCode, gone.printed.leftovers]).toMatchObject([
    0,
    [{ path: `offsite:${begun}`, reason: expect.stringContaining("3 objects of an export") }],
  ]);
  expect([existsSync(folder), existsSync(join(cwd, "offsite", name, "copy.json"))]).toEqual([false, true]);
});

test("no copy goes because a damaged one holds the same, whoever has found the damage", async () => {
  const { cwd, names } = await thrice();
  const [oldest = "", middle = "", newest = ""] = names;
  const prune = ["snapshots", "prune", "--place", "offsite", "--keep-last", "1"];
  const plan = async () => (await json(cwd, ...prune, "--dry-run")).printed.snapshots;
  const keeps = async (): Promise<boolean[]> => (await plan()).map(({ keep }: { keep: boolean }) => keep);
  expect(await keeps()).toEqual([true, false, false]);
  const logs = join(cwd, "offsite", newest, "logs.json");
  const right = readFileSync(logs);
  const changes: Readonly<Record<string, () => unknown>> = {
    "is missing": () => rmSync(logs),
    "has 0 bytes": () => writeFileSync(logs, ""),
    damaged: () => {
      writeFileSync(logs, Buffer.from(right).fill(right.at(9) === 65 ? 66 : 65, 9, 10));
      return command(cwd, "verify", `offsite:${newest}`);
    },
  };
  for (const [what, change] of Object.entries(changes)) {
    await change();
    expect([what, await keeps()]).toEqual([what, [true, true, false]]);
    expect((await plan())[0].damage).toContain(what);
    expect((await command(cwd, ...prune, "--dry-run")).stderr).toContain("counts as holding nothing");
  }
  await command(cwd, ...prune, "--yes");
  expect(inPlace(cwd)).toEqual([middle, newest]);
  expect(existsSync(join(cwd, "offsite", oldest))).toBe(false);
});

test("a snapshot here may go when a sound copy of it stays, and not when that is damaged or cannot be looked at", async () => {
  const { cwd } = await project();
  const only = await smallSnapshot(join(cwd, "backups"), { entries: 60 });
  await smallSnapshot(join(cwd, "backups"));
  const prune = ["snapshots", "prune", "--keep-last", "1"];
  const decided = async () => {
    const { printed, stderr } = await json(cwd, ...prune, "--dry-run");
    const row = printed.snapshots.find((one: { name: string }) => one.name === basename(only));
    return { keep: row.keep, places: row.places.map(({ place }: { place: string }) => place), stderr };
  };
  expect(await decided()).toMatchObject({ keep: true, places: [] });
  await command(cwd, "snapshots", "copy", basename(only), "--to", "offsite");
  expect(await decided()).toMatchObject({ keep: false, places: ["offsite"] });
  expect((await command(cwd, ...prune, "--dry-run")).stdout).toContain("stays in offsite (verified 1m ago)");
  const file = join(cwd, "offsite", basename(only), "logs.json");
  const logs = readFileSync(file);
  writeFileSync(file, logs.subarray(1));
  expect(await decided()).toMatchObject({ keep: true, places: [] });
  writeFileSync(file, logs);
  expect(await decided()).toMatchObject({ keep: false });
  const config = join(cwd, "contextcore.yaml");
  writeFileSync(config, "name: shop\n");
  expect(await decided()).toMatchObject({
    keep: true,
    stderr: expect.stringContaining("the copies in offsite count for nothing now: there is no place offsite"),
  });
  writeFileSync(config, `name: shop\n${STORES}`);
  renameSync(join(cwd, "offsite"), join(cwd, "away"));
  expect(await decided()).toMatchObject({ keep: true, places: [] });

  // Found there by a listing alone, as on another machine: nobody here knows that its data is right.
  renameSync(join(cwd, "away"), join(cwd, "offsite"));
  rmSync(join(cwd, ".contextcore", "copies"), { recursive: true });
  await command(cwd, "snapshots", "list", "--place", "offsite");
  expect((await command(cwd, "snapshots", "list")).stdout).toContain("offsite (seen 1m ago, never verified)");
  expect(await decided()).toMatchObject({ keep: true, places: [] });
  await command(cwd, "verify", `offsite:${basename(only)}`);
  expect(await decided()).toMatchObject({ keep: false, places: ["offsite"] });
});

let lab: Lab;
beforeAll(async () => {
  lab = await startLab();
}, 120_000);
afterAll(() => lab.stop());

test("chains stay whole: in a place nothing goes that a copy there continues, unless gaps are allowed", async () => {
  const cwd = labProject(lab, { more: STORES, only: ["loki"] });
  await command(cwd, "export", "--from", "48h", "--to", "2h");
  await command(cwd, "export", "--since-last");
  await command(cwd, "snapshots", "copy", "latest", "--to", "offsite");
  const prune = ["snapshots", "prune", "--place", "offsite", "--keep-last", "1"];
  const kept = await json(cwd, ...prune, "--dry-run");
  expect(kept.printed.snapshots.map(({ keep }: { keep: boolean }) => keep)).toEqual([true, true]);
  const gaps = await json(cwd, ...prune, "--allow-gaps", "--dry-run");
  expect(gaps.printed.snapshots.map(({ keep }: { keep: boolean }) => keep)).toEqual([true, false]);
});

test("keepLocal lets go here what every place holds, and is old enough for each of its backends", async () => {
  const more = `${STORES}  usb: { plugin: directory, path: ./usb }\ncopies: [offsite, usb]\n`;
  const cwd = labProject(lab, { more, only: ["loki", "grafana"] });
  await command(cwd, "export", "--all");
  const [first = ""] = readdirSync(join(cwd, "backups"));
  await command(cwd, "export", "--all");
  const keeps = async (...settings: string[]): Promise<string[]> => {
    const set = settings.flatMap((one) => ["--set", one]);
    const { printed } = await json(cwd, "snapshots", "prune", "--keep-local", "--dry-run", ...set);
    return printed.snapshots.find((one: { name: string }) => one.name === first).reasons;
  };
  const now = "backends.loki.keepLocal=0s";
  expect(await keeps()).toEqual(["loki has no keepLocal", "grafana has no keepLocal"]);
  expect(await keeps(now, "backends.grafana.keepLocal=7d")).toEqual(["grafana stays here for 7d"]);
  expect(await keeps(now, "backends.grafana.keepLocal=0s")).toEqual([]);
  rmSync(join(cwd, "usb", first, "copy.json"));
  expect(await keeps(now, "backends.grafana.keepLocal=0s")).toEqual(["not verified in usb"]);
  await command(cwd, "snapshots", "copy", first, "--to", "usb");
  const set = ["--set", now, "--set", "backends.grafana.keepLocal=0s"];
  const gone = await command(cwd, "snapshots", "prune", "--keep-local", "--yes", ...set);
  expect([gone.exitCode, readdirSync(join(cwd, "backups")).includes(first)]).toEqual([0, false]);
  expect((await command(cwd, "verify", first)).exitCode).toBe(0);
});

test("keepLocal of an instance counts for its tenants, and for no other instance whose name begins like it", async () => {
  const more = `${STORES}copies: [offsite]\n`;
  const cwd = labProject(lab, { more, only: ["loki"] });
  const reasons = async (...backend: string[]): Promise<string[]> => {
    const set = backend.flatMap((one) => ["--set", one]);
    await command(cwd, "export", "--all", ...set);
    const [newest = ""] = readdirSync(join(cwd, "backups")).sort().reverse();
    const prune = ["snapshots", "prune", "--keep-local", "--dry-run", "--set", "backends.loki.keepLocal=7d"];
    const { printed } = await json(cwd, ...prune);
    return printed.snapshots.find((one: { name: string }) => one.name === newest).reasons;
  };
  expect(await reasons("backends.loki.tenants=blue")).toContain("loki@blue stays here for 7d");
  expect(
    await reasons(
      "backends.loki.enabled=false",
      "backends.loki-eu.plugin=loki",
      `backends.loki-eu.url=${lab.urls.loki}`,
    ),
  ).toContain("loki-eu has no keepLocal");
});
