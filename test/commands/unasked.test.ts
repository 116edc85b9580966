/** What an export shows of a backend that it could not ask. */
import { afterAll, expect, setDefaultTimeout, test } from "bun:test";
import { startLab } from "../lab/lab.ts";
import { run } from "../support/binary.ts";
import { labProject } from "../support/project.ts";
import { openSession } from "../support/pseudo-terminal.ts";

setDefaultTimeout(60_000); // two cores are shared with other test files

const lab = await startLab();
afterAll(() => lab.stop());

test("a backend that could not be asked has no row that stands at 0 %; the report says that it failed", async () => {
  const cwd = labProject(lab, { only: ["loki", "grafana"], urls: { loki: "http://127.0.0.1:1" } });
  const session = openSession(["export", "-t", "1h"], { cwd });
  expect(await session.exited).toBe(3);
  expect(session.text()).toMatch(/^loki +0 B +failed$/m);
  expect(session.text()).not.toMatch(/^loki.* 0%/m);
  expect(session.text()).toMatch(/^grafana.* 100%/m);
});

test("where none can be asked an export ends with 1, and each is named", async () => {
  const gone = "http://127.0.0.1:1";
  const cwd = labProject(lab, { only: ["loki", "grafana"], urls: { loki: gone, grafana: gone } });
  const { stdout, stderr, exitCode } = await run(["export", "-t", "1h"], { cwd });
  expect([exitCode, stdout]).toEqual([
    1,
    expect.stringMatching(/^nothing was exported, so no snapshot was made$/m),
  ]);
  for (const name of ["loki", "grafana"])
    expect(stderr).toMatch(new RegExp(`^missing: ${name}: failed: .*nothing listens there`, "m"));
});
