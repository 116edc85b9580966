/** What `snapshots list` draws of the time that no snapshot holds. */
import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { type Lab, startLab } from "../lab/lab.ts";
import { run } from "../support/binary.ts";
import { labProject } from "../support/project.ts";

setDefaultTimeout(60_000);

let lab: Lab;
beforeAll(async () => {
  lab = await startLab();
});
afterAll(() => lab.stop());

test("the time before a backend's first save has a sign of its own, and ends some moments apart are no gap", async () => {
  const cwd = labProject(lab, { only: ["mimir", "loki"] });
  for (const [name, ...range] of [
    ["loki", "--from", "20h"],
    ["mimir", "--from", "5h"], // some moments later, so that Loki's ends before this one's
  ] as const)
    expect((await run(["export", "--plugin", name, ...range], { cwd })).exitCode).toBe(0);
  const { stdout } = await run(["snapshots", "list"], { cwd });
  expect(stdout).toMatch(/^mimir +┄{20,}▒?█+ +no gaps$/m);
  expect(stdout).toMatch(/^loki +█+ +no gaps$/m);
});
