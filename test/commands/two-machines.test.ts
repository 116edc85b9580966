/** Two machines that write to one place and let go of copies in it: with clocks a day apart, and with all names the same. */
import { expect, setDefaultTimeout, test } from "bun:test";
import { existsSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { binary, cleanEnv, type Finished, run } from "../support/binary.ts";
import { clockOff } from "../support/clock.ts";
import { copiesIn, fill, machine, treeOf } from "./machine.ts";

setDefaultTimeout(120_000);

type Clock = Readonly<Record<string, string>>;

const RIGHT: Clock = {};
const AHEAD: Clock = clockOff("+1d");
/** It stands still, so that whatever is named by the second has the same name. */
const STOPPED: Clock = clockOff("2026-11-30 12:00:00");

/** Two machines of one name, which share nothing but a place, with so many rows each. */
function pair(first: Clock, second: Clock) {
  const one = machine();
  const other = machine({ place: one.place });
  fill(one.cwd, 100);
  fill(other.cwd, 200);
  const on = (cwd: string, clock: Clock) => ({
    cwd,
    env: { ...cleanEnv(cwd), ...clock },
    run: (...args: readonly string[]): Promise<Finished> =>
      run(args, { cwd, env: { ...cleanEnv(cwd), ...clock } }),
  });
  return { place: one.place, machines: [on(one.cwd, first), on(other.cwd, second)] as const };
}

const PRUNE = ["snapshots", "prune", "--place", "offsite", "--keep-last", "1", "--unfinished", "--yes"];

test("clocks a day apart: each lets go of its own copies, and leaves the other's", async () => {
  const { place, machines } = pair(RIGHT, AHEAD);
  const own: string[][] = [];
  for (const one of machines) {
    const before = copiesIn(place);
    for (let at = 0; at < 2; at += 1)
      expect((await one.run("export", "--all", "-o", "offsite")).exitCode).toBe(0);
    own.push(
      copiesIn(place)
        .filter((name) => !before.includes(name))
        .sort(),
    );
  }
  for (const [at, one] of machines.entries()) {
    const [oldest = "", newest = ""] = own[at] ?? [];
    const others = () =>
      (own[1 - at] ?? []).map((name) => existsSync(join(place, name)) && treeOf(join(place, name)));
    const before = others();
    const pruned = await one.run(...PRUNE);
    expect(pruned.stderr).toContain("is left alone: the copy of");
    expect([existsSync(join(place, oldest)), existsSync(join(place, newest))]).toEqual([false, true]);
    expect(others()).toEqual(before);
    expect((await one.run("verify", `offsite:${newest}`)).exitCode).toBe(0);
  }
});

test("clocks a day apart: what one is just writing, or was killed at, is not taken for rubbish by the other", async () => {
  const { place, machines } = pair(RIGHT, AHEAD);
  const [slow, ahead] = machines;
  writeFileSync(join(slow.cwd, "etc", "large"), Buffer.alloc(60_000_000, "0123456789"));
  const child = Bun.spawn([binary, "export", "--all", "-o", "offsite"], {
    cwd: slow.cwd,
    env: slow.env,
    stdio: ["ignore", "ignore", "ignore"],
  });
  const isBegun = () =>
    readdirSync(place, { recursive: true, encoding: "utf8" }).some((one) => one.endsWith(".tar"));
  while (child.exitCode === null && !isBegun()) await Bun.sleep(1);
  child.kill("SIGKILL");
  await child.exited;
  const [name = ""] = copiesIn(place);
  const beside = await ahead.run("export", "--all", "-o", "offsite");
  expect(beside.exitCode, beside.stdout + beside.stderr).toBe(0);
  await ahead.run(...PRUNE);
  const resumed = await slow.run("export", "--resume", "-o", "offsite");
  expect(resumed.exitCode, resumed.stderr).toBe(0);
  expect(resumed.stdout).toContain(`offsite:${name} `);
  expect((await slow.run("verify", `offsite:${name}`)).exitCode).toBe(0);
});

test("the same name, place and second: exports go side by side", async () => {
  const { place, machines } = pair(STOPPED, STOPPED);
  const done = await Promise.all(machines.map((one) => one.run("export", "--all", "-o", "offsite")));
  expect(done.map(({ exitCode }) => exitCode)).toEqual([0, 0]);
  expect(copiesIn(place).sort()).toEqual(["20261130-120000", "20261130-120000-2"]);
  for (const [at, one] of machines.entries()) {
    const shown = await one.run("verify", "offsite", "--json");
    const { snapshots } = JSON.parse(shown.stdout);
    expect(snapshots.map(({ name }: { name: string }) => name)).toHaveLength(1);
    expect(done[at]?.stdout).toContain(`offsite:${snapshots[0].name} `);
  }
});

test("the same name, place and second: of two snapshots one is copied, and the other machine is told", async () => {
  for (let round = 0; round < 5; round += 1) {
    const { place, machines } = pair(STOPPED, STOPPED);
    for (const one of machines) expect((await one.run("export", "--all")).exitCode).toBe(0);
    const copy = ["snapshots", "copy", "latest", "--to", "offsite"];
    const copied = await Promise.all(machines.map((one) => one.run(...copy)));
    expect(copied.map(({ exitCode }) => exitCode).sort()).toEqual([0, 1]);
    expect(copied.find(({ exitCode }) => exitCode === 1)?.stderr).toContain("is taken");
    expect(copiesIn(place)).toEqual(["20261130-120000"]);
    const winner = machines[copied.findIndex(({ exitCode }) => exitCode === 0)];
    expect((await winner?.run("verify", "offsite"))?.exitCode).toBe(0);
  }
});
