/** Nobody reads what is printed, or it cannot be written: the command still does what it says, and its exit code is its own. */
import { expect, setDefaultTimeout, test } from "bun:test";
import { join } from "node:path";
import { binary, cleanEnv, run } from "../support/binary.ts";
import { labProject } from "../support/project.ts";
import { eventsOf, isDestroyed, lastLine, startStacks } from "./destroyable.ts";

setDefaultTimeout(60_000); // two cores are shared with other test files

const { lab, stack } = await startStacks();

/** Runs a line of bash in which `$0` is the program. */
async function bash(line: string, cwd: string) {
  const child = Bun.spawn(["bash", "-c", line, binary], {
    cwd,
    env: cleanEnv(cwd),
    stdio: ["ignore", "pipe", "pipe"],
  });
  const [stdout, stderr] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
  ]);
  return { stdout, stderr, exitCode: await child.exited };
}

const DESTROY = '"$0" destroy --option 3 --confirm shop';

test.each([
  ["stdout", `${DESTROY} | true`],
  ["stdout and stderr", `${DESTROY} 2>&1 | true`],
])("a destroy whose %s nobody reads comes to its end, and says 0 because it did", async (_name, line) => {
  const cwd = stack();
  const { stdout } = await bash(`${line}; echo $PIPESTATUS`, cwd);
  expect([stdout, isDestroyed(cwd)]).toEqual(["0\n", true]);
  expect((await eventsOf(cwd)).map(({ outcome }: { outcome: string }) => outcome)).toEqual([
    "started",
    "success",
  ]);
});

test("a destroy whose table cannot be written comes to its end: an error, and last what was destroyed", async () => {
  const cwd = stack();
  const { stderr, exitCode } = await bash(`${DESTROY} >/dev/full`, cwd);
  expect(stderr).toContain("error: stdout cannot be written: the disk is full");
  expect(lastLine(stderr)).toContain("the stack shop is destroyed");
  expect([exitCode, isDestroyed(cwd)]).toEqual([1, true]);
});

test("a reader that goes away hides no exit code", async () => {
  const cwd = labProject(lab, { only: ["grafana", "loki"], urls: { loki: "http://127.0.0.1:1" } });
  expect((await bash('"$0" inventory | true; echo $PIPESTATUS', cwd)).stdout).toBe("3\n");
});

test("audit --follow ends with its reader", async () => {
  const cwd = labProject(lab, { only: ["grafana"] });
  expect((await run(["export", "--all"], { cwd })).exitCode).toBe(0);
  const following = bash('"$0" audit -n 1 --follow | head -n 1; echo $PIPESTATUS', cwd);
  const ended = following.then(() => true);
  while (!(await Promise.race([ended, Bun.sleep(200).then(() => false)])))
    await run(["audit", "export", "-o", join(cwd, "events.jsonl")], { cwd });
  const { stdout, stderr } = await following;
  expect([stdout.split("\n").slice(1), stderr]).toEqual([["0", ""], ""]);
});

test("an audit export that was not read to its end is recorded so", async () => {
  const cwd = labProject(lab, { only: ["grafana"] });
  expect((await run(["export", "--all"], { cwd })).exitCode).toBe(0);
  expect((await bash('"$0" audit export | true; echo $PIPESTATUS', cwd)).stdout).toBe("3\n");
  expect((await eventsOf(cwd, "audit_export")).at(-1)).toMatchObject({
    outcome: "partial",
    details: { error: "its reader closed the pipe" },
  });
});
