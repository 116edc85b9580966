/** What differs on the server is named with what differs, and left or replaced, whatever kind of object it is. */
import { expect, test } from "bun:test";
import { kindOf } from "../../../plugins/grafana/kinds/index.ts";
import type { Backend } from "../../../src/contract/contract.ts";
import type { Fields } from "../../lab/grafana/store.ts";
import { exportAll, NEVER, open, type RunningGrafana, startGrafana, WEEK } from "./support.ts";

type Store = RunningGrafana["face"]["store"];

/** Changes one object of a map. */
function change<Row extends object>(rows: Map<string, Row>, key: string, changed: Partial<Row>): void {
  const row = rows.get(key);
  if (row === undefined) throw new Error(`there is no ${key}`);
  rows.set(key, { ...row, ...changed });
}

const spec = (store: Store, uid: string, changed: Fields): void =>
  change(store.dashboards, uid, { spec: { ...store.dashboards.get(uid)?.spec, ...changed } });

const rule = (store: Store, uid: string, changed: Fields): void =>
  change(store.rules, uid, { fields: { ...store.rules.get(uid)?.fields, ...changed } });

function point(store: Store, uid: string, changed: Fields): void {
  const index = store.contactPoints.findIndex((one) => one.uid === uid);
  const found = store.contactPoints[index];
  if (found !== undefined) store.contactPoints[index] = { ...found, fields: { ...found.fields, ...changed } };
}

const playlist = (store: Store): string => [...store.playlists.keys()][0] ?? "";

/** What is changed, what it is called, and what is said of the change. */
const CHANGES: readonly (readonly [name: string, what: string, (store: Store) => void])[] = [
  ["dashboard Tasks (tasks-overview)", "2 of 2 panels", (s) => spec(s, "tasks-overview", { panels: [] })],
  ["dashboard Tasks (tasks-overview)", "title", (s) => spec(s, "tasks-overview", { title: "Mine" })],
  ["dashboard Tasks (tasks-overview)", "editable", (s) => spec(s, "tasks-overview", { editable: false })],
  [
    "dashboard con (con-dash)",
    "its folder",
    (s) => change(s.dashboards, "con-dash", { folderUid: "projects" }),
  ],
  [
    "folder Services (platform-services)",
    "title",
    (s) => change(s.folders, "platform-services", { title: "S" }),
  ],
  ["folder con (device)", "its folder", (s) => change(s.folders, "device", { parentUid: "projects" })],
  ["data source Loki (loki)", "name", (s) => change(s.dataSources, "loki", { name: "Logs" })],
  [
    "data source Mimir (mimir)",
    "url, isDefault",
    (s) => change(s.dataSources, "mimir", { url: "http://x", isDefault: false }),
  ],
  ["data source Tempo (tempo)", "jsonData", (s) => change(s.dataSources, "tempo", { jsonData: {} })],
  [
    "library panel Status legend (lib-legend)",
    "name",
    (s) => change(s.libraryPanels, "lib-legend", { name: "Legend" }),
  ],
  [
    "library panel Status legend (lib-legend)",
    "model.title",
    (s) =>
      change(s.libraryPanels, "lib-legend", {
        model: { ...s.libraryPanels.get("lib-legend")?.model, title: "x" },
      }),
  ],
  ["alert rule group latency", "1 of 2 rules", (s) => rule(s, "rule-slow", { condition: "A" })],
  ["alert rule group latency", "1 of 2 rules", (s) => rule(s, "rule-errors", { for: "10m" })],
  ["alert rule group latency", "interval", (s) => void s.intervals.set("platform-services\u0000latency", 60)],
  [
    "alert rule group tasks / stuck",
    "title, its folder, interval",
    (s) => rule(s, "rule-stuck", { ruleGroup: "new", folderUID: "platform" }),
  ],
  ["contact point platform team", "name", (s) => point(s, "cp-mail", { name: "another" })],
  [
    "contact point on call / webhook",
    "settings.username",
    (s) => point(s, "cp-hook", { settings: { url: "https://oncall.example/hook", username: "x" } }),
  ],
  [
    "mute timing weekends",
    "1 of 1 time_intervals",
    (s) =>
      change(s.muteTimings, "weekends", {
        fields: { name: "weekends", time_intervals: [{ weekdays: ["sunday"] }] },
      }),
  ],
  [
    "message template slack.title",
    "template",
    (s) => change(s.templates, "slack.title", { fields: { name: "slack.title", template: "{{ x }}" } }),
  ],
  [
    "Notification policies",
    "1 of 1 routes",
    (s) => {
      const { routes: _, ...rest } = s.policies.fields;
      s.policies = { provenance: "", fields: { ...rest, routes: [{ receiver: "platform team" }] } };
    },
  ],
  [
    "playlist Office wall",
    "1 of 2 items",
    (s) => change(s.playlists, playlist(s), { items: s.playlists.get(playlist(s))?.items.slice(1) ?? [] }),
  ],
  ["playlist Office wall", "interval", (s) => change(s.playlists, playlist(s), { interval: "1h" })],
];

