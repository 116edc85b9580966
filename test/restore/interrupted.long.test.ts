/** Restores that are killed, throttled, cut and refused: nothing is lost, and resuming gives the same records. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import type { Lab } from "../lab/lab.ts";
import { random } from "../lab/random.ts";
import { binary, run } from "../support/binary.ts";
import { type Stacks, startStacks, TIMED } from "./stack.ts";

let stacks: Stacks;
let first: string;
beforeAll(async () => {
  stacks = await startStacks();
  first = await stacks.exported(stacks.full, "first", TIMED);
});
afterAll(() => stacks.stop());

/** What the restored server gives equals what was saved. */
async function expectEqual(lab: Lab, name: string): Promise<void> {
  const again = await stacks.exported(lab, name, TIMED);
  const diff = await stacks.on(lab, "snapshots", "diff", first, again);
  expect(diff.exitCode, diff.stdout).toBe(0);
}

/** Resolves once the restore has finished so many blocks. */
async function blocksDone(directory: string, count: number): Promise<void> {
  for (;;) {
    const [name] = await readdir(directory).catch(() => []);
    const path = join(directory, name ?? "none", "progress.jsonl");
    const text = await Bun.file(path)
      .text()
      .catch(() => "");
    if (text.split("\n").length > count) return;
    await Bun.sleep(5);
  }
}

/** Begins or resumes the restore and kills it after so many blocks and milliseconds. @returns its exit code; `null`: it was killed */
async function killed(lab: Lab, after: { readonly blocks: number; readonly ms: number }, ...more: string[]) {
  const child = Bun.spawn([binary, "restore", first, "--yes", ...more], {
    cwd: stacks.cwd,
    env: stacks.envFor(lab),
    stdio: ["ignore", "ignore", "ignore"],
  });
  await Promise.race([blocksDone(join(stacks.cwd, "backups", "restores"), after.blocks), child.exited]);
  await Bun.sleep(after.ms);
  child.kill("SIGKILL");
  await child.exited;
  return child.exitCode;
}

test("killed twice at random points, it goes on with --resume, and the records are equal", async () => {
  const seed = Date.now() % 1_000_000;
  const next = random(seed);
  for (let round = 1; round <= 3; round += 1) {
    const lab = await stacks.another();
    const slowed = [lab.faults.loki, lab.faults.mimir, lab.faults.otlp];
    for (const faults of slowed) faults.add({ kind: "latency", ms: 15 });
    await rm(join(stacks.cwd, "backups", "restores"), { recursive: true, force: true });
    const blocks = 1 + Math.floor(next() * 30);
    const points = [
      { blocks, ms: next() * 40 },
      { blocks: blocks + 1 + Math.floor(next() * 10), ms: next() * 40 },
    ] as const;
    const where = `seed ${seed}, killed at ${JSON.stringify(points)}`;
    expect(await killed(lab, points[0]), where).toBeNull();
    expect(await killed(lab, points[1], "--resume"), where).toBeNull();
    for (const faults of slowed) faults.clear();
    const resumed = await stacks.on(lab, "restore", first, "--yes", "--resume", "--json");
    expect(resumed.exitCode, where + resumed.stderr).toBe(0);
    await expectEqual(lab, `killed-${round}`);
  }
}, 120_000);

test("there is nothing to resume when nothing was interrupted", async () => {
  const { exitCode, stderr } = await stacks.on(stacks.empty, "restore", first, "--yes", "--resume");
  expect(exitCode).toBe(2);
  expect(stderr).toContain("there is no interrupted restore like this one");
});

test("throttled, failing and cut servers are asked again, and everything arrives once", async () => {
  const lab = await stacks.another();
  lab.faults.loki.add({ kind: "status", status: 429, retryAfter: 0, times: 6, path: "push" });
  lab.faults.mimir.add({ kind: "status", status: 500, times: 4, path: "push|write" });
  lab.faults.otlp.add({ kind: "cut", times: 3 });
  const restored = await stacks.on(lab, "restore", first, "--yes", "--json");
  expect(restored.exitCode, restored.stdout + restored.stderr).toBe(0);
  expect(lab.faults.loki.struck + lab.faults.mimir.struck + lab.faults.otlp.struck).toBeGreaterThan(10);
  await expectEqual(lab, "throttled");
}, 120_000);

