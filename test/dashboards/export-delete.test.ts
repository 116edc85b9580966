import { expect, test } from "bun:test";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { DashboardDocument } from "contextcore";
import { deleteDashboards, planDeletion } from "../../src/dashboards/delete.ts";
import { exportDashboards } from "../../src/dashboards/export.ts";
import { listDashboards } from "../../src/dashboards/listing.ts";
import { failure, NEVER, startGrafana } from "../plugins/grafana/support.ts";
import { temporaryDirectory } from "../support/directory.ts";
import { model, provision, storeOf, summary } from "./support.ts";

const filesIn = (directory: string): Record<string, string> =>
  Object.fromEntries(
    readdirSync(directory, { recursive: true, withFileTypes: true })
      .filter((one) => one.isFile())
      .map((one) => join(one.parentPath, one.name))
      .sort()
      .map((path) => [path.slice(directory.length + 1), readFileSync(path, "utf8")]),
  );

test("the list has every dashboard with its folders, tags and address", async () => {
  await using grafana = await startGrafana({ seed: 1 });
  const rows = await listDashboards(await storeOf(grafana), NEVER);
  expect(rows.map(({ folder, title }) => [...folder, title].join(" > "))).toMatchSnapshot();
  expect(rows.find(({ uid }) => uid === "svc-checkout")).toEqual({
    uid: "svc-checkout",
    title: "Overview",
    folder: ["Projects", "Services"],
    tags: ["service"],
    url: `${grafana.url}/d/svc-checkout/overview`,
  });
});

test.each(["13.1.0", "11.6.0"])(
  "Grafana %s: exported, provisioned into another and exported again, it is equal",
  async (version) => {
    await using source = await startGrafana({ seed: 1, version });
    await using target = await startGrafana({ version });
    source.face.store.dashboards.delete("node-exporter");
    const first = join(temporaryDirectory(), "first");
    const second = join(temporaryDirectory(), "second");
    const from = await storeOf(source);
    const into = await storeOf(target);
    const exported = await exportDashboards(from, first, NEVER);
    expect(exported).toEqual({ folders: 7, dashboards: version.startsWith("13") ? 10 : 9, failed: [] });
    expect(summary(await provision(into, first))).toStartWith("folders 7+ 0~ 0=");
    await exportDashboards(into, second, NEVER);
    expect(filesIn(second)).toEqual(filesIn(first));
    expect(summary(await provision(from, first))).toMatch(/^folders 0\+ 0~ 7=, dashboards 0\+ 0~ (10|9)=/);
  },
);

test("a directory that holds something is not filled; hidden entries do not count", async () => {
  await using grafana = await startGrafana({ seed: 1 });
  const store = await storeOf(grafana);
  const full = temporaryDirectory({ "old.json": "{}" });
  expect(String(await failure(exportDashboards(store, full, NEVER)))).toContain(
    "is not empty: it holds old.json",
  );
  expect(readdirSync(full)).toEqual(["old.json"]);
  const empty = temporaryDirectory();
  mkdirSync(join(empty, ".git"));
  await exportDashboards(store, empty, NEVER);
  expect(readdirSync(empty)).toContain("Platform");
  const file = join(temporaryDirectory(), "file");
  writeFileSync(file, "x");
  expect(String(await failure(exportDashboards(store, file, NEVER)))).toContain(
    "is not a readable directory",
  );
});

test("an export that breaks off leaves nothing behind", async () => {
  await using grafana = await startGrafana({ seed: 1 });
  const store = await storeOf(grafana);
  const directory = temporaryDirectory();
  const stop = new AbortController();
  const read = (uid: string, signal: AbortSignal): Promise<DashboardDocument> => {
    stop.abort();
    return store.read(uid, signal);
  };
  const slow = { ...store, read };
  await failure(exportDashboards(slow, join(directory, "out"), stop.signal));
  expect(readdirSync(directory)).toEqual([]);
});

test("one dashboard that cannot be read is named, and the others are written", async () => {
  await using grafana = await startGrafana({ seed: 1 });
  grafana.intercept = (request) =>
    request.url.endsWith("/dashboards/dotdot")
      ? Response.json({ message: "corrupt" }, { status: 500 })
      : undefined;
  const directory = join(temporaryDirectory(), "out");
  const { dashboards, failed } = await exportDashboards(await storeOf(grafana), directory, NEVER);
  expect(dashboards).toBe(10);
  expect(failed).toEqual([
    { what: "../../etc/passwd (dotdot)", reason: expect.stringContaining("answered 500") },
  ]);
});

const delenda = async (grafana: { url: string }, selection: Parameters<typeof planDeletion>[1]) => {
  const store = await storeOf(grafana);
  const kept: DashboardDocument[] = [];
  const keep = async (document: DashboardDocument): Promise<void> => void kept.push(document);
  const plan = await planDeletion(store, selection, NEVER);
  return { store, plan, kept, run: () => deleteDashboards(store, plan, { keep, signal: NEVER }) };
};

test("a deletion takes what the plan names, and keeps a copy first", async () => {
  await using grafana = await startGrafana({ seed: 1 });
  const { plan, kept, run } = await delenda(grafana, { uids: ["svc-checkout", "dotdot"] });
  expect(plan.dashboards.map(({ uid }) => uid).sort()).toEqual(["dotdot", "svc-checkout"]);
  expect(grafana.face.store.dashboards.size).toBe(11);
  const { dashboards, failed } = await run();
  expect(dashboards).toHaveLength(2);
  expect(failed).toEqual([]);
  expect(kept.map(({ uid }) => uid).sort()).toEqual(["dotdot", "svc-checkout"]);
  expect(grafana.face.store.dashboards.size).toBe(9);
});

