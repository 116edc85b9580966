/** A drill that is stopped leaves nothing, and what a killed one leaves goes with the next; what needs an identity is owed. */
import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Lab, startLab } from "../lab/lab.ts";
import { binary, cleanEnv, run } from "../support/binary.ts";
import { temporaryDirectory } from "../support/directory.ts";
import { eventsIn } from "../support/printed.ts";
import { labProject } from "../support/project.ts";
import { startRedis } from "../support/redis.ts";

setDefaultTimeout(120_000);

let lab: Lab;
let cwd: string;
const slow = temporaryDirectory();
const PID = join(slow, "pid");
/** A server that starts, and never answers. */
const SLOW = { PATH: `${slow}:${process.env.PATH}` };

beforeAll(async () => {
  lab = await startLab();
  const redis = await startRedis("Valkey 9");
  redis.cli("SET a 1");
  cwd = labProject(lab, { only: ["loki"] });
  const file = join(cwd, "contextcore.yaml");
  const own = `  conf: { plugin: files, path: conf }\n  cache: { plugin: redis, address: "${redis.address}" }\n`;
  writeFileSync(file, readFileSync(file, "utf8").replace("backends:\n", `backends:\n${own}`));
  mkdirSync(join(cwd, "conf"));
  writeFileSync(join(cwd, "conf", "a.txt"), "a");
  writeFileSync(join(slow, "valkey-server"), `#!/bin/sh\necho $$ > ${PID}\nexec sleep 600\n`);
  chmodSync(join(slow, "valkey-server"), 0o755);
  const exported = await run(["export"], { cwd });
  expect(exported.exitCode, exported.stderr).toBe(0);
});
afterAll(() => lab.stop());

const scratch = (): string[] => readdirSync(join(cwd, "backups", ".drills"));

function isRunning(pid: number): boolean {
  try {
    return !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, "utf8"));
  } catch {
    return false;
  }
}

/** A drill in whose middle a server is being started. */
async function underway() {
  rmSync(PID, { force: true });
  const child = Bun.spawn([binary, "drill", "--backend", "cache"], {
    cwd,
    env: { ...cleanEnv(cwd), ...SLOW },
    stdio: ["ignore", "pipe", "pipe"],
  });
  while (!existsSync(PID) || readFileSync(PID, "utf8") === "") await Bun.sleep(5);
  // By then its process is known to the drill, and so to the next one.
  while (
    !scratch().some((name) =>
      readdirSync(join(cwd, "backups", ".drills", name)).some((one) => one.startsWith("process-")),
    )
  )
    await Bun.sleep(5);
  return { child, server: Number(readFileSync(PID, "utf8")) };
}

test("a drill that is told to stop leaves no scratch and no server, and is recorded", async () => {
  const { child, server } = await underway();
  child.kill("SIGTERM");
  expect(await child.exited).toBe(130);
  expect(scratch()).toEqual([]);
  expect(isRunning(server)).toBe(false);
  const { stdout } = await run(["audit", "--operation", "drill", "--json", "-n", "1"], { cwd });
  expect(eventsIn(stdout).map(({ outcome }) => outcome)).toEqual(["cancelled"]);
});

test("what a killed drill left goes with the next, its server too", async () => {
  const { child, server } = await underway();
  child.kill("SIGKILL");
  await child.exited;
  expect(scratch()).toHaveLength(1);
  expect(isRunning(server)).toBe(true);
  const next = await run(["drill", "--backend", "conf"], { cwd });
  expect(next.exitCode, next.stderr).toBe(0);
  expect(next.stderr).toContain("removed what 1 drill left behind that did not come to an end");
  expect(scratch()).toEqual([]);
  expect(isRunning(server)).toBe(false);
});

test("a note that a power cut left empty keeps no later drill from clearing up", async () => {
  const left = join(cwd, "backups", ".drills", "20260101-000000");
  mkdirSync(left, { recursive: true });
  writeFileSync(join(left, "process-1"), "");
  writeFileSync(join(left, "process-2"), '{"pid":');
  const next = await run(["drill", "--backend", "conf"], { cwd });
  expect(next.exitCode, next.stderr).toBe(0);
  expect(next.stderr).toContain("removed what 1 drill left behind");
  expect(scratch()).toEqual([]);
});

test("an encrypted copy without its identity is owed; where the identity is, it is drilled", async () => {
  const key = join(temporaryDirectory(), "backup.key");
  const made = JSON.parse((await run(["keys", "new", key, "--json"], { cwd })).stdout);
  const file = join(cwd, "contextcore.yaml");
  const store = `stores:\n  offsite: { plugin: directory, path: ./offsite, encrypt: ["${made.recipient}"] }\n`;
  writeFileSync(file, `${readFileSync(file, "utf8")}${store}`);
  expect((await run(["keys", "check", "--identity", key], { cwd })).exitCode).toBe(0);
  const copied = await run(["snapshots", "copy", "latest", "--to", "offsite"], { cwd });
  expect(copied.exitCode, copied.stderr).toBe(0);
  const without = await run(["drill", "--backend", "conf", "--from", "offsite"], { cwd });
  expect(without.stderr).toContain("conf: the copy is encrypted: run the drill where its identity is");
  expect(without.exitCode).toBe(3);
  const args = ["drill", "--backend", "conf", "--backend", "loki", "--from", "offsite", "--identity", key];
  const drilled = await run([...args, "--json"], { cwd });
  expect(drilled.exitCode, drilled.stderr).toBe(0);
  expect(JSON.parse(drilled.stdout)).toMatchObject({
    source: "offsite",
    backends: [
      { backend: "loki", verdict: "rehearsed" },
      { backend: "conf", verdict: "proved" },
    ],
  });
});
