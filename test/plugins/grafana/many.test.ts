/** More of everything than one page holds. */
import { expect, test } from "bun:test";
import type { GrafanaFace } from "../../lab/grafana/index.ts";
import { exportAll, NEVER, open, startGrafana, WEEK } from "./support.ts";

const STAMP = {
  created: "2026-01-01T00:00:00Z",
  createdBy: "ada",
  updated: "2026-01-01T00:00:00Z",
  updatedBy: "ada",
};

function addDashboards({ store }: GrafanaFace, number: number): void {
  for (let index = 0; index < number; index += 1) {
    const uid = `many-${index}`;
    store.dashboards.set(uid, {
      ...STAMP,
      id: store.nextId(),
      uid,
      folderUid: "",
      apiVersion: "v0alpha1",
      spec: { title: `Board ${index % 7}`, schemaVersion: 42 },
      version: 1,
      message: "",
    });
  }
}

function addFolders({ store }: GrafanaFace, number: number): void {
  for (let index = 0; index < number; index += 1) {
    const uid = `folder-${index}`;
    const folder = { uid, title: `Folder ${index % 5}`, description: "", parentUid: "", version: 1 };
    store.folders.set(uid, { ...STAMP, ...folder, id: store.nextId() });
  }
}

function addPanels({ store }: GrafanaFace, number: number): void {
  for (let index = 0; index < number; index += 1) {
    const uid = `panel-${index}`;
    const panel = {
      uid,
      name: `Panel ${index}`,
      kind: 1,
      folderUid: "",
      model: { type: "text" },
      version: 1,
    };
    store.libraryPanels.set(uid, { ...STAMP, ...panel, id: store.nextId() });
  }
}

test.each(["13.1.0", "11.6.0"])("Grafana %s: none is lost where a page ends", async (version) => {
  await using grafana = await startGrafana({ version });
  addDashboards(grafana.face, 2300);
  addFolders(grafana.face, 1200);
  addPanels(grafana.face, 250);
  const { backend } = await open(grafana);
  const { counts, files } = await exportAll(backend);
  expect(counts).toMatchObject({ dashboards: 2300, folders: 1200, "library-panels": 250 });
  expect(files.size).toBeGreaterThan(3750);
  expect(await backend.count?.({ range: WEEK }, NEVER)).toMatchObject({
    dashboards: 2300,
    folders: 1200,
    "library-panels": 250,
  });
  expect((await backend.inventory(NEVER)).counts).toMatchObject({ dashboards: 2300, folders: 1200 });
}, 30_000);

test("exactly one full page is not the end before it is known to be", async () => {
  await using grafana = await startGrafana();
  addDashboards(grafana.face, 1000);
  const { counts } = await exportAll((await open(grafana)).backend);
  expect(counts.dashboards).toBe(1000);
});

test("a proxy that drops the query is found out", async () => {
  await using grafana = await startGrafana();
  addDashboards(grafana.face, 1500);
  const page = await fetch(`${grafana.url}/api/search?type=dash-db&limit=1000&page=1`).then((answer) =>
    answer.text(),
  );
  grafana.intercept = (request) =>
    new URL(request.url).pathname === "/api/search" ? new Response(page) : undefined;
  const { backend } = await open(grafana);
  expect(backend.export.step({ kind: "dashboards" }, NEVER)).rejects.toThrow(
    "grafana: /api/search gives the same page again and again",
  );
});

test("the estimate of the size reads a few dashboards, and says so", async () => {
  await using grafana = await startGrafana();
  addDashboards(grafana.face, 2300);
  const { backend } = await open(grafana);
  const { bytes, source, how } = await backend.size(NEVER);
  expect(source).toBe("estimate");
  expect(how).toBe("20 of 2300 dashboards read, as JSON");
  const { files } = await exportAll(backend, { range: WEEK, match: "board" });
  const real = [...files.values()].reduce((sum, text) => sum + Buffer.byteLength(text), 0);
  expect(Math.abs(bytes - real) / real).toBeLessThan(0.05);
});
