/** Restores by selector: what a selector finds, what comes with it, in the plan and on the server. */
import { beforeAll, expect, test } from "bun:test";
import { readdirSync } from "node:fs";
import type { Restorer } from "contextcore";
import { createGrafana, seedGrafana } from "../../lab/grafana/index.ts";
import { run } from "../../support/binary.ts";
import { temporaryDirectory } from "../../support/directory.ts";
import { exportAll, failure, NEVER, open, startGrafana } from "./support.ts";

let files: ReadonlyMap<string, string>;
let restore: Restorer;
beforeAll(async () => {
  await using grafana = await startGrafana({ seed: 1 });
  const { backend } = await open(grafana);
  if (backend.restore === undefined) throw new Error("grafana cannot restore");
  restore = backend.restore;
  files = (await exportAll(backend)).files;
});

async function* everything() {
  for (const [file, text] of files) {
    const lines = file.endsWith(".jsonl") ? text.trimEnd().split("\n") : [text];
    for (const line of lines) yield { file, line };
  }
}

/** The files of which a selector leaves anything, without `grafana/`; of annotations how many lines. */
async function chosen(match: string): Promise<string[]> {
  const matcher = await restore.selection?.(match, everything(), NEVER);
  const kept = new Map<string, number>();
  for await (const { file, line } of everything())
    if (matcher?.(line, file) !== undefined) kept.set(file, (kept.get(file) ?? 0) + 1);
  return [...kept]
    .map(([file, lines]) => file.replace("grafana/", "") + (file.endsWith("jsonl") ? ` ${lines}` : ""))
    .sort();
}

const TASKS = [
  "dashboards/Tasks-tasks-overview.json",
  "datasources/Tempo-tempo.json",
  "library-panels/Status legend-lib-legend.json",
];
const SERVICES = ["folders/Projects-projects.json", "folders/Projects/Services-projects-services.json"];
const SOURCES = ["datasources/Loki-loki.json", "datasources/Mimir-mimir.json"];
const CHECKOUT = ["dashboards/Projects/Services/Overview-svc-checkout.json", ...SOURCES, ...SERVICES].sort();

test.each([
  ["uid=tasks-overview", TASKS],
  ["uid:tasks-overview", TASKS],
  ['{uid="tasks-overview"}', TASKS],
  ['kind="dashboards", title=~"Task.*"', TASKS],
  ["kind=dashboard tasks", TASKS],
  ["uid=svc-checkout", CHECKOUT],
  ["kind=dashboard tag=service folder=projects uid!=svc-payments", CHECKOUT],
  ["kind=dashboard folder=PROJECTS/services uid!~.*payments", CHECKOUT],
  ["title=loki kind=datasource", ["datasources/Loki-loki.json"]],
  [
    "kind=folder uid=platform-nord",
    [
      "folders/Platform-platform.json",
      "folders/Platform/Services-platform-services.json",
      "folders/Platform/Services/Überwachung _ Nord-platform-nord.json",
    ],
  ],
  ["folder=con", ["dashboards/_con/_con-con-dash.json", "folders/_con-device.json"]],
  [
    "kind=policy",
    [
      "alerting/contact-points/grafana-default-email-grafana-default-email.json",
      "alerting/contact-points/on call _ webhook-cp-hook.json",
      "alerting/contact-points/platform team-cp-mail.json",
      "alerting/contact-points/platform team-cp-slack.json",
      "alerting/mute-timings/weekends-e8e08d27.json",
      "alerting/policies/notification-policies.json",
    ],
  ],
  ["kind=playlist", [...TASKS, "playlists/Office wall-p00000001x.json"]],
  ["kind=annotation tag=deploy", ["annotations.jsonl 1"]],
  ["kind=annotation tag=task TASK", ["annotations.jsonl 40", ...TASKS]],
  ["tag=nope", []],
  [
    "kind=rule title=latency",
    [
      "alerting/rules/Platform/Services/latency-dbf51ed5.json",
      "datasources/Mimir-mimir.json",
      "folders/Platform-platform.json",
      "folders/Platform/Services-platform-services.json",
    ],
  ],
])("%s", async (match, expected) => {
  expect(await chosen(match)).toEqual(expected);
});

