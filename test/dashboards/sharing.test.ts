/** Dashboards that were exported for sharing have holes; they are written as they are, and what is open is said. */
import { expect, test } from "bun:test";
import { startGrafana } from "../plugins/grafana/support.ts";
import { run } from "../support/binary.ts";
import { temporaryDirectory } from "../support/directory.ts";
import { planFor, storeOf } from "./support.ts";

const placeholder = (name: string): string => `$${`{${name}}`}`;

const SHARED = JSON.stringify({
  __inputs: [
    { name: "DS_METRICS", label: "Metrics", type: "datasource", pluginId: "prometheus" },
    { name: "VAR_JOB", label: "job", type: "constant", value: "shop" },
    { name: "DS_UNUSED", label: "Unused", type: "datasource", pluginId: "loki" },
  ],
  __elements: { "shared-1": { name: "Shared panel", uid: "shared-1", kind: 1, model: { type: "text" } } },
  __requires: [{ type: "grafana", id: "grafana", version: "11.0.0" }],
  id: null,
  uid: "shared-board",
  title: "Shared board",
  panels: [
    {
      id: 1,
      datasource: { type: "prometheus", uid: placeholder("DS_METRICS") },
      targets: [{ expr: `up{job="${placeholder("VAR_JOB")}"}`, refId: "A" }],
    },
    { id: 2, libraryPanel: { uid: "shared-1", name: "Shared panel" } },
  ],
  templating: { list: [] },
});

const WARNING = `shared.json: exported for sharing: nothing fills in ${placeholder("DS_METRICS")} (data source: prometheus), ${placeholder("VAR_JOB")} (constant: job); it includes library panels, which are not created: Shared panel (shared-1). Import it into Grafana once, and use the export of the result`;

test("each input and library panel that nothing fills is named, in the dry run and in the run", async () => {
  await using grafana = await startGrafana();
  const cwd = temporaryDirectory({ "boards/shared.json": SHARED });
  const provisioned = (...more: readonly string[]) =>
    run(["dashboards", "provision", "boards", ...more], { cwd, env: { GRAFANA_URL: grafana.url } });
  for (const more of [["--dry-run"], [], []]) {
    const { exitCode, stderr } = await provisioned(...more);
    expect(exitCode).toBe(0);
    expect(stderr).toContain(WARNING);
  }
  expect(grafana.face.store.dashboards.has("shared-board")).toBe(true);
  const { warned } = JSON.parse((await provisioned("--json")).stdout);
  expect(warned).toEqual([{ subject: "shared.json", reason: WARNING.slice("shared.json: ".length) }]);
}, 30_000);

const warnedOf = async (content: object): Promise<string[]> => {
  await using grafana = await startGrafana();
  const directory = temporaryDirectory({ "a.json": JSON.stringify({ title: "A", ...content }) });
  return (await planFor(await storeOf(grafana), directory)).warned.map(({ reason }) => reason);
};

const using = { panels: [{ datasource: { uid: placeholder("DS_X") } }] };

test("a placeholder without its inputs is open, too; one that the dashboard has a variable for is not", async () => {
  expect(await warnedOf(using)).toEqual([
    expect.stringContaining(`nothing fills in ${placeholder("DS_X")}.`),
  ]);
  expect(await warnedOf({ dashboard: { title: "A", ...using } })).toHaveLength(1);
  const templating = { list: [{ name: "DS_X", type: "datasource", query: "prometheus" }] };
  expect(await warnedOf({ ...using, templating })).toEqual([]);
  const second = { kind: "Dashboard", apiVersion: "dashboard.grafana.app/v2beta1", metadata: { name: "b" } };
  const variables = [{ kind: "DatasourceVariable", spec: { name: "DS_X" } }];
  expect(await warnedOf({ ...second, spec: { title: "B", ...using } })).toHaveLength(1);
  expect(await warnedOf({ ...second, spec: { title: "B", ...using, variables } })).toEqual([]);
});

test("ordinary variables, and inputs that nothing refers to, are no holes", async () => {
  const panels = [{ title: placeholder("job"), expr: `$DS_X [${placeholder("__range")}]` }];
  expect(await warnedOf({ panels, __inputs: [{ name: "DS_X" }], __elements: {} })).toEqual([]);
});
