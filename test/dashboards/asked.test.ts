/** Before dashboards are overwritten somebody at a terminal is asked; `--yes` answers, and a script goes on as it always did. */
import { expect, setDefaultTimeout, test } from "bun:test";
import { join } from "node:path";
import { startGrafana } from "../plugins/grafana/support.ts";
import { run } from "../support/binary.ts";
import { temporaryDirectory } from "../support/directory.ts";
import { KEY, openSession } from "../support/pseudo-terminal.ts";

setDefaultTimeout(60_000);

const board = (title: string): string =>
  JSON.stringify({ uid: "mine", title, panels: [], schemaVersion: 39 });

async function provisioned(url: string) {
  const cwd = temporaryDirectory({ "boards/mine.json": board("First") });
  const setting = { cwd, env: { GRAFANA_URL: url } };
  const args = ["dashboards", "provision", "boards"] as const;
  const created = openSession(args, setting);
  expect(await created.exited).toBe(0); // what is only added is not asked about
  expect(created.text()).toContain("dashboards: 1 created");
  await Bun.write(join(cwd, "boards/mine.json"), board("Second"));
  return { setting, args };
}

test("a no leaves the dashboard, a yes and --yes overwrite it", async () => {
  await using grafana = await startGrafana({ seed: 1 });
  const { setting, args } = await provisioned(grafana.url);
  const title = () => grafana.face.store.dashboards.get("mine")?.spec.title;
  const left = openSession(args, setting);
  await left.waitFor("update  mine.json  Second");
  await left.waitFor("Overwrite 1 object?");
  left.type(KEY.enter);
  expect(await left.exited).toBe(130);
  expect(left.text()).toEndWith("nothing was written\n");
  expect(left.text()).not.toContain("dashboards: 0 created");
  expect(title()).toBe("First");
  const taken = openSession(args, setting);
  await taken.waitFor("Overwrite 1 object?");
  taken.type("y");
  expect(await taken.exited).toBe(0);
  expect(title()).toBe("Second");
  await Bun.write(join(setting.cwd, "boards/mine.json"), board("Third"));
  const unasked = openSession([...args, "--yes"], setting);
  expect(await unasked.exited).toBe(0);
  expect(title()).toBe("Third");
});

test("without a terminal nothing is asked", async () => {
  await using grafana = await startGrafana({ seed: 1 });
  const { setting, args } = await provisioned(grafana.url);
  for (const more of [["--dry-run"], [], ["--yes"]]) {
    const { exitCode, stderr } = await run([...args, ...more], setting);
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
  }
});
