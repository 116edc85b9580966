/** The `dashboards` commands as a user meets them. */
import { expect, test } from "bun:test";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { DASHBOARDS_LIST } from "../../src/results/dashboards.ts";
import { startGrafana } from "../plugins/grafana/support.ts";
import { run } from "../support/binary.ts";
import { temporaryDirectory } from "../support/directory.ts";
import { parsedAs } from "../support/printed.ts";
import { model } from "./support.ts";

interface Setting {
  readonly cwd: string;
  readonly url: string;
}

/** Runs `contextcore dashboards …` in a project; stdout and stderr without the project's own path. */
async function dashboards({ cwd, url }: Setting, args: readonly string[], exitCode = 0): Promise<string> {
  const {
    stdout,
    stderr,
    exitCode: code,
  } = await run(["dashboards", ...args], { cwd, env: { GRAFANA_URL: url } });
  expect({ args, code, text: stdout + stderr }).toEqual({ args, code: exitCode, text: expect.any(String) });
  return `${stdout}${stderr}`.replaceAll(cwd, "PROJECT");
}

const events = (
  cwd: string,
): { operation: string; outcome: string; data_affected: string[]; export_path?: string }[] => {
  const file = join(cwd, ".contextcore/audit.jsonl");
  if (!existsSync(file)) return [];
  return readFileSync(file, "utf8")
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
};

const recorded = (cwd: string): string[] =>
  events(cwd).map(({ operation, outcome }) => `${operation} ${outcome}`);

test("our own dashboards: provisioned once, then nothing to do, and the trail says so", async () => {
  await using grafana = await startGrafana({ seed: 1 });
  const setting = { cwd: temporaryDirectory(), url: grafana.url };
  expect(await dashboards(setting, ["provision", "--dry-run"])).toContain("4 would be created");
  expect(grafana.face.store.dashboards.has("contextcore-stack")).toBe(false);
  expect(await dashboards(setting, ["provision"])).toBe(
    [
      "create  contextcore/                     contextcore",
      "create  contextcore/stack-health.json    Stack health and ingestion",
      "create  contextcore/project-tasks.json   Project tasks",
      "create  contextcore/audit-activity.json  Audit activity",
      "create  contextcore/backups.json         Backups",
      "dashboards: 4 created, 0 updated, 0 unchanged; folders: 1 created",
      "",
    ].join("\n"),
  );
  expect(await dashboards(setting, ["provision"])).toBe("dashboards: 0 created, 0 updated, 4 unchanged\n");
  expect(recorded(setting.cwd)).toEqual(["provision started", "provision success"]);
}, 30_000);

test("exported and provisioned elsewhere; a bad file stops everything and is named", async () => {
  await using source = await startGrafana({ seed: 1 });
  await using target = await startGrafana();
  const cwd = temporaryDirectory({ "bad/a.json": "{", "bad/b.json": "[]", "bad/c.json": model("c", "C") });
  expect(await dashboards({ cwd, url: source.url }, ["export", "./boards"])).toBe(
    "./boards: dashboards 11, folders 7\n",
  );
  expect(await dashboards({ cwd, url: target.url }, ["provision", "boards"])).toContain(
    "dashboards: 11 created",
  );
  expect(JSON.parse(await dashboards({ cwd, url: target.url }, ["provision", "boards", "--json"]))).toEqual({
    schema: { name: "dashboards.provision", version: 1 },
    source: "boards",
    dryRun: false,
    folderCounts: { createdTotal: 0, renamedTotal: 0, unchangedTotal: 7 },
    dashboardCounts: { createdTotal: 0, updatedTotal: 0, unchangedTotal: 11 },
    left: [],
    failed: [],
    warned: [],
  });
  const said = await dashboards({ cwd, url: target.url }, ["provision", "bad"], 1);
  expect(said).toContain("a.json: not valid JSON at line 1, column 2\n");
  expect(said).toContain("b.json: not a dashboard: it is not a JSON object\n");
  expect(said).toContain("hint: Nothing was written.");
  expect(target.face.store.dashboards.has("c")).toBe(false);
  expect(await dashboards({ cwd, url: source.url }, ["export", "boards"], 1)).toContain(
    "PROJECT/boards is not empty",
  );
  expect(await dashboards({ cwd, url: source.url }, ["provision", "none"], 1)).toContain(
    "PROJECT/none is not a directory",
  );
}, 30_000);