test("servers that ask to wait are waited for, and everything arrives once", async () => {
  const lab = await stacks.another();
  lab.faults.loki.add({ kind: "status", status: 429, retryAfter: 1, times: 3, path: "push" });
  // More often than any other failure is tried.
  lab.faults.otlp.add({ kind: "status", status: 429, retryAfter: 1, times: 8 });
  const began = performance.now();
  const restored = await stacks.on(lab, "restore", first, "--yes", "--json", ...TIMED);
  expect(restored.exitCode, restored.stdout + restored.stderr).toBe(0);
  expect(performance.now() - began).toBeGreaterThan(3_000);
  expect([lab.faults.loki.struck, lab.faults.otlp.struck]).toEqual([3, 8]);
  await expectEqual(lab, "asked-to-wait");
}, 120_000);

test("a server that is down is said to be, and the others are restored", async () => {
  const lab = await stacks.another();
  const env = { ...stacks.envFor(lab), CONTEXTCORE_LOKI_URL: "http://127.0.0.1:9" };
  const child = Bun.spawn([binary, "restore", first, "--yes", "--json"], {
    cwd: stacks.cwd,
    env,
    stdio: ["ignore", "pipe", "pipe"],
  });
  const report = JSON.parse(await new Response(child.stdout).text());
  expect(await child.exited).toBe(3);
  expect(report.status).toBe("partial");
  expect(report.leftOut).toEqual([
    { name: "loki", reason: expect.stringContaining("nothing listens there") },
  ]);
  expect(report.backends.map(({ backend }: { backend: string }) => backend)).toEqual(["tempo", "mimir"]);
}, 60_000);

/** A restore of which Loki's part is under way, killed. */
async function killedWhileWriting(lab: Lab): Promise<void> {
  await rm(join(stacks.cwd, "backups", "restores"), { recursive: true, force: true });
  for (const faults of [lab.faults.loki, lab.faults.mimir]) faults.add({ kind: "latency", ms: 15 });
  expect(await killed(lab, { blocks: 2, ms: 0 })).toBeNull();
  for (const faults of [lab.faults.loki, lab.faults.mimir]) faults.clear();
}

test("a server that is away when it is to go on is said to be, and costs the interrupted restore nothing", async () => {
  const lab = await stacks.another();
  await killedWhileWriting(lab);
  lab.faults.loki.add({ kind: "status", status: 500 });
  const without = await stacks.on(lab, "restore", first, "--yes", "--resume");
  expect(without.exitCode).toBe(4);
  expect(without.stderr).toContain(
    "the interrupted restore writes to loki, too, which cannot be written now: loki: ",
  );
  expect(without.stderr).toContain("nothing was written");
  lab.faults.loki.clear();
  const resumed = await stacks.on(lab, "restore", first, "--yes", "--resume", "--json");
  expect(resumed.exitCode, resumed.stderr).toBe(0);
  await expectEqual(lab, "away-for-a-while");
}, 120_000);

test("one bad answer beforehand leaves no server out", async () => {
  const lab = await stacks.another();
  const { faults } = lab;
  for (const one of [faults.loki, faults.mimir, faults.tempo])
    one.add({ kind: "status", status: 429, retryAfter: 0, times: 1 });
  const restored = await stacks.on(lab, "restore", first, "--yes", "--json");
  expect(restored.exitCode, restored.stdout + restored.stderr).toBe(0);
}, 60_000);

test("another tenant is another restore", async () => {
  const lab = await stacks.another();
  await killedWhileWriting(lab);
  const env = { ...stacks.envFor(lab), CONTEXTCORE_MIMIR_TENANT: "another" };
  const resumed = await run(["restore", first, "--yes", "--resume"], { cwd: stacks.cwd, env });
  expect(resumed.exitCode).toBe(2);
  expect(resumed.stderr).toContain("there is no interrupted restore like this one");
}, 60_000);

test("a restore that is under way is not continued by another process, and goes on to its end", async () => {
  const lab = await stacks.another();
  await rm(join(stacks.cwd, "backups", "restores"), { recursive: true, force: true });
  // Only writing is slow: whoever looks meanwhile is not.
  for (const faults of [lab.faults.loki, lab.faults.mimir])
    faults.add({ kind: "latency", path: "/push", ms: 1_000 });
  const under = Bun.spawn([binary, "restore", first, "--yes"], {
    cwd: stacks.cwd,
    env: stacks.envFor(lab),
    stdio: ["ignore", "ignore", "ignore"],
  });
  await blocksDone(join(stacks.cwd, "backups", "restores"), 1);
  const second = await stacks.on(lab, "restore", first, "--yes", "--resume");
  expect(second.stderr).toContain("another process carries out this restore");
  expect(second.exitCode).toBe(4);
  for (const faults of [lab.faults.loki, lab.faults.mimir]) faults.clear();
  expect(await under.exited).toBe(0);
  await expectEqual(lab, "under-way");
}, 120_000);
