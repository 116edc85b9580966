/** Several instances of one plugin in one stack, as a user meets them: two Lokis, from the inventory to the second export. */
import { afterAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type Lab, startLab } from "../lab/lab.ts";
import { type Finished, run } from "../support/binary.ts";
import { temporaryDirectory } from "../support/directory.ts";
import { startFront } from "../support/front.ts";
import { agreed } from "../support/project.ts";

setDefaultTimeout(120_000); // two cores are shared with other test files

const labs = await Promise.all([
  startLab({ seed: 1 }),
  startLab({ seed: 2 }),
  startLab({ empty: true }),
  startLab({ empty: true }),
]);
const [home, away, emptyHome, emptyAway] = labs as unknown as [Lab, Lab, Lab, Lab];
afterAll(() => Promise.all(labs.map((lab) => lab.stop())));

/** A group of rules, which is an object file in a snapshot. */
const addRules = async (lab: Lab, group: string): Promise<void> => {
  const rules = `name: ${group}\ninterval: 1m\nrules:\n  - alert: Quiet\n    expr: sum(rate({service_name="shop"}[5m])) < 1\n`;
  const request = { method: "POST", body: rules, headers: { "Content-Type": "application/yaml" } };
  const { status } = await fetch(`${lab.urls.loki}/loki/api/v1/rules/shop`, request);
  expect(status).toBe(202);
};
await addRules(home, "at-home");
await addRules(away, "away");

/** Without the other backends that a stack has unless they are switched off. */
const OFF = ["tempo", "mimir", "grafana"].map((name) => `  ${name}: { enabled: false }\n`).join("");

const project = (backends: string, more = ""): string =>
  temporaryDirectory({ "contextcore.yaml": `name: shop\n${more}backends:\n${OFF}${backends}` });

const twoLokis = (one: Lab, other: Lab, more = ""): string =>
  `  loki: { url: "${one.urls.loki}" }\n  loki-eu: { plugin: loki, url: "${other.urls.loki}"${more} }\n`;

/** What it printed as JSON, once it has ended as it should. */
function printed({ stdout, stderr, exitCode }: Finished, code = 0) {
  if (exitCode !== code) throw new Error(`exit code ${exitCode}: ${stderr}${stdout}`);
  return JSON.parse(stdout);
}

const namesIn = (all: readonly { backend: string }[]): string[] => all.map(({ backend }) => backend);

const json = async (cwd: string, args: readonly string[], code = 0) =>
  printed(await run([...args, "--json"], { cwd }), code);

const exported = async (cwd: string, ...args: string[]) => json(cwd, ["export", "--all", ...args]);

