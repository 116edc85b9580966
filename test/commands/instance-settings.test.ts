/** What an instance is set to, may be told and may send: a mistake stops everything, and what is one's own stays there. */
import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { join } from "node:path";
import { run } from "../support/binary.ts";
import { temporaryDirectory } from "../support/directory.ts";
import { agreed } from "../support/project.ts";
import { OFF, project } from "./instance-project.ts";

setDefaultTimeout(120_000); // two cores are shared with other test files

test("each instance's secret is blotted out of what is said of it", async () => {
  const refusing = Bun.serve({
    port: 0,
    hostname: "127.0.0.1",
    fetch: (request) => new Response(`no: ${request.headers.get("authorization")}`, { status: 403 }),
  });
  const url = `http://127.0.0.1:${refusing.port}`;
  const cwd = project(
    `  loki: { url: "${url}", token: "\${ONE}" }\n  loki-eu: { plugin: loki, url: "${url}", tenant: eu, token: "\${OTHER}" }\n`,
  );
  const env = { ONE: "first-secret-word", OTHER: "second-secret-word" };
  const finished = await run(["inventory"], { cwd: agreed(cwd), env });
  await refusing.stop(true);
  expect(finished.exitCode).toBe(3);
  expect(finished.stdout).toContain("loki-eu");
  expect(finished.stdout + finished.stderr).not.toMatch(/first-secret|second-secret/);
});

describe("a wrong instance stops everything, with its line", () => {
  test.each([
    [
      "  loki-eu: { plugin: lokki }\n",
      "contextcore.yaml:6: backends.loki-eu.plugin: there is no plugin called lokki\nhint: Did you mean loki?",
    ],
    [
      "  Loki: { plugin: loki }\n",
      "contextcore.yaml:6: backends.Loki: not a valid name: use lower case letters, digits and dashes",
    ],
    ["  ../up: { plugin: loki }\n", "contextcore.yaml:6: backends.../up: not a valid name"],
    [`  ${"a".repeat(41)}: { plugin: loki }\n`, "at most 40 characters"],
    ["  con: { plugin: loki }\n", "backends.con: a device name that Windows reserves"],
    ["  webhook: { plugin: loki }\n", "backends.webhook: the name of the plugin webhook"],
    ["  hooks: { plugin: webhook }\n", "backends.hooks.plugin: webhook is not a backend"],
    [
      "  lok: { }\n",
      "contextcore.yaml:6: backends.lok: there is no plugin called lok\nhint: Did you mean loki?",
    ],
    ["  loki-eu: { plugin: loki, urll: x }\n", "contextcore.yaml:6: backends.loki-eu.urll: unknown key"],
    [
      "  loki-eu: { plugin: loki, importance: much }\n",
      "contextcore.yaml:6: backends.loki-eu.importance: expected",
    ],
    [
      "  loki-eu: { plugin: loki, class: gold }\n",
      'contextcore.yaml:6: backends.loki-eu.class: there is no class called "gold"',
    ],
    ["  loki-eu: { plugin: loki, tenants: [a, a] }\n", "backends.loki-eu.tenants: names a tenant twice"],
    ["  loki-eu: { plugin: loki, tenants: [] }\n", "backends.loki-eu.tenants: empty: name a tenant"],
    ["  loki-eu: { plugin: loki, tenants: ['a|b'] }\n", "backends.loki-eu.tenants.0: not a tenant"],
    [
      "  loki-eu: { plugin: loki, tenant: x, tenants: [a] }\n",
      "backends.loki-eu.tenants: contradicts `tenant`",
    ],
    [
      '  loki-eu: { plugin: loki, tenants: "*" }\n',
      "backends.loki-eu.tenants: this backend cannot list its tenants",
    ],
    ["  g: { plugin: grafana, tenants: [a] }\n", "backends.g.tenants: unknown key"],
  ])("%j", async (backends, what) => {
    const { stderr, exitCode } = await run(["inventory"], { cwd: project(backends) });
    expect(stderr).toContain(what);
    expect(exitCode).toBe(2);
  });
});

test("what an instance sends beyond this machine, and reads outside, its user is asked about", async () => {
  const cwd = project(
    `  loki-eu: { plugin: loki, url: "https://loki.example.com", token: "\${EU_TOKEN}", data: /var/loki }\n`,
  );
  const { stderr, exitCode } = await run(["inventory"], { cwd, env: { EU_TOKEN: "hidden-word" } });
  expect(exitCode).toBe(4);
  for (const part of ["https://loki.example.com", "EU_TOKEN", "/var/loki", "loki-eu"])
    expect(stderr).toContain(part);
  expect(stderr).not.toContain("hidden-word");
});

