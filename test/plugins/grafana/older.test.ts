/** What an older Grafana says otherwise, as running ones of 9.3 and 7.5 did: all of it is saved, counted and put back. */
import { expect, test } from "bun:test";
import { v } from "contextcore";
import { exportAll, NEVER, open, restoreAll, startGrafana, tally, WEEK } from "./support.ts";

/** In another place, or said to be missing. */
const LACKS = ["incomplete", "failed"];

test("9.3: rules that only the ruler lists, library panels beside what the total counts", async () => {
  await using grafana = await startGrafana({ seed: 1, version: "9.3.2" });
  const { backend } = await open(grafana);
  const { counts, problems, files } = await exportAll(backend);
  expect(problems.filter(({ kind }) => LACKS.includes(kind))).toEqual([]);
  expect(problems.map(({ reason }) => reason).join()).not.toContain("has no");
  expect(counts).toMatchObject({ "rule-groups": 2, "library-panels": 2, "contact-points": 4 });
  expect(await backend.count?.({ range: WEEK }, NEVER)).toMatchObject({
    "rule-groups": 2,
    "library-panels": 2,
  });
  expect((await backend.inventory(NEVER)).counts).toMatchObject({ "alert-rules": 3, "library-panels": 2 });
  expect([...files.keys()].filter((path) => path.endsWith(".yaml"))).toEqual([]);
});

test("9.0: groups that are listed and not given are named", async () => {
  await using grafana = await startGrafana({ seed: 1, version: "9.0.0" });
  grafana.intercept = ({ url }) =>
    url.includes("/rule-groups/") ? Response.json({ message: "Not found" }, { status: 404 }) : undefined;
  const { counts, problems } = await exportAll((await open(grafana)).backend);
  expect(counts["rule-groups"]).toBeUndefined();
  const named = problems.filter(({ kind }) => kind === "incomplete").flatMap(({ items = [] }) => items);
  expect(named.sort()).toEqual(["latency", "tasks / stuck"]);
});

test("9.3: more library panels in no folder than fit on a page", async () => {
  await using grafana = await startGrafana({ version: "9.3.2" });
  for (let index = 0; index < 130; index += 1) {
    const panel = { uid: `lib-${index}`, name: `Panel ${index}`, kind: 1, model: { type: "text" } };
    const body = JSON.stringify(panel);
    await fetch(`${grafana.url}/api/library-elements`, { method: "POST", body });
  }
  const { backend } = await open(grafana);
  expect((await exportAll(backend)).counts["library-panels"]).toBe(130);
  expect((await backend.count?.({ range: WEEK }, NEVER))?.["library-panels"]).toBe(130);
});

test("9.3: no quotas, as it comes, is no failure", async () => {
  await using grafana = await startGrafana({ version: "9.3.2" });
  expect(await (await open(grafana)).backend.limits?.(NEVER)).toEqual([]);
});

test("9.3: a group takes only rules that exist, so they are created first, with the group's interval", async () => {
  await using source = await startGrafana({ seed: 1, version: "9.3.2" });
  await using target = await startGrafana({ version: "9.3.2" });
  const { files } = await exportAll((await open(source)).backend);
  const { backend } = await open(target);
  const { rejected, differing } = tally(await restoreAll(backend, files));
  expect(rejected.filter(({ reason }) => !/belongs to|Alerting wrote/.test(reason))).toEqual([]);
  expect(differing).toEqual([]);
  const again = await exportAll(backend);
  const rulesOf = (found: ReadonlyMap<string, string>) =>
    [...found].filter(([path]) => path.startsWith("grafana/alerting/rules/"));
  expect(rulesOf(again.files)).toEqual(rulesOf(files));
  expect(tally(await restoreAll(backend, files)).written).toBe(0);
});

test("9.3: a group whose rules were moved away and removed is replaced", async () => {
  await using grafana = await startGrafana({ seed: 1, version: "9.3.2" });
  const { backend } = await open(grafana);
  const { files } = await exportAll(backend);
  const { rules } = grafana.face.store;
  const kept = rules.get("rule-slow");
  if (kept !== undefined) rules.set("rule-slow", { ...kept, fields: { ...kept.fields, title: "Mine" } });
  rules.delete("rule-errors");
  const file = [...files.keys()].find((path) => path.includes("rules/") && path.includes("latency")) ?? "";
  const lines = (files.get(file) ?? "").trimEnd().split("\n");
  const batch = { file, lines, range: WEEK, labels: {}, existing: "replace" } as const;
  const answer = await backend.restore?.apply(batch, NEVER);
  expect(answer?.written).toEqual({ "rule-groups": 1 });
  expect((await exportAll(backend)).files.get(file)).toBe(files.get(file) ?? "");
});

