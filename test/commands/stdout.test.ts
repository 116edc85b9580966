/** `-o -` is stdout, wherever a command writes a file. */
import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type Lab, startLab } from "../lab/lab.ts";
import { run } from "../support/binary.ts";
import { labProject } from "../support/project.ts";

setDefaultTimeout(60_000);

let lab: Lab;
let cwd: string;
beforeAll(async () => {
  lab = await startLab();
  cwd = labProject(lab, { only: ["mimir"] });
  await run(["export", "-t", "1h"], { cwd });
});
afterAll(() => lab.stop());

const CONVERT = ["snapshots", "convert", "latest", "--to", "openmetrics"];

test("a snapshot is converted to stdout as it is to a file", async () => {
  const file = await run([...CONVERT, "-o", "metrics.om"], { cwd });
  const piped = await run([...CONVERT, "-o", "-"], { cwd });
  expect(piped.stdout).toBe(readFileSync(join(cwd, "metrics.om"), "utf8"));
  expect(piped.stdout).toEndWith("# EOF\n");
  expect(piped.exitCode).toBe(file.exitCode);
  expect(piped.stderr).toMatch(/^stdout: [\d,]+ samples$/m);
  expect(existsSync(join(cwd, "-"))).toBe(false);
});

test("the trail is exported to stdout as without -o", async () => {
  const { stdout, stderr, exitCode } = await run(["audit", "export", "--operation", "export", "-o", "-"], {
    cwd,
  });
  expect({ stderr, exitCode }).toEqual({ stderr: "", exitCode: 0 });
  expect(stdout).toBe((await run(["audit", "export", "--operation", "export"], { cwd })).stdout);
  expect(stdout).toContain('"operation":"export"');
  expect(existsSync(join(cwd, "-"))).toBe(false);
});

test("stdout is not written to by two at once", async () => {
  const { exitCode, stderr } = await run([...CONVERT, "-o", "-", "--json"], { cwd });
  expect(stderr).toStartWith("error: --output - and --json contradict each other\n");
  expect(exitCode).toBe(2);
});

test.each([
  ["export -o -", "--output"],
  ["audit prune --output=- --dry-run", "--output"],
  ["dashboards export -", "DIRECTORY"],
  ["dashboards provision - --dry-run", "DIRECTORY"],
])("%s: a directory is no stream, and nothing runs", async (line, shown) => {
  const { stdout, stderr, exitCode } = await run(line.split(" "), { cwd });
  expect({ stdout, stderr, exitCode }).toEqual({
    stdout: "",
    stderr: `error: ${shown} -: a directory cannot go to stdout or come from stdin\nhint: name a directory; one that is called - is ./-\n`,
    exitCode: 2,
  });
  expect(existsSync(join(cwd, "-"))).toBe(false);
});
