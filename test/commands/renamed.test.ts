/** A backend that was renamed: snapshots know it by its old name, so it counts as unsaved, and that is said. */
import { afterAll, expect, setDefaultTimeout, test } from "bun:test";
import { join } from "node:path";
import { startLab } from "../lab/lab.ts";
import { run } from "../support/binary.ts";
import { exported, OFF, project } from "./instance-project.ts";

setDefaultTimeout(60_000); // two cores are shared with other test files

const lab = await startLab();
afterAll(() => lab.stop());
const HINT = "the same server";

/** A project whose one Loki was saved as `loki`, and is configured anew since. */
async function renamed(backends: string): Promise<string> {
  const cwd = project(`  loki: { url: "${lab.urls.loki}" }\n`);
  await exported(cwd);
  await Bun.write(join(cwd, "contextcore.yaml"), `name: shop\nbackends:\n${OFF}${backends}`);
  const inventory = await run(["inventory"], { cwd });
  const planned = await run(["export", "--since-last", "--dry-run"], { cwd });
  return inventory.stderr + planned.stderr;
}

test("its old name is asked about, by the inventory and by the next increment", async () => {
  const told = await renamed(`  logs: { plugin: loki, url: "${lab.urls.loki}/" }\n`);
  expect(told).toMatch(
    /^warning: logs: \d+ \w+ not in any snapshot; they hold the same server as loki: was it renamed\?$/m,
  );
  expect(told).toContain(
    "logs: everything, since no snapshot of it is kept; the same server is kept as loki: was it renamed?",
  );
});

test.each([
  ["another server", `  logs: { plugin: loki, url: "http://127.0.0.1:1" }\n`],
  ["another tenant", `  logs: { plugin: loki, url: "${lab.urls.loki}", tenant: other }\n`],
  [
    "a second backend for the same server",
    `  loki: { url: "${lab.urls.loki}" }\n  logs: { plugin: loki, url: "${lab.urls.loki}" }\n`,
  ],
  ["the same name", `  loki: { url: "${lab.urls.loki}" }\n`],
])("%s is no other name", async (_name, backends) => {
  expect(await renamed(backends)).not.toContain(HINT);
});
