/** `export -o PLACE --local-workers N`: what several processes read is what one reads, whatever becomes of them. */
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { contentsOf } from "../copies/straight.ts";
import { type Lab, startLab } from "../lab/lab.ts";
import { random } from "../lab/random.ts";
import { binary, cleanEnv } from "../support/binary.ts";
import { temporaryDirectory } from "../support/directory.ts";
import { labProject } from "../support/project.ts";
import { command, filesBelow, json, openedWithAge, STORES } from "./copied.ts";

setDefaultTimeout(180_000);

let lab: Lab;
beforeAll(async () => {
  lab = await startLab();
  // Slow enough that there is something to kill.
  for (const name of ["loki", "mimir", "tempo"] as const) lab.faults[name].add({ kind: "latency", ms: 20 });
}, 120_000);
afterAll(() => lab.stop());

const hours = (count: number): string => new Date(Date.now() - count * 3_600_000).toISOString();
const span = (): string[] => ["--from", hours(6), "--to", hours(1)];

/** The contents of a local export of the same. */
async function contentsHere(cwd: string, range: readonly string[]): Promise<Record<string, string>> {
  const directory = temporaryDirectory();
  const exported = await command(cwd, "export", ...range, "-o", directory);
  expect(exported.exitCode, exported.stderr).toBeOneOf([0, 3]);
  return contentsOf(join(directory, readdirSync(directory).find((name) => !name.startsWith(".")) ?? ""));
}

test.each([1, 3])("%i of them read what one process reads", async (count) => {
  const cwd = labProject(lab, { more: STORES });
  const range = span();
  const local = await contentsHere(cwd, range);
  const exported = await json(cwd, "export", ...range, "-o", "offsite", "--local-workers", `${count}`);
  expect(exported.exitCode, exported.stderr).toBeOneOf([0, 3]);
  const { name, path } = exported.printed.snapshot;
  const folder = join(cwd, "offsite", name);
  expect(await contentsOf(folder)).toEqual(local);
  // It was they who read it.
  expect(readdirSync(folder).some((file) => /^logs\.[\da-f]{16}\.json$/.test(file))).toBe(true);
  expect((await command(cwd, "verify", path)).exitCode).toBe(0);
});

test("of an encrypted place only its recipients read it", async () => {
  const cwd = labProject(lab, { more: STORES });
  const key = join(temporaryDirectory(), "identity");
  const recipient = (await command(cwd, "keys", "new", key)).stdout.trim();
  await command(cwd, "keys", "check", "--identity", key);
  const file = join(cwd, "contextcore.yaml");
  writeFileSync(
    file,
    readFileSync(file, "utf8").replace("path: ./offsite", `path: ./offsite, encrypt: [${recipient}]`),
  );
  const range = span();
  const local = await contentsHere(cwd, range);
  const exported = await json(cwd, "export", ...range, "-o", "offsite", "--local-workers", "2");
  expect(exported.exitCode, exported.stderr).toBeOneOf([0, 3]);
  const { name, path } = exported.printed.snapshot;
  const folder = join(cwd, "offsite", name);
  expect(filesBelow(folder).filter((one) => !one.endsWith(".age"))).toEqual(["SHA256SUMS", "copy.json"]);
  expect(await contentsOf(openedWithAge(folder, key))).toEqual(local);
  expect((await command(cwd, "verify", path, "--identity", key)).exitCode).toBe(0);
});

const commitsIn = (place: string): number =>
  existsSync(place)
    ? readdirSync(place, { recursive: true }).filter((file) => `${file}`.includes("/commits/")).length
    : 0;

/** The processes that this one has started. */
const childrenOf = (pid: number): number[] =>
  Bun.spawnSync(["ps", "-o", "pid=,args=", "--ppid", `${pid}`])
    .stdout.toString()
    .split("\n")
    .filter((line) => line.includes("--worker-process"))
    .map((line) => Number.parseInt(line, 10));

describe("some of them are killed, and some stand still for longer than a step may take", () => {
  test.each([1, 2, 3])("it is the same (seed %i)", async (seed) => {
    const cwd = labProject(lab, { more: STORES });
    const range = span();
    const local = await contentsHere(cwd, range);
    const next = random(seed);
    const child = Bun.spawn([binary, "export", ...range, "-o", "offsite", "--local-workers", "3", "--json"], {
      cwd,
      env: cleanEnv(cwd),
      stdio: ["ignore", "pipe", "pipe"],
    });
    let kills = 0;
    const stopped: number[] = [];
    for (; child.exitCode === null && kills < 4; await Bun.sleep(40 + next() * 60)) {
      const workers = childrenOf(child.pid);
      const one = workers[Math.floor(next() * workers.length)];
      if (one === undefined || commitsIn(join(cwd, "offsite")) === 0) continue;
      const signal = next() < 0.3 ? "SIGSTOP" : "SIGKILL";
      Bun.spawnSync(["kill", `-${signal.slice(3)}`, `${one}`]);
      if (signal === "SIGSTOP") stopped.push(one);
      kills += 1;
    }
    await Bun.sleep(500);
    for (const pid of stopped) Bun.spawnSync(["kill", "-CONT", `${pid}`]);
    const [stdout, stderr] = await Promise.all([
      new Response(child.stdout).text(),
      new Response(child.stderr).text(),
    ]);
    expect(await child.exited, stderr).toBeOneOf([0, 3]);
    expect(kills).toBeGreaterThan(0);
    const { name, path } = JSON.parse(stdout).snapshot;
    expect(await contentsOf(join(cwd, "offsite", name))).toEqual(local);
    expect((await command(cwd, "verify", path)).exitCode).toBe(0);
  });
});

test("the export is killed: they end with it, and it goes on with others, or with none", async () => {
  const cwd = labProject(lab, { more: STORES });
  const range = span();
  const local = await contentsHere(cwd, range);
  const place = join(cwd, "offsite");
  for (const rest of [["--local-workers", "2"], []]) {
    rmSync(place, { recursive: true, force: true });
    const child = Bun.spawn([binary, "export", ...range, "-o", "offsite", "--local-workers", "2"], {
      cwd,
      env: cleanEnv(cwd),
      stdio: ["ignore", "ignore", "ignore"],
    });
    while (child.exitCode === null && commitsIn(place) < 3) await Bun.sleep(5);
    const workers = childrenOf(child.pid);
    child.kill("SIGKILL");
    await child.exited;
    const isAlive = (pid: number): boolean => existsSync(`/proc/${pid}`);
    for (const deadline = Date.now() + 10_000; Date.now() < deadline && workers.some(isAlive); )
      await Bun.sleep(20);
    expect(workers.filter(isAlive)).toEqual([]);
    const resumed = await json(cwd, "export", "--resume", "-o", "offsite", ...rest);
    expect(resumed.exitCode, resumed.stderr).toBeOneOf([0, 3]);
    expect(await contentsOf(join(place, resumed.printed.snapshot.name))).toEqual(local);
  }
});

test("what cannot be so is told", async () => {
  const cwd = labProject(lab, { more: STORES });
  for (const [args, words] of [
    [["--local-workers", "2"], "--local-workers needs a place"],
    [["-o", "offsite", "--local-workers", "0"], "a number from 1 to 64"],
    [["-o", "offsite", "--local-workers", "many"], "a number from 1 to 64"],
  ] as const) {
    const { exitCode, stderr } = await command(cwd, "export", ...args);
    expect([exitCode, stderr]).toEqual([2, expect.stringContaining(words)]);
  }
});