describe("two Lokis with different data", () => {
  const cwd = project(twoLokis(home, away));

  test("are two lines of one inventory, each with its own size and settings", async () => {
    const { stdout } = await run(
      ["inventory", "--set", "backends.loki-eu.importance=low", "--set", "backends.loki.class=transient"],
      { cwd, env: { CONTEXTCORE_LOKI_IMPORTANCE: "critical" } },
    );
    expect(stdout).toMatch(
      /^loki {2,}\S+ \S+ .*importance=critical\nloki-eu {2,}\S+ \S+ .*importance=low\n$/,
    );
    const { backends } = await json(cwd, ["inventory", "--set", "backends.loki.class=transient"]);
    expect(backends).toMatchObject([
      { backend: "loki", url: home.urls.loki, importance: "high", class: "transient" },
      { backend: "loki-eu", plugin: "loki", url: away.urls.loki, importance: "high", class: "important" },
    ]);
    expect(backends[0].plugin).toBeUndefined();
  });

  test("are saved into one snapshot: one at the top, the other in a folder of its own name", async () => {
    const { snapshot, backends, status } = await exported(cwd);
    const { path } = snapshot;
    expect(status).toBe("complete");
    expect(namesIn(backends)).toEqual(["loki", "loki-eu"]);
    expect(readdirSync(path)).toEqual(expect.arrayContaining(["logs.json", "loki", "loki-eu"]));
    expect(readdirSync(join(path, "loki-eu"))).toEqual(expect.arrayContaining(["logs.json", "rules"]));
    const manifest = JSON.parse(readFileSync(join(path, "manifest.json"), "utf8"));
    const [own, other] = manifest.plugins;
    expect([own.plugin, other.plugin]).toEqual([undefined, "loki"]);
    const logs = other.files.find(({ of }: { of?: string }) => of === "logs.json");
    expect(logs).toMatchObject({ path: "loki-eu/logs.json", kind: "records" });
    expect(logs.records).toBeGreaterThan(0);
    expect(own.counts.entries === other.counts.entries && own.files[0].sha256 === logs.sha256).toBe(false);
    expect(readFileSync(join(path, "blocks.jsonl"), "utf8")).toContain('"plugin":"loki-eu"');
    const audit = (await run(["audit", "--json", "-n", "1"], { cwd })).stdout;
    expect(audit).toContain(`"loki","loki-eu"`);
  });

  test("verify, live too, and the next export's continuation speak of each by its name", async () => {
    const sound = await run(["verify", "latest", "--live"], { cwd });
    expect({ code: sound.exitCode, out: sound.stdout }).toMatchObject({ code: 0 });
    expect(sound.stdout).toContain("loki-eu");
    const { backends } = await json(cwd, ["export", "--since-last"]);
    expect(backends).toHaveLength(2);
    const { snapshots } = await json(cwd, ["snapshots", "list"]);
    expect(JSON.stringify(snapshots)).toContain("loki-eu");
  });

  test("and what is put back into two empty ones is exported again as it was", async () => {
    const first = await exported(cwd);
    const there = project(twoLokis(emptyHome, emptyAway));
    const report = await json(there, ["restore", first.snapshot.path, "--yes"]);
    expect(namesIn(report.backends)).toEqual(["loki", "loki-eu"]);
    const second = await exported(there);
    const diff = await run(["snapshots", "diff", first.snapshot.path, second.snapshot.path, "--json"], {
      cwd,
    });
    const { backends } = JSON.parse(diff.stdout);
    expect(
      backends.map(({ backend, equal }: { backend: string; equal: boolean }) => [backend, equal]),
    ).toEqual([
      ["loki", true],
      ["loki-eu", true],
    ]);
    const counts = ({ backends: all }: typeof first) =>
      all.map(({ backend, counts: { entries } }: { backend: string; counts: { entries: number } }) => [
        backend,
        entries,
      ]);
    expect(counts(second)).toEqual(counts(first));
  });

  test("one alone is chosen by its name, and keeps its folder; a wrong name is told", async () => {
    const { snapshot, backends } = await exported(
      cwd,
      "--plugin",
      "loki-eu",
      "--match",
      '{service_name=~".+"}',
    );
    expect(namesIn(backends)).toEqual(["loki-eu"]);
    const { path } = snapshot;
    expect(existsSync(join(path, "logs.json"))).toBe(false);
    expect(existsSync(join(path, "loki-eu", "logs.json"))).toBe(true);
    const wrong = await run(["export", "--plugin", "loki-ue"], { cwd });
    expect(wrong.stderr).toContain("--plugin loki-ue: there is no such backend\nhint: did you mean loki-eu?");
    const match = await run(["export", "--all", "--json", "--match", 'loki-eu={service_name="checkout"}'], {
      cwd,
    });
    const [all, some] = printed(match).backends;
    expect(some.counts.entries).toBeLessThan(all.counts.entries);
  });

  test("completions offer both, and config show tells of both where each value is from", async () => {
    const { stdout } = await run(["completions", "fish", "--", "export", "--plugin", "lo"], { cwd });
    expect(stdout).toBe("loki\tbuilt-in\nloki-eu\tan instance of loki\n");
    const env = { CONTEXTCORE_LOKI_EU_IMPORTANCE: "low", CONTEXTCORE_LOKI_EU_TOKEN: "not-to-be-seen" };
    const shown = printed(await run(["config", "show", "--json"], { cwd, env }));
    const value = (key: string) => shown.settings.find((one: { key: string }) => one.key === key);
    expect(value("backends.loki-eu.plugin")).toMatchObject({ value: "loki", where: "contextcore.yaml:7" });
    expect(value("backends.loki-eu.importance")).toMatchObject({
      value: "low",
      where: "CONTEXTCORE_LOKI_EU_IMPORTANCE",
    });
    expect(value("backends.loki-eu.token")).toMatchObject({ value: "***" });
    expect(value("backends.loki.importance")).toMatchObject({ value: "high", where: "default" });
    expect(JSON.stringify(shown)).not.toContain("not-to-be-seen");
  });
});

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

