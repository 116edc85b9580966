/** A plan promises nothing that the server would refuse, and a run lists only what it did. */
import { expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expectedResult } from "../../src/dashboards/provision.ts";
import { DashboardFilesError } from "../../src/dashboards/source.ts";
import { failure, startGrafana } from "../plugins/grafana/support.ts";
import { run } from "../support/binary.ts";
import { temporaryDirectory } from "../support/directory.ts";
import { model, planFor, provision, storeOf, summary } from "./support.ts";

const folderFile = (name: string): string =>
  JSON.stringify({ kind: "Folder", metadata: { name }, spec: { title: "Own" } });

test.each(["13.1.0", "11.6.0"])("Grafana %s: what is planned is what happens", async (version) => {
  await using grafana = await startGrafana({ version });
  const store = await storeOf(grafana);
  const directory = temporaryDirectory({
    "good.json": model("good", "Good"),
    "characters.json": model("bad uid/x", "Bad uid"),
    "umlaut.json": model("über", "Bad uid"),
    "long.json": model("a".repeat(41), "Long uid"),
    "longest.json": model("a".repeat(40), "Longest uid"),
    "title.json": model("title", "t".repeat(5001)),
    "spaces.json": model(" spaced ", "Spaces around"),
    "reserved/_folder.json": folderFile("sharedwithme"),
    "reserved/inside.json": model("inside", "Inside"),
    "reserved/deeper/inside.json": model("deeper", "Deeper"),
    "strange/_folder.json": folderFile("a b"),
    "strange/there.json": model("there", "There"),
    "one/two/three/four/fine.json": model("fine", "Fine"),
  });
  const plan = await planFor(store, directory);
  const writes = grafana.calls.filter((call) => !call.startsWith("GET"));
  expect(writes).toEqual([]);
  const refused = plan.refused.map(({ what, reason }) => `${what}: ${reason}`).sort();
  expect(refused).toEqual([
    'characters.json: its uid contains illegal characters: "bad uid/x" (letters, digits, - and _ are taken)',
    "long.json: its uid is too long: 41 characters, and 40 are taken",
    "reserved/deeper/inside.json: its folder could not be created",
    "reserved/deeper: its parent folder could not be created",
    "reserved/inside.json: its folder could not be created",
    "reserved: its uid is one of Grafana's own: sharedwithme",
    "strange/there.json: its folder could not be created",
    'strange: its uid contains illegal characters: "a b" (letters, digits, - and _ are allowed)',
    "title.json: its title is too long: 5001 characters, and 5000 are taken",
    'umlaut.json: its uid contains illegal characters: "über" (letters, digits, - and _ are taken)',
  ]);
  const done = await provision(store, directory);
  expect(summary(done)).toBe(summary(expectedResult(plan)));
  expect(summary(done)).toBe("folders 4+ 0~ 0=, dashboards 4+ 0~ 0=, left 0, failed 10");
  expect(grafana.face.store.dashboards.has("spaced")).toBe(true);
  expect(summary(await provision(store, directory))).toContain("dashboards 0+ 0~ 4=");
});

test("a dashboard of the second schema is planned where the server has it, and refused where it has not", async () => {
  const second = JSON.stringify({
    apiVersion: "dashboard.grafana.app/v2beta1",
    kind: "Dashboard",
    metadata: { name: "second" },
    spec: { title: "Second", elements: {}, layout: { kind: "GridLayout" } },
  });
  const directory = temporaryDirectory({ "second.json": second, "good.json": model("good", "Good") });
  await using old = await startGrafana({ version: "11.6.0" });
  const plan = await planFor(await storeOf(old), directory);
  expect(plan.refused).toEqual([
    { what: "second.json", reason: "This Grafana does not know dashboards of version v2beta1." },
  ]);
  expect(summary(await provision(await storeOf(old), directory))).toContain("dashboards 1+ 0~ 0=");
  await using recent = await startGrafana();
  expect((await planFor(await storeOf(recent), directory)).refused).toEqual([]);
});

test("a folder that got another title on the server, or lost the spaces around its own, is still the same", async () => {
  await using grafana = await startGrafana();
  const store = await storeOf(grafana);
  const directory = temporaryDirectory({
    "Team/a.json": model("a", "A"),
    "own/_folder.json": JSON.stringify({ kind: "Folder", metadata: { name: "o" }, spec: { title: " Own " } }),
    "own/b.json": model("b", "B"),
  });
  await provision(store, directory);
  const { folders } = grafana.face.store;
  for (const [uid, folder] of folders)
    folders.set(uid, { ...folder, title: folder.title === "Team" ? "Renamed by hand" : folder.title.trim() });
  expect(summary(await provision(store, directory))).toBe(
    "folders 0+ 1~ 1=, dashboards 0+ 0~ 2=, left 0, failed 0",
  );
  expect([...folders.values()].map(({ title }) => title).sort()).toEqual(["Own", "Team"]);
});

