/** `-q`: of what a command does only the last line, and errors; but nobody is asked about what was not shown. */
import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { type Lab, startLab } from "../lab/lab.ts";
import { run } from "../support/binary.ts";
import { labProject } from "../support/project.ts";
import { KEY, openSession } from "../support/pseudo-terminal.ts";

setDefaultTimeout(60_000); // two cores are shared with other test files

let lab: Lab;
let cwd: string;
beforeAll(async () => {
  lab = await startLab();
  cwd = labProject(lab, { only: ["loki", "grafana"], command: ["true"] });
});
afterAll(() => lab.stop());

test("an export says where the snapshot is, and nothing else", async () => {
  const { stdout, stderr, exitCode } = await run(["export", "-q", "--all"], { cwd });
  expect(stdout).toMatch(/^backups\/\d{8}-\d{6} {2}complete {2}[\d.]+ kB\n$/);
  expect({ stderr, exitCode }).toEqual({ stderr: "", exitCode: 0 });
});

test("what is missing is told, since it is why the exit code is not 0", async () => {
  const urls = { loki: "http://127.0.0.1:1" };
  const without = labProject(lab, { only: ["loki", "grafana"], urls });
  const { stdout, stderr, exitCode } = await run(["export", "-q"], { cwd: without });
  expect(stdout).toMatch(/^backups\/\S+ {2}partial {2}[\d.]+ kB\n$/);
  expect(stderr).toMatch(/^missing: loki: .+\n$/);
  expect(exitCode).toBe(3);
});

test("a proof, a restore and a removal end with the line that says what is true", async () => {
  const verified = await run(["-q", "verify", "latest"], { cwd });
  expect(verified).toMatchObject({
    stdout: expect.stringMatching(/^\S+ {2}sound {2}.*\n$/),
    stderr: "",
    exitCode: 0,
  });
  const restored = await run(["restore", "latest", "--plugin", "loki", "--yes", "-q"], { cwd });
  expect(restored).toMatchObject({
    stdout: expect.stringMatching(/^\S+ {2}complete\n$/),
    stderr: "",
    exitCode: 0,
  });
  const pruned = await run(["snapshots", "prune", "--keep-last", "9", "--yes", "-q"], { cwd });
  expect(pruned).toEqual({ stdout: "", stderr: "nothing was removed\n", exitCode: 0 });
});

test("a listing and a dry run are results: they stay", async () => {
  const listed = await run(["snapshots", "list", "-q"], { cwd });
  expect(listed.stdout).toBe((await run(["snapshots", "list"], { cwd })).stdout);
  const planned = await run(["snapshots", "prune", "--keep-last", "9", "--dry-run", "-q"], { cwd });
  expect(planned.stdout).toContain("0 of 1 snapshot to remove");
  const inventory = await run(["inventory", "-q"], { cwd });
  expect(inventory.stdout).toContain("retention=");
  expect(inventory.stderr).toBe("");
});

test("JSON is the same with it, and an error is told", async () => {
  const { stdout, stderr } = await run(["snapshots", "list", "--json", "-q"], { cwd });
  expect({ stdout, stderr }).toEqual({
    stdout: (await run(["snapshots", "list", "--json"], { cwd })).stdout,
    stderr: "",
  });
  const wrong = await run(["verify", "nosuch", "-q"], { cwd });
  expect(wrong.stderr).toMatch(/^error: there is no snapshot nosuch.*\nhint: .*\n$/);
});

test("who is asked sees first what it is about", async () => {
  const session = openSession(["dashboards", "delete", "con-dash", "-q"], { cwd });
  await session.waitFor("delete");
  await session.waitFor("con-dash");
  await session.waitFor("Delete them?");
  session.type(KEY.escape);
  expect(await session.exited).toBe(130);
  expect(session.text()).toContain("nothing was deleted");
});

test("before a destruction on a terminal all is shown, as what would be lost is asked about", async () => {
  const session = openSession(["destroy", "-q"], { cwd });
  for (const text of ["retention=", "This destroys the stack shop", "OPTIONS:"]) await session.waitFor(text);
  session.type(KEY.interrupt);
  expect(await session.exited).toBe(130);
});

test("quiet and verbose contradict each other", async () => {
  const { stderr, exitCode } = await run(["inventory", "-q", "--verbose"], { cwd });
  expect(stderr).toBe("error: --quiet and --verbose contradict each other\nhint: give one of them\n");
  expect(exitCode).toBe(2);
});
