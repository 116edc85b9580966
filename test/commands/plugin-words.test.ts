/** What `--plugin` means: a backend by its name, an instance with all its tenants, or a plugin with all its instances. */
import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { startLab } from "../lab/lab.ts";
import { createLoki } from "../lab/loki/index.ts";
import { startGrafana } from "../plugins/grafana/support.ts";
import { run } from "../support/binary.ts";
import { temporaryDirectory } from "../support/directory.ts";
import { exported, json, namesIn, OFF, project } from "./instance-project.ts";

setDefaultTimeout(120_000); // two cores are shared with other test files

const lab = await startLab();
const now = (): bigint => BigInt(Date.now()) * 1_000_000n;
const face = createLoki({ now, authEnabled: true, limits: { reject_old_samples: false } });
const shared = Bun.serve({ port: 0, hostname: "127.0.0.1", fetch: (request) => face.handle(request) });
afterAll(() => Promise.all([lab.stop(), shared.stop(true)]));

const TENANTS = `  loki: { url: "http://127.0.0.1:${shared.port}", tenants: [anna, blue] }\n`;
const TWO = `  eu: { plugin: loki, url: "${lab.urls.loki}" }\n  us: { plugin: loki, url: "${lab.urls.loki}", tenant: us }\n`;

beforeAll(async () => {
  for (const tenant of ["anna", "blue"]) {
    const values = [[`${now() - 3_600_000_000_000n}`, `a line of ${tenant}`]];
    const answer = await fetch(`http://127.0.0.1:${shared.port}/loki/api/v1/push`, {
      method: "POST",
      headers: { "Content-Type": "application/json", "X-Scope-OrgID": tenant },
      body: JSON.stringify({ streams: [{ stream: { app: "shop" }, values }] }),
    });
    expect(answer.status).toBe(204);
  }
});

test("an instance with tenants means all of them, in a listing, an export, its selector and a restore", async () => {
  const cwd = project(TENANTS);
  const both = ["loki@anna", "loki@blue"];
  expect(namesIn((await json(cwd, ["inventory", "--plugin", "loki"])).backends)).toEqual(both);
  const { snapshot, backends } = await exported(cwd, "--plugin", "loki");
  expect(namesIn(backends)).toEqual(both);
  const some = await exported(cwd, "--plugin", "loki", "--match", 'loki={app="shop"}');
  expect(namesIn(some.backends)).toEqual(both);
  const plan = await json(cwd, ["restore", snapshot.path, "--plugin", "loki", "--dry-run"]);
  expect(namesIn(plan.backends)).toEqual(both);
  const one = await json(cwd, ["restore", snapshot.path, "--plugin", "loki@blue", "--dry-run"]);
  expect(namesIn(one.backends)).toEqual(["loki@blue"]);
});

test("a plugin that no backend is named like means all its instances, also one that cannot be opened", async () => {
  const cwd = project(TWO);
  expect(namesIn((await exported(cwd, "--plugin", "loki")).backends)).toEqual(["eu", "us"]);
  expect(namesIn((await exported(cwd, "--plugin", "us")).backends)).toEqual(["us"]);
  const broken = project(TWO.replace("tenant: us", "tenant: us, ca: ./none.pem"));
  const { stderr, exitCode } = await run(["inventory", "--plugin", "loki"], { cwd: broken });
  expect(stderr).toContain("none.pem");
  expect(exitCode).not.toBe(0);
});

test("a backend that is named like its plugin is meant alone: the others have names of their own", async () => {
  const both = `  loki: { url: "${lab.urls.loki}" }\n  loki-eu: { plugin: loki, url: "${lab.urls.loki}" }\n`;
  expect(namesIn((await exported(project(both), "--plugin", "loki")).backends)).toEqual(["loki"]);
});

test("dashboards, too, are found by the plugin's name", async () => {
  await using grafana = await startGrafana({ seed: 1 });
  const off = OFF.replace(
    "grafana: { enabled: false }",
    `boards: { plugin: grafana, url: "${grafana.url}" }`,
  );
  const cwd = temporaryDirectory({
    "contextcore.yaml": `name: shop\nbackends:\n${off}  loki: { enabled: false }\n`,
  });
  for (const word of ["grafana", "boards"]) {
    const { stdout, stderr, exitCode } = await run(["dashboards", "list", "--plugin", word], { cwd });
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
    expect(stdout.split("\n").length).toBeGreaterThan(10);
  }
  const { stderr } = await run(["dashboards", "list", "--plugin", "grafna"], { cwd });
  expect(stderr).toContain("--plugin grafna: there is no such backend");
});
