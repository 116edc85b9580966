/** `export -o PLACE --queue URL` with `worker`: the queue may lose what it likes, and workers may die; the snapshot is the same. */
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { contentsOf } from "../copies/straight.ts";
import { type Lab, startLab } from "../lab/lab.ts";
import { binary, cleanEnv } from "../support/binary.ts";
import { temporaryDirectory } from "../support/directory.ts";
import { labProject } from "../support/project.ts";
import { type RedisKind, startRedis } from "../support/redis.ts";
import { command, STORES } from "./copied.ts";

setDefaultTimeout(180_000);

let lab: Lab;
beforeAll(async () => {
  lab = await startLab();
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

/** A running program, and what it says. */
function start(cwd: string, ...args: string[]) {
  const child = Bun.spawn([binary, ...args], {
    cwd,
    env: cleanEnv(cwd),
    stdio: ["ignore", "pipe", "pipe"],
  });
  const said = Promise.all([new Response(child.stdout).text(), new Response(child.stderr).text()]);
  return { child, said };
}

const commitsIn = (place: string): number =>
  existsSync(place)
    ? readdirSync(place, { recursive: true }).filter((file) => `${file}`.includes("/commits/")).length
    : 0;

async function expectSame(cwd: string, exporting: ReturnType<typeof start>, local: Record<string, string>) {
  const [stdout, stderr] = await exporting.said;
  expect(await exporting.child.exited, stderr).toBeOneOf([0, 3]);
  const { name, path } = JSON.parse(stdout).snapshot;
  const folder = join(cwd, "offsite", name);
  expect(await contentsOf(folder)).toEqual(local);
  expect(readdirSync(folder).some((file) => /^logs\.[\da-f]{16}\.json$/.test(file))).toBe(true);
  expect((await command(cwd, "verify", path)).exitCode).toBe(0);
}

describe.each(["Redis 8", "Valkey 9"] as RedisKind[])("%s", (kind) => {
  test("two workers run what an export asks for, and end when they are told to", async () => {
    const redis = await startRedis(kind);
    const cwd = labProject(lab, { more: STORES });
    await command(cwd, "audit", "keygen");
    const range = span();
    const local = await contentsHere(cwd, range);
    const queue = ["--queue", `redis://${redis.address}`];
    const workers = [start(cwd, "worker", ...queue), start(cwd, "worker", ...queue)];
    const exporting = start(cwd, "export", ...range, "-o", "offsite", ...queue, "--json");
    await expectSame(cwd, exporting, local);
    for (const { child, said } of workers) {
      child.kill("SIGTERM");
      const [, stderr] = await said;
      expect([await child.exited, stderr]).toEqual([0, expect.stringMatching(/ran \d+ steps?, /)]);
    }
  });

  test("the queue is emptied, killed and started anew, workers are killed: it is the same", async () => {
    const redis = await startRedis(kind);
    const cwd = labProject(lab, { more: STORES });
    await command(cwd, "audit", "keygen");
    const range = span();
    const local = await contentsHere(cwd, range);
    const queue = ["--queue", `redis://${redis.address}`];
    const workers = [start(cwd, "worker", ...queue), start(cwd, "worker", ...queue)];
    const exporting = start(cwd, "export", ...range, "-o", "offsite", ...queue, "--json");
    const until = async (commits: number) => {
      while (exporting.child.exitCode === null && commitsIn(join(cwd, "offsite")) < commits)
        await Bun.sleep(5);
    };
    await until(3);
    redis.cli("FLUSHALL");
    await until(8);
    workers[0]?.child.kill("SIGKILL");
    workers.push(start(cwd, "worker", ...queue));
    await until(15);
    redis.cli("FLUSHALL");
    await expectSame(cwd, exporting, local);
    for (const { child } of workers) child.kill("SIGKILL");
  });
});