test.each([
  ["", /is not understood/],
  ["{}", /is not understood/],
  ["colour=red", /there is no condition "colour"/],
  ["kind=dashbord", /there is no kind "dashbord", but folder, datasource/],
  ["title=~[", /is not a regular expression/],
  ['title="open', /is not understood/],
])("a selector that makes no sense is refused: %p", async (match, said) => {
  const error = await failure(chosen(match));
  expect(error).toMatchObject({ kind: "invalid", message: expect.stringMatching(said) });
  expect(error).toHaveProperty("hint", expect.stringContaining("kind=dashboard folder="));
});

test("an export's selector has the same words, and finds dashboards only", async () => {
  await using grafana = await startGrafana({ seed: 1 });
  const { backend } = await open(grafana);
  const range = { from: 0n, to: 1n };
  const found = async (match: string): Promise<string[]> =>
    [...(await exportAll(backend, { range, match })).files.keys()]
      .filter((path) => path.startsWith("grafana/dashboards/"))
      .map((path) => path.replace(/^.*\//, ""))
      .sort();
  expect(await found('folder="projects/services" tag=service')).toEqual([
    "Overview-svc-checkout.json",
    "Overview-svc-payments.json",
  ]);
  expect(await found("folder=platform uid!~svc-.*")).toEqual([
    "Latenz _p99_ _ Köln_ 日本語 🚀-latency-nord.json",
    "Node Exporter-node-exporter.json",
  ]);
  expect(await found("folder=General")).toEqual(["Tasks-tasks-overview.json"]);
  expect(await failure(backend.export.start({ range, match: "kind=rule" }, NEVER))).toMatchObject({
    kind: "invalid",
    hint: expect.stringContaining("In an export a selector chooses dashboards"),
  });
});

/** A Grafana by the real clock, since the program has no other. */
async function serve(seed: boolean) {
  const now = (): bigint => BigInt(Date.now()) * 1_000_000n;
  const face = createGrafana({ now });
  if (seed) await seedGrafana(face, { seed: 1, now: now() });
  const server = Bun.serve({ hostname: "127.0.0.1", port: 0, fetch: (request) => face.handle(request) });
  return {
    store: face.store,
    url: `http://127.0.0.1:${server.port}`,
    [Symbol.asyncDispose]: async (): Promise<void> => void (await server.stop(true)),
  };
}

test("from the command line: planned, written, and nothing else", async () => {
  await using source = await serve(true);
  await using target = await serve(false);
  const cwd = temporaryDirectory();
  const cc = (url: string, ...args: string[]) => run(args, { cwd, env: { GRAFANA_URL: url } });
  const exported = await cc(source.url, "export", "--plugin", "grafana", "-t", "2d");
  expect(exported.exitCode, exported.stderr).toBe(0);
  const [snapshot = ""] = readdirSync(`${cwd}/backups`);
  const restored = (...args: string[]) => cc(target.url, "restore", snapshot, "--plugin", "grafana", ...args);

  const planned = await restored("--match", "kind=dashboard folder=Projects/Services", "--dry-run", "--json");
  expect(planned.exitCode, planned.stderr).toBe(0);
  const [plan] = JSON.parse(planned.stdout).backends;
  expect(plan.counts).toEqual({ folders: 2, "data-sources": 2, dashboards: 2 });
  expect(plan.files.map(({ file }: { file: string }) => file)).toContain(
    "grafana/dashboards/Projects/Services/Overview-svc-checkout.json",
  );
  expect(target.store.folders.size).toBe(0);

  const written = await restored("--match", "grafana=uid=svc-checkout", "--yes");
  expect(written.stdout).toMatch(/1 dashboard\b/);
  expect([...target.store.dashboards.keys()]).toEqual(["svc-checkout"]);
  expect([...target.store.folders.keys()]).toEqual(["projects", "projects-services"]);
  expect([...target.store.dataSources.keys()].sort()).toEqual(["loki", "mimir"]);
  expect(target.store.annotations).toEqual([]);

  const notes = await restored("--match", "kind=annotation tag=deploy", "--yes");
  expect(notes.exitCode, notes.stderr).toBe(0);
  expect(target.store.annotations.map(({ text }) => text)).toEqual(["Release 1.4 – für alle 🚀"]);

  const nothing = await restored("--match", "uid=nope", "--yes");
  expect([nothing.exitCode, nothing.stderr]).toEqual([
    2,
    expect.stringContaining("nothing of this snapshot"),
  ]);
  const senseless = await restored("--match", "colour=red", "--dry-run");
  expect(senseless.stderr + senseless.stdout).toContain('there is no condition "colour"');
}, 60_000);
