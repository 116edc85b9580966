/** An export that is stopped in the middle, in every way there is, and goes on to the same records. */
import { afterAll, afterEach, expect, setDefaultTimeout, test } from "bun:test";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { startLab } from "../lab/lab.ts";
import { binary, cleanEnv, run } from "../support/binary.ts";
import { labProject } from "../support/project.ts";
import { KEY, openSession } from "../support/pseudo-terminal.ts";

setDefaultTimeout(60_000); // two cores are shared with other test files

const lab = await startLab();
afterAll(() => lab.stop());
afterEach(() => lab.faults.loki.clear());

const RANGE = ["--plugin", "loki", "--from", "2026-01-01"];
const project = () => labProject(lab, { only: ["loki"] });

/** A server that answers a few calls and then no more: the export is under way until it is stopped. */
const slow = () => lab.faults.loki.add({ kind: "hang", path: "query_range", after: 6 });

const unfinished = (cwd: string): string[] =>
  existsSync(join(cwd, "backups"))
    ? readdirSync(join(cwd, "backups")).filter((name) => name.endsWith(".partial"))
    : [];

/** Waits until some blocks are committed, so that there is something to go on from. */
async function untilUnderWay(cwd: string): Promise<void> {
  for (;;) {
    const [partial] = unfinished(cwd);
    const index = join(cwd, "backups", partial ?? "", "blocks.jsonl");
    if (partial !== undefined && existsSync(index) && readFileSync(index, "utf8").split("\n").length > 4)
      return;
    await Bun.sleep(10);
  }
}

/** Waits until the first cursors are written, or takes so long that they must be just being listed. */
async function untilListing(cwd: string): Promise<void> {
  while (unfinished(cwd).length === 0) await Bun.sleep(5);
  const index = join(cwd, "backups", unfinished(cwd)[0] ?? "", "blocks.jsonl");
  for (let waited = 0; waited < 1_000; waited += 20) {
    if (existsSync(index) && readFileSync(index).length > 0) return;
    await Bun.sleep(20);
  }
}

function linesOf(cwd: string): string[] {
  const [snapshot = ""] = readdirSync(join(cwd, "backups")).filter((name) => !name.startsWith("."));
  return readFileSync(join(cwd, "backups", snapshot, "logs.json"), "utf8")
    .split("\n")
    .sort();
}

const whole = await (async () => {
  const cwd = project();
  await run(["export", ...RANGE], { cwd });
  return linesOf(cwd);
})();

test.each(["tempo", "loki", "mimir"] as const)(
  "%s: is stopped within a second among the hundreds of thousands of windows of half a century",
  async (plugin) => {
    const empty = await startLab({ empty: true });
    try {
      const cwd = labProject(empty, { only: [plugin] });
      empty.faults[plugin].add({ kind: "latency", ms: 20 });
      const child = Bun.spawn([binary, "export", "--from", "1972-01-01"], {
        cwd,
        env: cleanEnv(cwd),
        stdio: ["ignore", "ignore", "ignore"],
      });
      await untilListing(cwd);
      const stopped = performance.now();
      child.kill("SIGTERM");
      expect(await child.exited).toBe(130);
      expect(performance.now() - stopped).toBeLessThan(1_000);
    } finally {
      await empty.stop();
    }
  },
);

test("there is something to compare with", () => {
  expect(whole.length).toBeGreaterThan(5);
});

test.each(["SIGINT", "SIGTERM"] as const)(
  "%s: stops cleanly, says how to go on, and goes on",
  async (signal) => {
    const cwd = project();
    slow();
    const child = Bun.spawn([binary, "export", ...RANGE], {
      cwd,
      env: cleanEnv(cwd),
      stderr: "pipe",
      stdout: "pipe",
    });
    await untilUnderWay(cwd);
    child.kill(signal);
    const stderr = await new Response(child.stderr).text();
    expect({ exitCode: await child.exited, stdout: await new Response(child.stdout).text() }).toEqual({
      exitCode: 130,
      stdout: "",
    });
    const [partial = ""] = unfinished(cwd);
    expect(stderr).toContain(`hint: contextcore export --resume ${join(cwd, "backups", partial)}\n`);
    const { stdout } = await run(["audit"], { cwd });
    expect(stdout.trimEnd()).toEndWith("outcome=cancelled");
    lab.faults.loki.clear();
    expect((await run(["export", "--resume"], { cwd })).exitCode).toBe(0);
    expect(unfinished(cwd)).toEqual([]);
    expect(linesOf(cwd)).toEqual(whole);
  },
);

test("Ctrl-C on a terminal does the same", async () => {
  const cwd = project();
  slow();
  const session = openSession(["export", ...RANGE], { cwd });
  await untilUnderWay(cwd);
  session.type(KEY.interrupt);
  await session.waitFor("stopping cleanly; once more stops at once");
  expect(await session.exited).toBe(130);
  expect(session.text()).toContain("contextcore export --resume");
  expect(session.text()).toMatch(/loki .*▏ +stopped/);
  expect(session.text()).not.toContain("failed");
});

test("kill -9, then --resume: the same records, and the trail says what happened", async () => {
  const cwd = project();
  slow();
  const child = Bun.spawn([binary, "export", ...RANGE], {
    cwd,
    env: cleanEnv(cwd),
    stderr: "ignore",
    stdout: "ignore",
  });
  await untilUnderWay(cwd);
  child.kill("SIGKILL");
  await child.exited;
  lab.faults.loki.clear();
  const [partial = ""] = unfinished(cwd);
  const resumed = await run(["export", "--resume", join("backups", partial)], { cwd });
  expect(resumed.exitCode).toBe(0);
  expect(resumed.stderr).toContain("was interrupted: the snapshot's directory still ends in .partial");
  expect(linesOf(cwd)).toEqual(whole);
  const { stdout } = await run(["audit"], { cwd });
  expect(
    stdout
      .trimEnd()
      .split("\n")
      .map((line) => line.split("outcome=")[1]),
  ).toEqual(["started", "interrupted", "started", "success"]);
});
