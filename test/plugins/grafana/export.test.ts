import { expect, test } from "bun:test";
import { exportAll, NEVER, open, startGrafana, WEEK } from "./support.ts";

const asJson = (text: string | undefined): unknown => JSON.parse(text ?? "null");

test("every object is one readable file, in folders named after their titles", async () => {
  await using grafana = await startGrafana({ seed: 1 });
  const { backend } = await open(grafana);
  const { files, counts, notes } = await exportAll(backend);
  expect([...files.keys()].sort()).toMatchSnapshot();
  expect(counts).toEqual({
    folders: 7,
    dashboards: 11,
    "data-sources": 4,
    "library-panels": 2,
    "rule-groups": 2,
    "provisioning-files": 2,
    "contact-points": 4,
    policies: 1,
    "mute-timings": 1,
    templates: 1,
    playlists: 1,
    annotations: 42,
  });
  expect(notes.dashboards).toBe("/apis/dashboard.grafana.app, each in the version it is stored in");
  for (const [path, text] of files) if (path.endsWith(".json")) expect(text).toStartWith("{\n  ");
});

test("a dashboard is kept in the version that it is stored in, not as the server converts it", async () => {
  await using grafana = await startGrafana({ seed: 1 });
  const { backend } = await open(grafana);
  const { files } = await exportAll(backend);
  const second = asJson(files.get("grafana/dashboards/Projects/Board with tabs-board-v2.json"));
  expect(second).toMatchObject({
    apiVersion: "dashboard.grafana.app/v2beta1",
    metadata: { name: "board-v2", annotations: { "grafana.app/folder": "projects" } },
    spec: { layout: { kind: "TabsLayout" } },
  });
  const first = asJson(files.get("grafana/dashboards/Tasks-tasks-overview.json"));
  expect(first).toMatchObject({ apiVersion: "dashboard.grafana.app/v0alpha1", spec: { schemaVersion: 41 } });
});

test("where the stored version is not served, the converted dashboard is kept and called lossy", async () => {
  await using grafana = await startGrafana({ seed: 1 });
  const stored = grafana.face.store.dashboards.get("board-v2");
  if (stored === undefined) throw new Error("no such dashboard");
  grafana.face.store.dashboards.set("board-v2", { ...stored, apiVersion: "v9" });
  const { problems, counts } = await exportAll((await open(grafana)).backend);
  expect(counts.dashboards).toBe(11);
  expect(problems).toContainEqual({
    kind: "lossy",
    reason:
      "Stored in version v9, which this Grafana does not give out; kept as it converts them to dashboard.grafana.app/v1.",
    items: ["board-v2"],
  });
});

test("a Grafana without /apis gives what its old API takes back", async () => {
  await using grafana = await startGrafana({ seed: 1, version: "11.6.0" });
  const { backend } = await open(grafana);
  const { files, notes } = await exportAll(backend);
  expect(notes).toEqual({
    dashboards: "/api/dashboards/uid",
    folders: "/api/folders, level by level",
    playlists: "/api/playlists",
  });
  const file = asJson(files.get("grafana/dashboards/Projects/Services/Overview-svc-checkout.json"));
  expect(file).toMatchObject({
    folderUid: "projects-services",
    dashboard: { uid: "svc-checkout", title: "Overview" },
  });
  expect(file).not.toHaveProperty("dashboard.id");
  expect(file).not.toHaveProperty("dashboard.version");
});

test("secrets are never in a file; each that is missing is named", async () => {
  await using grafana = await startGrafana({ seed: 1 });
  const { files, problems } = await exportAll((await open(grafana)).backend);
  expect([...files.values()].join("\n")).not.toMatch(/s3cret|SECRET|hooks\.slack/);
  const items = (reason: RegExp): string[] =>
    problems.filter((one) => reason.test(one.reason)).flatMap((one) => [...(one.items ?? [])]);
  expect(items(/Secrets of data sources/).sort()).toEqual([
    "Billing (PostgreSQL): basicAuthPassword",
    "Billing (PostgreSQL): password",
    "Mimir: httpHeaderValue1",
  ]);
  expect(items(/Secrets of contact points/).sort()).toEqual([
    "on call / webhook (webhook): password",
    "platform team (slack): url",
  ]);
  expect(problems.every((one) => one.kind === "not-contained" || one.kind === "normalised")).toBe(true);
});