const comparisons = async (backend: Backend, files: ReadonlyMap<string, string>) =>
  (await backend.restore?.compare?.(
    [...files].map(([file, line]) => ({ file, line })),
    NEVER,
  )) ?? [];

const applied = async (backend: Backend, file: string, line: string, existing: "keep" | "replace") =>
  backend.restore?.apply({ file, lines: [line], range: WEEK, labels: {}, existing }, NEVER);

const text = (value: unknown): string =>
  JSON.stringify(value, (_, one) => (one instanceof Map ? [...one] : one));

const secretsOf = ({ face: { store } }: RunningGrafana): string =>
  text([...store.dataSources.values(), ...store.contactPoints].map(({ secrets }) => secrets));

test.each(CHANGES.flatMap((one) => ["13.1.0", "11.6.0"].map((version) => [...one, version] as const)))(
  "%s: %s",
  async (name, what, alter, version) => {
    await using grafana = await startGrafana({ seed: 1, version });
    const { backend } = await open(grafana);
    const { files } = await exportAll(backend);
    const secrets = secretsOf(grafana);
    alter(grafana.face.store);
    const altered = text(grafana.face.store);

    const compared = await comparisons(backend, files);
    const differing = compared.flatMap((one, index) =>
      one === undefined || one.state === "equal" ? [] : [{ ...one, file: [...files.keys()][index] ?? "" }],
    );
    // A name may contain the uid that the server chose.
    expect(differing.map((one) => [one.state, one.name.replace(/ \(p\w+\)$/, ""), one.what])).toEqual([
      ["differs", name, what],
    ]);
    const [{ file, name: called } = { file: "", name: "" }] = differing;
    const line = files.get(file) ?? "";

    expect(await applied(backend, file, line, "keep")).toEqual({
      written: {},
      differing: [{ name: called, what }],
    });
    expect(text(grafana.face.store)).toBe(altered);

    const answer = await applied(backend, file, line, "replace");
    expect(answer).toMatchObject({
      written: { [kindOf(file)?.unit ?? ""]: 1 },
      differing: [{ name: called, what }],
    });
    expect(answer?.rejected).toBeUndefined();
    expect((await exportAll(backend)).files).toEqual(files);
    expect(secretsOf(grafana)).toBe(secrets);
    expect(await applied(backend, file, line, "replace")).toMatchObject({ written: {} });
  },
);

test("every kind of object is among them", async () => {
  await using grafana = await startGrafana({ seed: 1 });
  const { files } = await exportAll((await open(grafana)).backend);
  const kinds = new Set([...files.keys()].map(kindOf));
  const singular = [...kinds].flatMap((kind) =>
    kind === undefined || "file" in kind ? [] : [kind.singular],
  );
  expect(singular.filter((one) => !CHANGES.some(([name]) => name.startsWith(one)))).toEqual([]);
});

test("what the server sets itself, fills in or spells in another way is no difference", async () => {
  await using grafana = await startGrafana({ seed: 1 });
  const { store } = grafana.face;
  spec(store, "tasks-overview", { refresh: "", weight: 1.0, list: [1, 2] });
  const { backend } = await open(grafana);
  const { files } = await exportAll(backend);
  const { panels, title, ...rest } = store.dashboards.get("tasks-overview")?.spec ?? {};
  change(store.dashboards, "tasks-overview", { spec: { ...rest, panels, title }, version: 9, message: "x" });
  change(store.dataSources, "loki", { id: 99, version: 7 });
  change(store.libraryPanels, "lib-legend", { version: 4, updatedBy: "ada" });
  change(store.rules, "rule-slow", { provenance: "api", updated: "2026-02-01T00:00:00Z" });
  rule(store, "rule-slow", { isPaused: undefined, notification_settings: null });
  change(store.muteTimings, "weekends", { provenance: "api" });
  point(store, "cp-mail", { disableResolveMessage: undefined });
  const spelled = new Map(
    [...files].map(([file, line]) => [file, line.replace('"weight": 1', '"weight": 1.0e0')] as const),
  );
  expect([...spelled.values()].join()).toContain("1.0e0");
  const compared = await comparisons(backend, spelled);
  expect(compared.filter((one) => one !== undefined && one.state !== "equal")).toEqual([]);
  expect(compared.filter((one) => one !== undefined).length).toBeGreaterThan(30);
});

