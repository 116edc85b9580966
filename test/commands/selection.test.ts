/** Exports that a selector restricts. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { type Lab, startLab } from "../lab/lab.ts";
import { watched } from "../restore/watched.ts";
import { cleanEnv, run } from "../support/binary.ts";
import { temporaryDirectory } from "../support/directory.ts";
import { labProject } from "../support/project.ts";

let lab: Lab;
const cwd = temporaryDirectory();
beforeAll(async () => {
  lab = await startLab();
});
afterAll(() => lab.stop());

const exported = (...args: string[]) =>
  run(["export", "-o", "backups", "--plugin", "loki", ...args], {
    cwd,
    env: { ...cleanEnv(cwd), CONTEXTCORE_LOKI_URL: lab.urls.loki },
  });

test("a selector that finds nothing is said, and is no success", async () => {
  const { exitCode, stderr } = await exported("-t", "24h", "--match", '{app="nope"}');
  expect(exitCode).toBe(3);
  expect(stderr).toContain('missing: loki: the selector {app="nope"} found nothing');
});

test.each([
  ["tempo", "{ resource.service.name = }", ["/api/search", "/status/config", "/status/runtime_config"]],
  ["mimir", '{job="x"', []],
  ["loki", '{app="shop"} |= "x"', []],
  ["grafana", "colour=red", []],
] as const)(
  "what %s does not understand is refused before any server is asked for more",
  async (name, match, asked) => {
    const { calls, urls, stop } = watched(lab);
    const directory = labProject(lab, { urls });
    const args = ["export", "-t", "24h", "--match", `${name}=${match}`];
    const { exitCode, stderr } = await run(args, { cwd: directory });
    await stop();
    expect({ exitCode, stderr }).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining(`--match ${name}=`),
    });
    expect(calls.sort()).toEqual(asked.map((path) => `${name} GET ${path}`));
  },
);

test("a beginning long before the oldest data costs nothing", async () => {
  const began = performance.now();
  const { exitCode, stdout, stderr } = await exported("--from", "1971-01-01", "--json");
  expect(exitCode, stderr).toBe(0);
  expect(JSON.parse(stdout).backends[0].counts.entries).toBeGreaterThan(1000);
  expect(performance.now() - began).toBeLessThan(20_000);
});

test("a time before 1970 is a usage error, and nothing runs", async () => {
  for (const time of ["1000000d", "9999999999999d"]) {
    const { exitCode, stderr } = await exported("-t", time);
    expect({ time, exitCode }).toEqual({ time, exitCode: 2 });
    expect(stderr).toContain("--time reaches back to before 1970");
  }
});