test("a deletion is confirmed, recorded before it happens, and can be taken back", async () => {
  await using grafana = await startGrafana({ seed: 1 });
  const setting = { cwd: temporaryDirectory(), url: grafana.url };
  expect(await dashboards(setting, ["delete"], 2)).toContain("no dashboard is named");
  expect(await dashboards(setting, ["delete", "nope", "--yes"], 1)).toContain(
    "there is no dashboard with the uid nope",
  );
  expect(await dashboards(setting, ["delete", "dotdot"], 4)).toContain("the deletion was not confirmed");
  expect(await dashboards(setting, ["delete", "dotdot", "--dry-run"])).toContain("nothing was deleted");
  expect(grafana.face.store.dashboards.size).toBe(11);
  expect(recorded(setting.cwd)).toEqual([]);
  const before = grafana.face.store.dashboards.get("dotdot");
  await dashboards(setting, ["delete", "dotdot", "--yes"]);
  expect(grafana.face.store.dashboards.has("dotdot")).toBe(false);
  expect(recorded(setting.cwd)).toEqual(["delete_dashboard started", "delete_dashboard success"]);
  const [, end] = events(setting.cwd);
  expect(end?.data_affected).toEqual(["dashboard dotdot (../../etc/passwd)"]);
  const [copies = ""] = readdirSync(join(setting.cwd, ".contextcore/deleted-dashboards"));
  await dashboards(setting, ["provision", `.contextcore/deleted-dashboards/${copies}`]);
  const again = grafana.face.store.dashboards.get("dotdot");
  expect([again?.spec, again?.folderUid]).toEqual([before?.spec ?? {}, before?.folderUid ?? ""]);
}, 30_000);

test("where the trail cannot be written, nothing is deleted", async () => {
  await using grafana = await startGrafana({ seed: 1 });
  const cwd = temporaryDirectory({ ".contextcore": "a file where the trail's directory should be" });
  await dashboards({ cwd, url: grafana.url }, ["delete", "dotdot", "--yes"], 4);
  expect(grafana.face.store.dashboards.has("dotdot")).toBe(true);
}, 30_000);

test("part of a deletion that fails is exit code 3, and a list can be read by scripts", async () => {
  await using grafana = await startGrafana({ seed: 1 });
  const setting = { cwd: temporaryDirectory(), url: grafana.url };
  const said = JSON.parse(
    (
      await run(["dashboards", "delete", "--folder", "Platform/Services", "--yes", "--json"], {
        cwd: setting.cwd,
        env: { GRAFANA_URL: grafana.url },
      })
    ).stdout,
  );
  expect(said).toMatchObject({
    deleted: true,
    folders: [{ uid: "platform-nord" }],
    failed: [{ subject: "folder Platform/Services" }],
  });
  expect(recorded(setting.cwd)).toEqual(["delete_dashboard started", "delete_dashboard partial"]);
  const { dashboards: rows } = parsedAs(DASHBOARDS_LIST, await dashboards(setting, ["list", "--json"]));
  expect(rows).toHaveLength(8);
  expect(rows.find(({ uid }) => uid === "dotdot")?.folder).toEqual(["Projects", "2026/Q1 .."]);

  const nothing = await dashboards(setting, ["delete", "--folder", "Platform/Services", "--yes"], 1);
  expect(nothing).toContain("deleted: dashboards 0, folders 0");
  expect(recorded(setting.cwd).slice(2)).toEqual(["delete_dashboard started", "delete_dashboard failed"]);
}, 30_000);

test("a server that is not there, or does not let us in, is said in two lines", async () => {
  const cwd = temporaryDirectory();
  const gone = await dashboards({ cwd, url: "http://127.0.0.1:9" }, ["list"], 1);
  expect(gone).toMatch(/^error: grafana at http:\/\/127\.0\.0\.1:9: .*\nhint: .*\n$/);
  await using grafana = await startGrafana({ anonymous: false });
  expect(await dashboards({ cwd, url: grafana.url }, ["provision"], 1)).toContain("answered 401");
}, 30_000);