test("a folder goes with everything in it, unless it holds what is no dashboard", async () => {
  await using grafana = await startGrafana({ seed: 1 });
  const { plan, run } = await delenda(grafana, { uids: [], folder: "Platform/Services" });
  expect(plan.dashboards.map(({ uid }) => uid).sort()).toEqual([
    "latency-nord",
    "svc-contextcore-tracker",
    "svc-inventory-service",
  ]);
  expect(plan.folders.map(({ uid }) => uid)).toEqual(["platform-nord", "platform-services"]);
  const { folders, failed } = await run();
  expect(folders.map(({ uid }) => uid)).toEqual(["platform-nord"]);
  expect(failed).toEqual([
    {
      what: "folder Platform/Services",
      reason: "grafana: the folder is not empty: it still holds 1 library panels, 2 alert rules",
    },
  ]);
  expect(grafana.face.store.rules.size).toBe(3);
  expect(grafana.face.store.folders.has("platform-services")).toBe(true);
});

test("a dashboard that came after the plan keeps its folder", async () => {
  await using grafana = await startGrafana({ seed: 1 });
  const { run } = await delenda(grafana, { uids: [], folder: "device" });
  await fetch(`${grafana.url}/api/dashboards/db`, {
    method: "POST",
    body: JSON.stringify({ dashboard: { uid: "late", title: "Late" }, folderUid: "device" }),
  });
  const { dashboards, failed } = await run();
  expect(dashboards.map(({ uid }) => uid)).toEqual(["con-dash"]);
  expect(failed.map(({ reason }) => reason)).toEqual([
    "grafana: the folder is not empty: it still holds 1 dashboards",
  ]);
  expect(grafana.face.store.dashboards.has("late")).toBe(true);
});

test("without its copy a dashboard is not deleted", async () => {
  await using grafana = await startGrafana({ seed: 1 });
  const store = await storeOf(grafana);
  const plan = await planDeletion(store, { uids: ["dotdot"] }, NEVER);
  const keep = async (): Promise<void> => {
    throw new Error("no space left on device");
  };
  const { failed, dashboards } = await deleteDashboards(store, plan, { keep, signal: NEVER });
  expect(dashboards).toEqual([]);
  expect(failed).toEqual([{ what: "../../etc/passwd (dotdot)", reason: "no space left on device" }]);
  expect(grafana.face.store.dashboards.has("dotdot")).toBe(true);
});

test("what is not there, or not one thing, is said before anything happens", async () => {
  await using grafana = await startGrafana({ seed: 1 });
  const store = await storeOf(grafana);
  const message = async (selection: Parameters<typeof planDeletion>[1]): Promise<string> =>
    String(await failure(planDeletion(store, selection, NEVER)));
  expect(await message({ uids: ["dotdot", "nope"] })).toBe(
    "SelectionError: there is no dashboard with the uid nope",
  );
  expect(await message({ uids: [], folder: "Nope" })).toBe("SelectionError: there is no folder Nope");
  const twin = grafana.face.store.folders.get("device");
  if (twin === undefined) throw new Error("no such folder");
  grafana.face.store.folders.set("twin", { ...twin, uid: "twin", id: 999 });
  expect(await message({ uids: [], folder: "con" })).toBe("SelectionError: there are 2 folders con");
  expect((await planDeletion(store, { uids: [], folder: "twin" }, NEVER)).folders).toHaveLength(1);
});

test("a dashboard that provisioning owns is not deleted", async () => {
  await using grafana = await startGrafana({ seed: 1 });
  const { run } = await delenda(grafana, { uids: ["node-exporter"] });
  const { failed } = await run();
  expect(failed[0]?.reason).toContain("provisioned dashboard cannot be deleted");
  expect(existsSync(".contextcore/deleted")).toBe(false);
});

test("what somebody changed after the plan was made is not deleted, and is named; the rest is", async () => {
  await using grafana = await startGrafana({ seed: 1 });
  const store = await storeOf(grafana);
  await provision(
    store,
    temporaryDirectory({ "one.json": model("one", "One"), "two.json": model("two", "Two") }),
  );
  const plan = await planDeletion(store, { uids: ["one", "two"] }, NEVER);
  const changed = temporaryDirectory({ "one.json": model("one", "One", { description: "an hour of work" }) });
  await provision(store, changed);
  const result = await deleteDashboards(store, plan, { keep: async () => {}, signal: NEVER });
  expect(result.dashboards.map(({ uid }) => uid)).toEqual(["two"]);
  expect(result.failed).toEqual([
    { what: "One (one)", reason: expect.stringContaining("somebody changed it since") },
  ]);
  expect((await store.read("one", NEVER)).content).toMatchObject({ description: "an hour of work" });
});

test("a folder that was renamed after the plan was made is not deleted", async () => {
  await using grafana = await startGrafana({});
  const store = await storeOf(grafana);
  await store.createFolder({ uid: "old", title: "Old" }, NEVER);
  const plan = await planDeletion(store, { uids: [], folder: "old" }, NEVER);
  await store.renameFolder({ uid: "old", title: "Kept" }, NEVER);
  const { folders, failed } = await deleteDashboards(store, plan, { keep: async () => {}, signal: NEVER });
  expect(folders).toEqual([]);
  expect(failed.map(({ reason }) => reason)).toEqual([expect.stringContaining("somebody changed it since")]);
});