test("what was deleted is missing and written; of a rule group what is missing, in its place", async () => {
  await using grafana = await startGrafana({ seed: 1 });
  const { store } = grafana.face;
  const { backend } = await open(grafana);
  const { files } = await exportAll(backend);
  store.dashboards.delete("con-dash");
  store.rules.delete("rule-slow");
  const compared = await comparisons(backend, files);
  expect(compared.filter((one) => one?.state === "missing")).toEqual([
    { state: "missing", name: "dashboard con (con-dash)" },
    { state: "missing", name: "alert rule group latency", what: "1 of its 2 rules" },
  ]);
  for (const [index, [file, line]] of [...files].entries())
    if (compared[index]?.state === "missing")
      expect((await applied(backend, file, line, "keep"))?.differing).toBeUndefined();
  expect((await exportAll(backend)).files).toEqual(files);
});

test("a dashboard that is replaced keeps its uid, and gets a new version", async () => {
  await using grafana = await startGrafana({ seed: 1 });
  const { store } = grafana.face;
  const { backend } = await open(grafana);
  const { files } = await exportAll(backend);
  spec(store, "tasks-overview", { panels: [] });
  const [file = "", line = ""] = [...files].find(([path]) => path.includes("tasks-overview")) ?? [];
  await applied(backend, file, line, "replace");
  expect(store.dashboards.get("tasks-overview")).toMatchObject({
    version: 2,
    message: "Restored by contextcore",
  });
});

test("a group of rules of different provenance is replaced in one call, and each rule gets its own back", async () => {
  await using grafana = await startGrafana({ seed: 1 });
  const { store } = grafana.face;
  change(store.rules, "rule-errors", { provenance: "api" });
  const { backend } = await open(grafana);
  const { files } = await exportAll(backend);
  rule(store, "rule-slow", { condition: "A" });
  rule(store, "rule-stuck", { ruleGroup: "latency", folderUID: "platform-services" });
  const [file = "", line = ""] = [...files].find(([path]) => /rules.*latency.*json$/.test(path)) ?? [];
  const writes = grafana.calls.length;
  expect((await applied(backend, file, line, "replace"))?.differing).toHaveLength(1);
  const called = grafana.calls.slice(writes).filter((call) => call.startsWith("PUT"));
  expect(called.map((call) => call.split("/").at(-1))).toEqual(["latency", "rule-errors"]);
  expect(store.rules.get("rule-errors")?.provenance).toBe("api");
  expect(store.rules.get("rule-slow")?.provenance).toBe("");
  expect(store.rules.has("rule-stuck")).toBe(false);
});

test("what belongs to another tool is not replaced, and what may not be read is not called the same", async () => {
  const account = { login: "sa", token: "glsa_x", role: "Admin", view: { folders: [""] } } as const;
  await using grafana = await startGrafana({ seed: 1, accounts: [account] });
  const { store } = grafana.face;
  const { files } = await exportAll((await open(grafana)).backend);
  spec(store, "node-exporter", { title: "Mine" });
  const [managed = "", line = ""] = [...files].find(([path]) => path.includes("node-exporter")) ?? [];
  const { backend } = await open(grafana);
  expect((await applied(backend, managed, line, "replace"))?.rejected?.[0]?.reason).toContain(
    "It belongs to classic-file-provisioning",
  );
  const limited = await open(grafana, { token: "glsa_x" });
  const [hidden] = await comparisons(limited.backend, new Map([[managed, line]]));
  const what = "it cannot be compared, since this account may not read it";
  expect(hidden).toMatchObject({ state: "unknown", what });
  expect(await applied(limited.backend, managed, line, "keep")).toMatchObject({ differing: [{ what }] });
  expect((await applied(limited.backend, managed, line, "replace"))?.rejected?.[0]?.reason).toBe(what);
});

test("an object that the server fails at costs no other", async () => {
  await using grafana = await startGrafana({ seed: 1 });
  const { backend } = await open(grafana);
  const { files } = await exportAll(backend);
  grafana.intercept = ({ url }) =>
    url.endsWith("/dashboards/tasks-overview") ? new Response("boom", { status: 500 }) : undefined;
  const states = (await comparisons(backend, files)).map((one) => one?.state);
  expect(states.filter((state) => state === "unknown")).toHaveLength(1);
  expect(states.filter((state) => state === "equal").length).toBeGreaterThan(30);
});

test("a replacement whose answer is lost is not taken for a failure", async () => {
  await using grafana = await startGrafana({ seed: 1 });
  const { store } = grafana.face;
  const { backend } = await open(grafana);
  const { files } = await exportAll(backend);
  change(store.dataSources, "loki", { name: "Logs" });
  grafana.intercept = async (request) => {
    if (request.method !== "PUT") return grafana.face.handle(request);
    await grafana.face.handle(request);
    return new Response("gone", { status: 502 });
  };
  const [file = "", line = ""] = [...files].find(([path]) => path.includes("datasources/Loki")) ?? [];
  expect(await applied(backend, file, line, "replace")).toMatchObject({
    written: { "data-sources": 1 },
    differing: [{ name: "data source Loki (loki)", what: "name" }],
  });
});
