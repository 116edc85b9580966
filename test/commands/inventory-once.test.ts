/** An export asks a server once what it holds. */
import { afterAll, expect, setDefaultTimeout, test } from "bun:test";
import { startLab } from "../lab/lab.ts";
import { run } from "../support/binary.ts";
import { startFront } from "../support/front.ts";
import { labProject } from "../support/project.ts";

setDefaultTimeout(60_000); // two cores are shared with other test files

const lab = await startLab({ seed: 1 });
const asked: string[] = [];
/** Between the program and the lab's Loki. */
const between = startFront(lab.urls.loki, (request, pass) => {
  asked.push(new URL(request.url).pathname);
  return pass();
});
afterAll(async () => {
  await between.stop();
  await lab.stop();
});

test("an export reads the inventory once, for its plan, and works from that", async () => {
  const cwd = labProject(lab, { only: ["loki"], urls: { loki: between.url } });
  const { exitCode, stderr } = await run(["export", "--all"], { cwd });
  expect([exitCode, stderr]).toEqual([0, expect.any(String)]);
  expect(asked.filter((path) => path.endsWith("/status/buildinfo")).length).toBe(1);
});
