/** A configuration that does not load any more: who was told before is told, by cron and by a service that starts again. */
import { afterAll, beforeAll, beforeEach, expect, setDefaultTimeout, test } from "bun:test";
import { readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { loadConfig } from "../../../src/config/load.ts";
import { openDatabase } from "../../../src/service/database.ts";
import { keepLastSettings, lastSettings } from "../../../src/service/notify/last-settings.ts";
import { type Lab, startLab } from "../../lab/lab.ts";
import { run } from "../../support/binary.ts";
import { temporaryDirectory } from "../../support/directory.ts";
import { labProject } from "../../support/project.ts";

setDefaultTimeout(60_000);

let lab: Lab;
beforeAll(async () => {
  lab = await startLab();
});
afterAll(() => lab.stop());

let heard: string[] = [];
const receiver = Bun.serve({
  port: 0,
  async fetch(request) {
    const text = await request.text();
    heard.push(text === "" ? "ping" : JSON.parse(text));
    return new Response("ok");
  },
});
afterAll(() => receiver.stop(true));
beforeEach(() => {
  heard = [];
});

const SCHEDULES = `
schedules:
  - { name: nightly, cron: "15 2 * * *", zone: Europe/Berlin, task: export, params: { time: 1h }, retry: { times: 1, wait: 1s } }
notify:
  - url: http://localhost:${receiver.port}/s3cret
    template: "{{title}}"
ping: http://localhost:${receiver.port}/ping
`;

const project = (): string => labProject(lab, { only: ["loki"], more: SCHEDULES });

const HOOK = `http://localhost:${receiver.port}`;
const told = (cwd: string) => run(["schedules", "run", "nightly"], { cwd, env: { HOOK } });

test.each([
  ["is no YAML", (good: string) => `${good}schedules: [\n`, "contextcore.yaml:"],
  ["is empty", () => "# later\n", "is empty, and the last run here had it"],
  ["is half-written", (good: string) => good.slice(0, good.indexOf("notify:") + 20), "contextcore.yaml:"],
  ["is a list", () => "- 1\n", "must consist of keys"],
  ["has wrong receivers", (good: string) => good.replace("template:", "tmplate:"), "tmplate"],
  ["names a variable that is not set", (good: string) => `${good}activity: { path: "\${UNSET}" }\n`, "UNSET"],
])("who was told before is told when the configuration %s", async (_, harm, why) => {
  const cwd = project();
  const file = join(cwd, "contextcore.yaml");
  const good = readFileSync(file, "utf8").replaceAll(HOOK, `$${"{HOOK}"}`);
  writeFileSync(file, good);
  expect((await told(cwd)).exitCode).toBe(0);
  heard = [];
  writeFileSync(file, harm(good));
  for (let nights = 0; nights < 2; nights += 1) {
    const { exitCode, stderr } = await told(cwd);
    expect([exitCode, stderr]).toEqual([2, expect.stringContaining(why)]);
  }
  expect(heard).toEqual(["shop: nightly could not begin"]);
  writeFileSync(file, good);
  expect((await told(cwd)).exitCode).toBe(0);
  expect(heard.slice(1).toSorted()).toEqual(["ping", "shop: nightly went well again"]);
});

test("a configuration that is gone is no empty one, for cron and for a service that starts again", async () => {
  const cwd = project();
  const file = join(cwd, "contextcore.yaml");
  const good = readFileSync(file, "utf8");
  expect((await told(cwd)).exitCode).toBe(0);
  heard = [];
  rmSync(file);
  const { exitCode, stderr } = await told(cwd);
  expect([exitCode, stderr]).toEqual([2, expect.stringContaining("is gone, and the last run here had it")]);
  expect(heard).toEqual(["shop: nightly could not begin"]);
  expect((await run(["serve", "--listen", "127.0.0.1:0"], { cwd })).exitCode).toBe(2);
  expect(heard).toEqual(["shop: nightly could not begin", "shop: the service could not start"]);
  writeFileSync(file, good);
  expect((await told(cwd)).exitCode).toBe(0);
});

test("a configuration that is not named this time is not called gone, and one that says only its name is meant", async () => {
  const cwd = project();
  const file = join(cwd, "prod.yaml");
  renameSync(join(cwd, "contextcore.yaml"), file);
  expect((await run(["schedules", "run", "nightly", "--config", "prod.yaml"], { cwd })).exitCode).toBe(0);
  const { exitCode, stderr } = await told(cwd);
  expect([exitCode, stderr]).toEqual([
    2,
    expect.stringContaining("is not named, and the last run here had it"),
  ]);
  expect(stderr).toContain(`--config ${file}`);
  rmSync(file);
  expect((await told(cwd)).stderr).toContain("is gone, and the last run here had it");
  writeFileSync(join(cwd, "contextcore.yaml"), "name: shop\n");
  expect((await told(cwd)).stderr).toContain('there is no schedule called "nightly"');
});

test("a configuration that was cut off before its schedules is told, and a name that there never was is not", async () => {
  const cwd = project();
  const file = join(cwd, "contextcore.yaml");
  const good = readFileSync(file, "utf8");
  expect((await told(cwd)).exitCode).toBe(0);
  heard = [];
  writeFileSync(file, good.slice(0, good.indexOf("schedules:")));
  expect((await run(["schedules", "run", "nigthly"], { cwd })).exitCode).toBe(2);
  expect(heard).toEqual([]);
  for (let nights = 0; nights < 2; nights += 1) expect((await told(cwd)).exitCode).toBe(2);
  expect(heard).toEqual(["shop: nightly could not begin"]);
  writeFileSync(file, good);
  expect((await told(cwd)).exitCode).toBe(0);
  expect(heard.slice(1).toSorted()).toEqual(["ping", "shop: nightly went well again"]);
});

test("of two first starts at once that make a key, both can read what they keep", async () => {
  const CONTEXTCORE_HOME = temporaryDirectory();
  const started = async () => {
    const directory = temporaryDirectory({ "contextcore.yaml": "name: shop\n" });
    const config = await loadConfig({ directory, env: { CONTEXTCORE_HOME } });
    const database = openDatabase(directory);
    return {
      keep: (env = config.env) => keepLastSettings(database, { ...config, env }),
      read: () => lastSettings(directory, { CONTEXTCORE_HOME })?.text,
    };
  };
  const [first, second] = [await started(), await started()];
  let asked = 0;
  first.keep({
    // It has seen that there is no key, and the other one is quicker to make one.
    get CONTEXTCORE_HOME() {
      asked += 1;
      if (asked === 2) second.keep();
      return CONTEXTCORE_HOME;
    },
  });
  expect([first.read(), second.read()]).toEqual(['{"name":"shop"}', '{"name":"shop"}']);
});

test("what is kept for that shows no secret to whoever has the project without its user's home", async () => {
  const cwd = project();
  const home = temporaryDirectory();
  const file = join(cwd, "contextcore.yaml");
  writeFileSync(
    file,
    readFileSync(file, "utf8").replace(
      "template:",
      'headers: { Authorization: "Bearer s3cret-token" }\n    template:',
    ),
  );
  const env = { CONTEXTCORE_HOME: join(home, "own") };
  expect((await run(["schedules", "run", "nightly"], { cwd, env })).exitCode).toBe(0);
  heard = [];
  const bytes = readdirSync(join(cwd, ".contextcore"), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => readFileSync(join(parentPath, name), "latin1"));
  expect(bytes.join("\n")).not.toContain("s3cret");
  writeFileSync(file, "schedules: [");
  const without = await run(["schedules", "run", "nightly"], {
    cwd,
    env: { CONTEXTCORE_HOME: join(home, "other") },
  });
  expect(without.stderr).toContain("nobody was told that nightly could not begin");
  expect(heard).toEqual([]);
  expect((await run(["schedules", "run", "nightly"], { cwd, env })).exitCode).toBe(2);
  expect(heard).toEqual(["shop: nightly could not begin"]);
});
