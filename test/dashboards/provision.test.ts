/** A directory of dashboards becomes those of a server, and the second time nothing changes. */
import { expect, test } from "bun:test";
import { renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { provisionDashboards } from "../../src/dashboards/provision.ts";
import { NEVER, startGrafana } from "../plugins/grafana/support.ts";
import { temporaryDirectory } from "../support/directory.ts";
import { model, planFor, provision, storeOf, summary } from "./support.ts";

const FILES = {
  "overview.json": model("overview", "Overview"),
  "Platform/latency.json": model("latency", "Latency"),
  "Platform/Services/checkout.json": model("checkout", "Checkout"),
  "Platform/Services/payments.json": model(undefined, "Payments"),
  "Notes/readme.md": "not ours",
  ".git/config.json": "not ours either",
};

test.each(["13.1.0", "11.6.0"])(
  "Grafana %s: directories become folders, and a second time nothing changes",
  async (version) => {
    await using grafana = await startGrafana({ version });
    const store = await storeOf(grafana);
    const directory = temporaryDirectory(FILES);
    expect(summary(await provision(store, directory))).toBe(
      "folders 2+ 0~ 0=, dashboards 4+ 0~ 0=, left 0, failed 0",
    );
    const { folders, dashboards } = grafana.face.store;
    const [platform, services] = [...folders.values()];
    expect([platform?.title, services?.title, services?.parentUid]).toEqual([
      "Platform",
      "Services",
      platform?.uid,
    ]);
    expect(dashboards.get("checkout")?.folderUid).toBe(services?.uid ?? "");
    const writes = grafana.calls.filter((call) => !call.startsWith("GET")).length;
    expect(summary(await provision(store, directory))).toBe(
      "folders 0+ 0~ 2=, dashboards 0+ 0~ 4=, left 0, failed 0",
    );
    expect(grafana.calls.filter((call) => !call.startsWith("GET")).length).toBe(writes);
  },
);

test("only what changed is written again, and a moved file moves its dashboard", async () => {
  await using grafana = await startGrafana();
  const store = await storeOf(grafana);
  const directory = temporaryDirectory(FILES);
  await provision(store, directory);
  writeFileSync(join(directory, "overview.json"), model("overview", "Overview", { refresh: "30s" }));
  renameSync(join(directory, "Platform/latency.json"), join(directory, "latency.json"));
  const plan = await planFor(store, directory);
  expect(plan.dashboards.map(({ file, action }) => `${action} ${file}`)).toEqual([
    "update latency.json",
    "update overview.json",
    "keep Platform/Services/checkout.json",
    "keep Platform/Services/payments.json",
  ]);
  expect(grafana.face.store.dashboards.get("overview")?.version).toBe(1);
  await provision(store, directory);
  expect(grafana.face.store.dashboards.get("overview")?.spec.refresh).toBe("30s");
  expect(grafana.face.store.dashboards.get("latency")?.folderUid).toBe("");
});

test("folders that are there are used: by their title, or by the uid that _folder.json says", async () => {
  await using grafana = await startGrafana({ seed: 1 });
  const store = await storeOf(grafana);
  const folder = (name: string, title: string): string =>
    JSON.stringify({ kind: "Folder", metadata: { name }, spec: { title } });
  const directory = temporaryDirectory({
    "Platform/Services/a.json": model("a", "A"),
    "nord/_folder.json": folder("platform-nord", "Überwachung / Süd"),
    "nord/b.json": model("b", "B"),
    "neu/_folder.json": folder("my-uid", "Ganz / neu"),
    "neu/c.json": model("c", "C"),
  });
  expect(summary(await provision(store, directory))).toBe(
    "folders 1+ 1~ 2=, dashboards 3+ 0~ 0=, left 0, failed 0",
  );
  const { folders, dashboards } = grafana.face.store;
  expect(dashboards.get("a")?.folderUid).toBe("platform-services");
  expect(folders.get("platform-nord")?.title).toBe("Überwachung / Süd");
  expect(folders.get("my-uid")?.title).toBe("Ganz / neu");
  expect(folders.size).toBe(8);
});

test("a dashboard that another tool owns is left to it", async () => {
  await using grafana = await startGrafana({ seed: 1 });
  const directory = temporaryDirectory({
    "node.json": model("node-exporter", "Mine now"),
    "own.json": model("own", "Own"),
  });
  const done = await provision(await storeOf(grafana), directory);
  expect(summary(done)).toContain("dashboards 1+ 0~ 0=, left 1");
  expect(done.left).toEqual([
    { what: "node.json", reason: "it belongs to classic-file-provisioning, which would be locked out of it" },
  ]);
  expect(grafana.face.store.dashboards.get("node-exporter")?.spec.title).toBe("Node Exporter");
});

test("what the server refuses is reported; what lies in a lost folder is not put elsewhere", async () => {
  await using grafana = await startGrafana();
  const deep = "A/B/C/D/E";
  const directory = temporaryDirectory({
    "top.json": model("top", "Top"),
    [`${deep}/deep.json`]: model("deep", "Deep"),
    "bad.json": model("spaces are bad", "Bad uid"),
  });
  const done = await provision(await storeOf(grafana), directory);
  expect(done.failed.map(({ what }) => what).sort()).toEqual(
    [`${deep}`, `${deep}/deep.json`, "bad.json"].sort(),
  );
  expect(done.failed.map(({ reason }) => reason).join()).toMatch(/Maximum nested folder depth reached/);
  expect(done.failed.map(({ reason }) => reason).join()).toMatch(/uid contains illegal characters/);
  expect(done.failed.find(({ what }) => what.endsWith("deep.json"))?.reason).toBe(
    "its folder could not be created",
  );
  expect(grafana.face.store.dashboards.has("deep")).toBe(false);
  expect(summary(done)).toBe("folders 4+ 0~ 0=, dashboards 1+ 0~ 0=, left 0, failed 3");
});

test("a dashboard that somebody changed between the plan and the writing is not overwritten", async () => {
  await using grafana = await startGrafana();
  const store = await storeOf(grafana);
  const directory = temporaryDirectory({ "new.json": model("new", "From the file") });
  const plan = await planFor(store, directory);
  await fetch(`${grafana.url}/api/dashboards/db`, {
    method: "POST",
    body: `{"dashboard":${model("new", "By hand")}}`,
  });
  const { provisionDashboards } = await import("../../src/dashboards/provision.ts");
  const done = await provisionDashboards(store, plan, new AbortController().signal);
  expect(done.failed[0]?.reason).toMatch(/412.*changed by someone else/);
  expect(grafana.face.store.dashboards.get("new")?.spec.title).toBe("By hand");
});

test("an account that may not write changes nothing, and each refusal says so", async () => {
  const account = { login: "sa", token: "glsa_v", role: "Viewer" } as const;
  await using grafana = await startGrafana({ anonymous: false, accounts: [account] });
  const done = await provision(await storeOf(grafana, { token: "glsa_v" }), temporaryDirectory(FILES));
  expect(summary(done)).toBe("folders 0+ 0~ 0=, dashboards 0+ 0~ 0=, left 0, failed 6");
  expect(done.failed.map(({ reason }) => reason).join()).toContain("Permissions needed: folders:create");
});

test("a dashboard that somebody changed after the plan was made is not overwritten, and is named", async () => {
  await using grafana = await startGrafana({});
  const store = await storeOf(grafana);
  const directory = temporaryDirectory({ "one.json": model("one", "One") });
  await provision(store, directory);
  writeFileSync(join(directory, "one.json"), model("one", "One", { description: "of the file" }));
  const plan = await planFor(store, directory);
  const other = temporaryDirectory({ "one.json": model("one", "One", { description: "an hour of work" }) });
  await provision(store, other);
  const { dashboards, failed } = await provisionDashboards(store, plan, NEVER);
  expect(dashboards.updated).toBe(0);
  expect(failed).toEqual([
    { what: "one.json", reason: expect.stringContaining("somebody changed it since") },
  ]);
  expect((await store.read("one", NEVER)).content).toMatchObject({ description: "an hour of work" });
});
