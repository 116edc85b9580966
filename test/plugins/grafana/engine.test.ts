/** Through the engine, into a snapshot on the disk. */
import { expect, test } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { DEFAULT_RETRY } from "../../../src/engine/retry.ts";
import { exportSnapshot } from "../../../src/export/export-snapshot.ts";
import { temporaryDirectory } from "../../support/directory.ts";
import { NEVER, open, startGrafana, WEEK } from "./support.ts";

test("the snapshot is complete, its counts agree, and what Grafana never gives is named", async () => {
  await using grafana = await startGrafana({ seed: 1 });
  const directory = temporaryDirectory();
  const { path, manifest } = await exportSnapshot({
    backends: [{ open: await open(grafana), request: { range: WEEK } }],
    failures: [],
    directory,
    concurrency: 4,
    signal: NEVER,
    tuning: { recountMs: 0 },
  });
  const [plugin] = manifest.plugins;
  expect(plugin).toMatchObject({
    name: "grafana",
    status: "complete",
    agrees: true,
    serverVersion: "13.1.0",
    counts: { dashboards: 11, folders: 7, annotations: 42 },
  });
  // The clock here stands still, which the engine notices.
  const named = plugin?.problems
    .filter(({ reason }) => !reason.startsWith("the server's clock is "))
    .map(({ kind, reason, itemsTotal }) => [kind, reason.slice(0, 24), itemsTotal].join("|"));
  expect(named?.sort()).toEqual([
    "normalised|Numeric ids, version num|0",
    "not-contained|Dashboards refer to data|1",
    "not-contained|Secrets of contact point|2",
    "not-contained|Secrets of data sources:|3",
    "not-contained|Users, teams, service ac|0",
  ]);
  const files = readdirSync(join(path, "grafana"), { recursive: true, withFileTypes: true }).filter((one) =>
    one.isFile(),
  );
  expect(files).toHaveLength(plugin?.files.length ?? 0);
  expect(readFileSync(join(path, "grafana/dashboards/Tasks-tasks-overview.json"), "utf8")).toContain(
    '"title": "Tasks"',
  );
});

test("an export without rights to alerting is partial, not failed", async () => {
  const account = { login: "sa", token: "glsa_v", role: "Viewer" } as const;
  await using grafana = await startGrafana({ seed: 1, anonymous: false, accounts: [account] });
  const { manifest } = await exportSnapshot({
    backends: [{ open: await open(grafana, { token: "glsa_v" }), request: { range: WEEK } }],
    failures: [],
    directory: temporaryDirectory(),
    concurrency: 4,
    signal: NEVER,
    tuning: { recountMs: 0 },
  });
  expect(manifest.plugins[0]).toMatchObject({ status: "partial", counts: { dashboards: 11 } });
});

test("a dashboard that cannot be read costs itself, and is called by its name", async () => {
  await using grafana = await startGrafana({ seed: 1 });
  const broken = /\/dashboards\/tasks-overview$/;
  grafana.intercept = ({ url }) =>
    broken.test(new URL(url).pathname) ? new Response("boom", { status: 500 }) : undefined;
  const { manifest, path } = await exportSnapshot({
    backends: [{ open: await open(grafana), request: { range: WEEK } }],
    failures: [],
    directory: temporaryDirectory(),
    concurrency: 4,
    signal: NEVER,
    tuning: { recountMs: 0, retry: { ...DEFAULT_RETRY, attempts: 2, baseMs: 1, capMs: 1 } },
  });
  const [plugin] = manifest.plugins;
  const lost = plugin?.problems.filter(({ reason }) => reason.includes("answered 500")) ?? [];
  expect(lost.flatMap(({ items }) => items)).toEqual(["dashboards: Tasks (tasks-overview)"]);
  expect([plugin?.status, plugin?.counts.dashboards, plugin?.counts.folders]).toEqual(["partial", 10, 7]);
  expect(readdirSync(join(path, "grafana/dashboards")).length).toBeGreaterThan(2);
});