test("a second server is sent no credential that the environment holds for the first", async () => {
  const seen: string[] = [];
  const server = Bun.serve({
    port: 0,
    hostname: "127.0.0.1",
    fetch(request) {
      seen.push(request.headers.get("authorization") ?? "none");
      return new Response("{}", { status: 404 });
    },
  });
  const cwd = temporaryDirectory({
    "contextcore.yaml": `backends:\n${OFF}  loki: { enabled: false }\n  boards: { plugin: grafana, url: "http://127.0.0.1:${server.port}" }\n`,
  });
  await run(["inventory"], { cwd, env: { GRAFANA_API_KEY: "of-the-first" } });
  expect(new Set(seen)).toEqual(new Set(["none"]));
  await run(["inventory"], { cwd, env: { CONTEXTCORE_BOARDS_TOKEN: "of-the-second" } });
  await server.stop(true);
  expect(seen).toContain("Bearer of-the-second");
});

test("the time limit of a call is a setting of each instance", async () => {
  const silent = Bun.serve({
    port: 0,
    hostname: "127.0.0.1",
    idleTimeout: 0,
    fetch: () => new Promise<never>(() => {}),
  });
  const url = `http://127.0.0.1:${silent.port}`;
  const cwd = project(`  loki-eu: { plugin: loki, url: "${url}", timeout: 300ms }\n`);
  const { stderr, exitCode } = await run(["inventory"], { cwd });
  expect(stderr).toMatch(/loki-eu at http:\/\/127\.0\.0\.1:\d+: \S+ \S+ took longer than 0\.3 s/);
  expect(exitCode).toBe(3);
  const env = { CONTEXTCORE_LOKI_EU_TIMEOUT: "400ms" };
  expect((await run(["inventory"], { cwd, env })).stderr).toContain("took longer than 0.4 s");
  await silent.stop(true);
});

test("a variable that would be that of two settings is refused where it is set", async () => {
  const tempo = "  tempo-s3: { plugin: tempo, enabled: true }\n";
  const text = `backends:\n  mimir: { enabled: false }\n  tempo: {}\n${tempo}  loki: { enabled: false }\n  grafana: { enabled: false }\n`;
  const cwd = temporaryDirectory({ "contextcore.yaml": text });
  const env = { CONTEXTCORE_TEMPO_S3_TIMEOUT: "1s", CONTEXTCORE_TEMPO_S3_ENDPOINT: "" };
  expect((await run(["config", "check"], { cwd, env })).exitCode).toBe(0);
  const hook = temporaryDirectory({
    "contextcore.yaml": "backends:\n  hook: { plugin: loki, url: 'http://127.0.0.1:1' }\n",
  });
  const { stderr, exitCode } = await run(["inventory"], {
    cwd: hook,
    env: { CONTEXTCORE_HOOK_TIMEOUT: "9s" },
  });
  expect(stderr).toContain(
    "CONTEXTCORE_HOOK_TIMEOUT: backends.hook.timeout: the same variable as that of the program",
  );
  expect(exitCode).toBe(2);
});

test("whose an instance is has to be agreed to, where it is somebody else's plugin, and which variables that is told", async () => {
  const cwd = temporaryDirectory({ "one/a.jsonl": "" });
  for (const name of ["lines", "others"]) {
    expect((await run(["plugin", "new", `acme/${name}`], { cwd })).exitCode).toBe(0);
    expect((await run(["plugin", "add", `./${name}`, "--yes"], { cwd })).exitCode).toBe(0);
  }
  const configured = (plugin: string) =>
    `plugins: [./lines, ./others]\nbackends:\n${OFF}  loki: { enabled: false }\n  eu: { plugin: ${plugin}, directory: one }\n`;
  await Bun.write(join(cwd, "contextcore.yaml"), configured("acme/lines"));
  agreed(cwd);
  await Bun.write(join(cwd, "contextcore.yaml"), configured("acme/others"));
  const { stderr, exitCode } = await run(["inventory"], {
    cwd,
    env: { CONTEXTCORE_EU_TOKEN: "of-the-user" },
  });
  expect(exitCode).toBe(4);
  expect(stderr).toContain("acme/others with your CONTEXTCORE_EU_TOKEN  backends.eu.plugin");
  expect(stderr).not.toContain("of-the-user");
});