test("what belongs to another tool is exported, and marked in its file", async () => {
  for (const [version, mark] of [
    ["13.1.0", '"grafana.app/managedBy": "classic-file-provisioning"'],
    ["11.6.0", '"provisioned": true'],
  ] as const) {
    await using grafana = await startGrafana({ seed: 1, version });
    const { files } = await exportAll((await open(grafana)).backend);
    expect(files.get("grafana/dashboards/Platform/Node Exporter-node-exporter.json")).toContain(mark);
  }
});

test("references to what is not there are named", async () => {
  await using grafana = await startGrafana({ seed: 1 });
  grafana.face.store.libraryPanels.delete("lib-legend");
  grafana.face.store.dataSources.delete("mimir");
  const { problems } = await exportAll((await open(grafana)).backend);
  const items = problems.filter((one) => one.reason.includes("refer to")).flatMap((one) => one.items ?? []);
  expect(items.sort()).toEqual([
    "Overview (svc-checkout) → mimir",
    "Overview (svc-contextcore-tracker) → mimir",
    "Overview (svc-inventory-service) → mimir",
    "Overview (svc-payments) → mimir",
    "Sales (old) (old-sales) → gone-mysql",
    "Tasks (tasks-overview) → lib-legend",
    "latency → mimir",
    "tasks / stuck → mimir",
  ]);
});

test("numbers that JavaScript would change stay as they were written", async () => {
  await using grafana = await startGrafana();
  await fetch(`${grafana.url}/api/dashboards/db`, {
    method: "POST",
    body: '{"dashboard":{"uid":"exact","title":"Exact","panels":[]}}',
  });
  const content = '"spec":{"title":"Exact","panels":[{"id":9007199254740993,"threshold":1.0,"max":1e3}]}';
  grafana.intercept = (request) =>
    request.url.endsWith("/dashboards/exact")
      ? new Response(
          `{"apiVersion":"dashboard.grafana.app/v1","metadata":{"name":"exact"},${content},"status":{}}`,
        )
      : undefined;
  const { files } = await exportAll((await open(grafana)).backend);
  const text = files.get("grafana/dashboards/Exact-exact.json")?.replaceAll(/\s/g, "");
  expect(text).toContain(content);
});

test("a selector exports the dashboards that it finds and the folders above them, and nothing else", async () => {
  await using grafana = await startGrafana({ seed: 1 });
  const { backend } = await open(grafana);
  const named = async (match: string): Promise<string[]> => {
    const { files, counts } = await exportAll(backend, { range: WEEK, match });
    expect(Object.keys(counts).every((unit) => unit === "dashboards" || unit === "folders")).toBe(true);
    const { dashboards } = (await backend.count?.({ range: WEEK, match }, NEVER)) ?? {};
    expect(dashboards).toBe(counts.dashboards ?? 0);
    return [...files.keys()].map((path) => path.replace(/^grafana\//, "")).sort();
  };
  expect(await named("latenz")).toEqual([
    "dashboards/Platform/Services/Überwachung _ Nord/Latenz _p99_ _ Köln_ 日本語 🚀-latency-nord.json",
    "folders/Platform-platform.json",
    "folders/Platform/Services-platform-services.json",
    "folders/Platform/Services/Überwachung _ Nord-platform-nord.json",
  ]);
  expect(await named("tag:service folder:projects-services")).toEqual([
    "dashboards/Projects/Services/Overview-svc-checkout.json",
    "dashboards/Projects/Services/Overview-svc-payments.json",
    "folders/Projects-projects.json",
    "folders/Projects/Services-projects-services.json",
  ]);
});

test("the count comes from elsewhere than the export, and agrees with it", async () => {
  await using grafana = await startGrafana({ seed: 1 });
  const { backend } = await open(grafana);
  const { counts } = await exportAll(backend);
  const counted = (await backend.count?.({ range: WEEK }, NEVER)) ?? {};
  expect(Object.keys(counted).sort()).toEqual([
    "dashboards",
    "data-sources",
    "folders",
    "library-panels",
    "rule-groups",
  ]);
  expect(counts).toMatchObject(counted);
});

test("a dashboard that is deleted while the export runs is no failure", async () => {
  await using grafana = await startGrafana({ seed: 1 });
  const { backend } = await open(grafana);
  const list = await backend.export.step({ kind: "dashboards" }, NEVER);
  grafana.face.store.dashboards.delete("dotdot");
  const cursor = list.next?.find((one) => one.uid === "dotdot") ?? {};
  expect(await backend.export.step(cursor, NEVER)).toEqual({
    problems: [
      {
        kind: "not-contained",
        reason: "Deleted while the export ran.",
        items: ["../../etc/passwd (dotdot)"],
      },
    ],
  });
});