describe("where no instance is named like its plugin", () => {
  test("the first has the files at the top, the others have folders", async () => {
    const cwd = project(
      `  eu: { plugin: loki, url: "${home.urls.loki}" }\n  us: { plugin: loki, url: "${away.urls.loki}" }\n`,
    );
    const { snapshot, backends } = await exported(cwd);
    const { path } = snapshot;
    expect(namesIn(backends)).toEqual(["eu", "us"]);
    expect(readdirSync(path)).toEqual(expect.arrayContaining(["logs.json", "us"]));
    expect(existsSync(join(path, "eu"))).toBe(false);
    expect((await run(["verify", path], { cwd })).exitCode).toBe(0);
  });

  test("what an earlier version saved under the plugin's name is put back into that one", async () => {
    const before = project(`  loki: { url: "${home.urls.loki}" }\n`);
    const { path } = (await exported(before)).snapshot;
    const lab = await startLab({ empty: true });
    const cwd = project(`  eu: { plugin: loki, url: "${lab.urls.loki}" }\n`);
    const report = await json(cwd, ["restore", path, "--yes"]);
    expect(report.status).toBe("complete");
    const again = await exported(cwd);
    await lab.stop();
    expect(again.backends[0].counts.entries).toBeGreaterThan(0);
  });

  test("--set of the plugin's own name is told to lead nowhere", async () => {
    const cwd = project(`  loki-eu: { plugin: loki, url: "${home.urls.loki}" }\n`);
    const { stderr, exitCode } = await run(["inventory", "--set", "backends.loki.url=http://127.0.0.1:1"], {
      cwd,
    });
    expect(stderr).toContain("--set: backends.loki: there is no plugin called loki");
    expect(exitCode).toBe(2);
  });
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
    ["  loki-eu: { plugin: loki, class: gold }\n", "contextcore.yaml:6: backends.loki-eu.class: expected"],
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

test("two instances of the same server and tenant are pointed out", async () => {
  const cwd = project(twoLokis(home, home));
  const { stderr, exitCode } = await run(["config", "check"], { cwd });
  const what = "loki and loki-eu have the same server and tenant";
  expect(stderr).toContain(what);
  expect(exitCode).toBe(0);
  const doctor = await run(["doctor"], { cwd });
  expect(doctor.stdout).toContain(what);
  expect(doctor.exitCode).toBe(3);
  const apart = project(twoLokis(home, home, ", tenant: eu"));
  expect((await run(["config", "check"], { cwd: apart })).stderr).toBe("");
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

test("data that an instance names is measured, whichever plugin it is of", async () => {
  const cwd = project(`  eu: { plugin: loki, url: "${home.urls.loki}", data: data }\n`);
  await Bun.write(join(cwd, "data", "chunk"), new Uint8Array(300_000).fill(7));
  const { backends } = await json(cwd, ["inventory"]);
  expect(backends[0].size).toMatchObject({ source: "disk" });
  expect(backends[0].size.bytes).toBeGreaterThanOrEqual(300_000);
});

test("what is saved of one instance is not taken for the other", async () => {
  const cwd = project(twoLokis(home, away));
  await exported(cwd, "--plugin", "loki");
  const { warnings } = await json(cwd, ["inventory"]);
  const unsaved = warnings.filter(({ kind }: { kind: string }) => kind === "unsaved" || kind === "expiring");
  expect(unsaved.map(({ backend }: { backend: string }) => backend)).toEqual(["loki-eu"]);
  const lost = await run(["persistence", "check-destroy"], { cwd });
  expect(lost.exitCode).toBe(3);
  expect(lost.stdout + lost.stderr).toContain("loki-eu");
});

test("somebody else's plugin has instances, too, each with its own options, and in a folder of its own", async () => {
  const line = (task: string) => `{"time":"2026-01-24T08:00:00Z","task":"${task}"}\n`;
  const cwd = temporaryDirectory({ "one/a.jsonl": line("FIRST"), "two/a.jsonl": line("SECOND") });
  expect((await run(["plugin", "new", "acme/lines"], { cwd })).exitCode).toBe(0);
  expect((await run(["plugin", "add", "./lines", "--yes"], { cwd })).exitCode).toBe(0);
  const lines = "  acme/lines: { directory: one }\n  lines-eu: { plugin: acme/lines, directory: two }\n";
  const off = `${OFF}  loki: { enabled: false }\n`;
  await Bun.write(join(cwd, "contextcore.yaml"), `plugins: [./lines]\nbackends:\n${off}${lines}`);
  const { snapshot, backends, status } = await json(agreed(cwd), ["export", "--all"]);
  expect({ status, names: namesIn(backends) }).toEqual({
    status: "complete",
    names: ["acme/lines", "lines-eu"],
  });
  const { path } = snapshot;
  expect(readFileSync(join(path, "acme", "lines", "lines.jsonl"), "utf8")).toContain("FIRST");
  expect(readFileSync(join(path, "lines-eu", "lines.jsonl"), "utf8")).toContain("SECOND");
  expect((await run(["verify", path], { cwd })).exitCode).toBe(0);
  const shown = await json(cwd, ["config", "show"]);
  expect(JSON.stringify(shown.settings)).toContain("backends.lines-eu.importance");
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

test("a name that is another plugin's instance by now continues nothing of the first, though one address leads to both", async () => {
  let behind = home.urls.loki;
  await using gateway = startFront(() => behind);
  const backends = (plugin: string) =>
    `name: shop\nbackends:\n${OFF}  loki: { enabled: false }\n  shop: { plugin: ${plugin}, url: "${gateway.url}" }\n`;
  const cwd = temporaryDirectory({ "contextcore.yaml": backends("loki") });
  const first = await exported(cwd);
  expect(first.status).toBe("complete");
  behind = home.urls.mimir;
  await Bun.write(join(cwd, "contextcore.yaml"), backends("mimir"));
  const second = await run(["export", "--since-last", "--json"], { cwd });
  expect(second.stderr).toContain("shop: everything, since the kept snapshots of it are of the plugin loki");
  expect(printed(second).backends[0].counts.samples).toBeGreaterThan(0);
  const { stdout } = await run(["verify", "latest"], { cwd });
  expect(stdout).toContain("not covered: ");
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
