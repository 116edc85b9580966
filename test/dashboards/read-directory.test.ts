/** Which files are dashboards, in which forms, and what is said of those that are none. */
import { expect, test } from "bun:test";
import { mkdirSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { DashboardFilesError } from "../../src/dashboards/source.ts";
import { failure, startGrafana } from "../plugins/grafana/support.ts";
import { temporaryDirectory } from "../support/directory.ts";
import { model, provision, storeOf, summary } from "./support.ts";

test("every kind of file is understood: the plain model, the old API's, and a resource", async () => {
  await using grafana = await startGrafana();
  const directory = temporaryDirectory({
    "plain.json": model("plain", "Plain", { id: 17, version: 3 }),
    "old.json": JSON.stringify({
      dashboard: { uid: "old", title: "Old" },
      folderUid: "ignored",
      overwrite: true,
    }),
    "resource.json": JSON.stringify({
      apiVersion: "dashboard.grafana.app/v2beta1",
      kind: "Dashboard",
      metadata: { name: "second", annotations: { "grafana.app/folder": "elsewhere" } },
      spec: { title: "Second", elements: {}, layout: { kind: "GridLayout" } },
    }),
  });
  const store = await storeOf(grafana);
  expect(summary(await provision(store, directory))).toContain("dashboards 3+");
  expect(grafana.face.store.dashboards.get("second")?.apiVersion).toBe("v2beta1");
  expect(grafana.face.store.dashboards.get("second")?.folderUid).toBe("");
  expect(summary(await provision(store, directory))).toContain("dashboards 0+ 0~ 3=");
});

test("every file that is no dashboard is named, with the place, and nothing is written", async () => {
  await using grafana = await startGrafana();
  const directory = temporaryDirectory({
    "good.json": model("good", "Good"),
    "Sub/broken.json": '{\n  "title": "x",\n  "panels": [}\n',
    "Sub/comma.json": '{"title": "x",}',
    "Sub/list.json": "[1, 2]",
    "Sub/empty.json": "",
    "nameless.json": '{"panels": []}',
    "twice.json": model("good", "Again"),
    "half.json": '{"apiVersion": "dashboard.grafana.app/v1", "spec": {"title": "x"}}',
    "Folder/_folder.json": '{"kind": "Folder"}',
  });
  const error = await failure(provision(await storeOf(grafana), directory));
  if (!(error instanceof DashboardFilesError)) throw error;
  expect(error.problems.map(({ file, reason }) => `${file}: ${reason}`).sort()).toEqual([
    "Folder/_folder.json: not a folder: it has no metadata",
    "Sub/broken.json: not valid JSON at line 3, column 14",
    "Sub/comma.json: not valid JSON (an extra comma, a comment, or a word without quotes)",
    "Sub/empty.json: it is empty",
    "Sub/list.json: not a dashboard: it is not a JSON object",
    "half.json: not a dashboard: it has no metadata",
    "nameless.json: not a dashboard: it has no title",
    "twice.json: good.json has the same uid good",
  ]);
  expect(grafana.calls).toEqual([]);
});

test("an empty directory is nothing to do", async () => {
  await using grafana = await startGrafana();
  const directory = temporaryDirectory();
  mkdirSync(join(directory, "Empty/Deeper"), { recursive: true });
  expect(summary(await provision(await storeOf(grafana), directory))).toBe(
    "folders 0+ 0~ 0=, dashboards 0+ 0~ 0=, left 0, failed 0",
  );
  expect(readdirSync(directory)).toEqual(["Empty"]);
});