test("9.3: a rule that is put back comes last in its group, which is said", async () => {
  await using grafana = await startGrafana({ seed: 1, version: "9.3.2" });
  const { backend } = await open(grafana);
  const { files } = await exportAll(backend);
  grafana.face.store.rules.delete("rule-slow");
  const { written, problems } = tally(await restoreAll(backend, files));
  expect(written).toBe(1);
  expect(problems).toMatchObject([{ kind: "incomplete", items: ["latency"] }]);
  expect(problems[0]?.reason).toContain("the order of rules");
});

test("7.5: playlists have only numbers, and what came later is said to be absent, in the counts, too", async () => {
  await using grafana = await startGrafana({ seed: 1, version: "7.5.5" });
  const { backend } = await open(grafana);
  const { counts, problems } = await exportAll(backend);
  expect(problems.filter(({ kind }) => LACKS.includes(kind))).toEqual([]);
  expect(counts.playlists).toBe(1);
  const absent = problems.flatMap(({ reason }) => /^This Grafana has no (.*?):/.exec(reason)?.[1] ?? []);
  expect(absent.sort()).toEqual([
    "alert rules",
    "contact points",
    "library panels",
    "message templates",
    "mute timings",
    "notification policies",
  ]);
  const counted = await backend.count?.({ range: WEEK }, NEVER);
  expect(counted).toEqual({ dashboards: 10, folders: 7, "data-sources": 4 });
});

/** A dashboard in a folder, with an annotation, all told by numbers. */
async function numbered(url: string): Promise<void> {
  const send = async (path: string, body: object): Promise<{ id: number }> => {
    const answer = await fetch(url + path, { method: "POST", body: JSON.stringify(body) });
    return v.parse(v.object({ id: v.number() }), await answer.json());
  };
  const { id: folderId } = await send("/api/folders", { uid: "f", title: "A folder" });
  const dashboard = { uid: "d", title: "In it", panels: [] };
  const { id: dashboardId } = await send("/api/dashboards/db", { folderId, dashboard });
  await send("/api/annotations", { dashboardId, text: "on it", time: Number(WEEK.from / 1_000_000n) + 1 });
}

test("7.5: a dashboard's folder and an annotation's dashboard are numbers, which differ between servers", async () => {
  await using source = await startGrafana({ version: "7.5.5" });
  await numbered(source.url);
  const { files } = await exportAll((await open(source)).backend);
  const inside = JSON.parse(files.get("grafana/dashboards/A folder/In it-d.json") ?? "{}");
  expect(inside.folderUid).toBe("f");
  const [line = ""] = (files.get("grafana/annotations.jsonl") ?? "").split("\n");
  expect(JSON.parse(line)).toMatchObject({ text: "on it", dashboardUID: "d" });
  expect(line).not.toContain("dashboardId");

  await using target = await startGrafana({ version: "7.5.5", seed: 1 });
  const { backend } = await open(target);
  const before = target.face.store.annotations.length;
  expect(tally(await restoreAll(backend, files)).rejected).toEqual([]);
  expect(target.face.store.dashboards.get("d")?.folderUid).toBe("f");
  expect(target.face.store.annotations.slice(before)).toMatchObject([{ dashboardUID: "d" }]);
  expect(tally(await restoreAll(backend, files)).written).toBe(0);
});

test("7.5: what belongs to a folder or a dashboard that is not there is refused, and lies nowhere else", async () => {
  await using source = await startGrafana({ version: "7.5.5" });
  await numbered(source.url);
  const { files } = await exportAll((await open(source)).backend);
  await using target = await startGrafana({ version: "7.5.5" });
  const some = new Map([...files].filter(([path]) => !path.startsWith("grafana/folders/")));
  const { rejected, written } = tally(await restoreAll((await open(target)).backend, some));
  expect(rejected.map(({ reason }) => reason).sort()).toEqual([
    "The dashboard that it belongs to is not there.",
    "its folder f is not there",
  ]);
  expect(written).toBe(0);
});