test("two directories that say the same uid are one folder too many", async () => {
  await using grafana = await startGrafana();
  const directory = temporaryDirectory({
    "a/_folder.json": folderFile("same"),
    "b/_folder.json": folderFile("same"),
  });
  const error = await failure(planFor(await storeOf(grafana), directory));
  expect(String(error)).toContain("b/_folder.json: a/_folder.json has the same uid same");
});

test("folders deeper than any Grafana takes are refused, and deeper than it does unless it is set are doubted", async () => {
  await using grafana = await startGrafana();
  const store = await storeOf(grafana);
  const deep = "1/2/3/4/5/6/7/8";
  const plan = await planFor(store, temporaryDirectory({ [`${deep}/a.json`]: model("a", "A") }));
  expect(plan.refused.map(({ what }) => what)).toEqual([deep, `${deep}/a.json`]);
  expect(plan.warned.map(({ what }) => what)).toEqual(["1/2/3/4/5", "1/2/3/4/5/6", "1/2/3/4/5/6/7"]);
  expect(plan.warned[0]?.reason).toContain("unless max_nested_folder_depth is higher");
});

const bytes = (text: string, ...before: readonly number[]): Buffer =>
  Buffer.concat([Buffer.from(before), Buffer.from(text)]);

test("a file that is no dashboard says what it is, and all are told at once", async () => {
  await using grafana = await startGrafana();
  const directory = temporaryDirectory({
    "bare-v2-spec.json": '{"title":"Bare","elements":{},"layout":{"kind":"GridLayout","spec":{"items":[]}}}',
    "wrapped-v2.json": '{"dashboard":{"title":"Bare","layout":{}}}',
    "half.json": '{"apiVersion":"dashboard.grafana.app/v2","title":"Half"}',
    "blank.json": " \n",
    "characters.json": model("bad uid/x", "Bad uid"),
    "good.json": model("good", "Good"),
  });
  const text = model("x", "X");
  writeFileSync(join(directory, "bom.json"), bytes(text, 0xef, 0xbb, 0xbf));
  writeFileSync(join(directory, "utf-16.json"), bytes("", ...Buffer.from(`\ufeff${text}`, "utf16le")));
  writeFileSync(join(directory, "latin-1.json"), Buffer.from(model("x", "Überblick"), "latin1"));
  const error = await failure(planFor(await storeOf(grafana), directory));
  if (!(error instanceof DashboardFilesError)) throw error;
  expect(Object.fromEntries(error.problems.map(({ file, reason }) => [file, reason]))).toEqual({
    "bare-v2-spec.json": expect.stringContaining("it is the spec of a v2 dashboard by itself"),
    "wrapped-v2.json": expect.stringContaining("it is the spec of a v2 dashboard by itself"),
    "half.json": expect.stringContaining("it has apiVersion, as a resource, but no metadata and no spec"),
    "blank.json": "it is empty",
    "characters.json": expect.stringContaining("illegal characters"),
    "bom.json": expect.stringContaining("it begins with a byte order mark"),
    "utf-16.json": "it is UTF-16: save it as UTF-8",
    "latin-1.json": "it is not UTF-8 text",
  });
  expect(grafana.calls).toEqual([]);
});

test("a dry run lists no file that would fail, and a run none that did", async () => {
  await using grafana = await startGrafana({ quotas: { org_dashboard: 1 } });
  const cwd = temporaryDirectory({
    "boards/a-bad.json": model("bad uid/x", "Bad uid"),
    "boards/b-good.json": model("good", "Good"),
    "boards/c-beyond.json": model("beyond", "Beyond the quota"),
  });
  const provisioned = (...more: readonly string[]) =>
    run(["dashboards", "provision", "boards", ...more], { cwd, env: { GRAFANA_URL: grafana.url } });
  const dry = await provisioned("--dry-run");
  expect(dry.exitCode).toBe(3);
  expect(dry.stdout).not.toContain("a-bad.json");
  expect(dry.stdout).toContain("2 would be created");
  expect(dry.stderr).toContain("a-bad.json would fail: its uid contains illegal characters");
  const real = await provisioned();
  expect(real.exitCode).toBe(3);
  expect(real.stdout).not.toMatch(/a-bad|c-beyond/);
  expect(real.stdout).toContain("create  b-good.json");
  expect(real.stdout).toContain("dashboards: 1 created");
  expect(real.stderr).toMatch(/c-beyond\.json failed: .*Quota reached/);
  const again = JSON.parse((await provisioned("--json")).stdout);
  expect(again.dashboardCounts).toEqual({ createdTotal: 0, updatedTotal: 0, unchangedTotal: 1 });
  expect(again.failed.map(({ subject }: { subject: string }) => subject)).toEqual([
    "a-bad.json",
    "c-beyond.json",
  ]);
}, 30_000);
