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

test.each(["13.1.0", "11.6.0"])(
  "Grafana %s: none is lost where a page ends",
  async (version) => {
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
  },
  30_000,
);

test("exactly one full page is not the end before it is known to be", async () => {
  await using grafana = await startGrafana();
  addDashboards(grafana.face, 1000);
  const { counts } = await exportAll((await open(grafana)).backend);
  expect(counts.dashboards).toBe(1000);
});

test("a library panel of a later page is not taken for missing", async () => {
  await using grafana = await startGrafana();
  addPanels(grafana.face, 250);
  const panels = [0, 249].map((number) => ({ id: number + 1, libraryPanel: { uid: `panel-${number}` } }));
  await fetch(`${grafana.url}/api/dashboards/db`, {
    method: "POST",
    body: JSON.stringify({ dashboard: { uid: "uses", title: "Uses", panels } }),
  });
  const { problems } = await exportAll((await open(grafana)).backend);
  expect(problems.filter(({ reason }) => reason.includes("refer to"))).toEqual([]);
});

test("a page of library panels that is short for lack of rights is not the last", async () => {
  const account = { login: "sa", token: "glsa_x", role: "Admin", view: { folders: [""] } } as const;
  await using grafana = await startGrafana({ anonymous: false, accounts: [account] });
  addFolders(grafana.face, 1);
  addPanels(grafana.face, 250);
  const { libraryPanels } = grafana.face.store;
  const [hidden] = [...libraryPanels.values()];
  if (hidden === undefined) throw new Error("no panels");
  libraryPanels.set(hidden.uid, { ...hidden, folderUid: "folder-0" });
  const { counts, problems } = await exportAll((await open(grafana, { token: "glsa_x" })).backend);
  expect(counts["library-panels"]).toBe(249);
  expect(problems).toContainEqual({
    kind: "incomplete",
    reason: "Library panels that this account may not see: 1.",
  });
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
