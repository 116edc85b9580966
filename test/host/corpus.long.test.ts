/**
 * The corpus of plugins that do what no plugin should, each in the compiled program beside a good one: it is refused or
 * contained, named, and never takes the other down.
 */
import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { existsSync, readdirSync, readFileSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { v } from "../../src/contract/contextcore.ts";
import { locatePlugin } from "../../src/host/plugin/locate.ts";
import { pluginFiles } from "../../src/host/trust/files.ts";
import { entryFor, trustPlugin } from "../../src/host/trust/record.ts";
import { run } from "../support/binary.ts";
import { temporaryDirectory } from "../support/directory.ts";
import { eventsIn } from "../support/printed.ts";
import { agreed } from "../support/project.ts";
import { CHANGES_WHAT_EVERYBODY_USES, FAILS_IN_INVENTORY, GOOD, REFUSED_AT_LOAD, source } from "./corpus.ts";
import { CONTAINED, FAILS_IN_EXPORT, LOADS_STRANGERS } from "./corpus-working.ts";

// Each starts several processes, on machines that do other things too.
setDefaultTimeout(30_000);

const OFF = ["tempo", "mimir", "loki", "grafana"].map((name) => `  ${name}: { enabled: false }\n`).join("");
const SECRET = "s3cret-of-the-plugin";
const ENV = {
  CONTEXTCORE_HOOK_TIMEOUT: "2s",
  CONTEXTCORE_BARREN_STEPS: "300",
  CONTEXTCORE_PLUGIN_MEMORY: "200MB",
  DEPLOY_TOKEN: "s3cret-of-the-host",
  CONTEXTCORE_EVIL_PLUGIN_TOKEN: SECRET,
};

/** A project with the good plugin and the ill one, both trusted by somebody who did not look. */
function projectWith(evil: string): string {
  const home = temporaryDirectory({
    "contextcore.yaml": `plugins: [./evil, ./good]\nbackends:\n${OFF}`,
    "evil/index.ts": evil,
    "good/index.ts": GOOD,
  });
  for (const spec of ["./evil", "./good"]) {
    const plugin = { name: spec, about: spec, options: v.object({}) };
    trustPlugin(home, spec, entryFor(plugin, pluginFiles(locatePlugin(spec, home))));
  }
  return agreed(home);
}

async function contextcore(home: string, args: readonly string[]) {
  const { stdout, stderr, exitCode } = await run([...args, "--json"], { cwd: home, env: ENV });
  expect(`${stdout}${stderr}`).not.toContain("s3cret");
  return { json: JSON.parse(stdout), said: `${stderr}\n${stdout.replaceAll('\\"', '"')}`, exitCode };
}

const reached = (json: { backends: { backend: string; state: string }[] }): string[] =>
  json.backends.filter(({ state }) => state === "reached").map(({ backend }) => backend);

describe("one that is refused when it is loaded:", () => {
  test.each(REFUSED_AT_LOAD.map((one) => [one.what, one] as const))("%s", async (_, { parts, said }) => {
    const found = await contextcore(projectWith(source(parts)), ["inventory"]);
    expect(found.said).toMatch(said);
    expect(reached(found.json)).toEqual(["good/lines"]);
    expect(found.exitCode).toBe(3);
  });
});

describe("one that fails in the inventory:", () => {
  test.each(FAILS_IN_INVENTORY.map((one) => [one.what, one] as const))("%s", async (_, { parts, said }) => {
    const found = await contextcore(projectWith(source(parts)), ["inventory"]);
    expect(found.said).toMatch(said);
    expect(reached(found.json)).toEqual(["good/lines"]);
    expect(found.exitCode).toBe(3);
  });
});

/** The good plugin's lines, as the only snapshot of the project holds them. */
function savedLines(home: string): string {
  const [snapshot = ""] = readdirSync(join(home, "backups")).filter((name) => !name.startsWith("."));
  return readFileSync(join(home, "backups", snapshot, "good/lines/lines.jsonl"), "utf8");
}

describe("one that fails in the export:", () => {
  test.each(FAILS_IN_EXPORT.map((one) => [one.what, one] as const))(
    "%s",
    async (_, { parts, said }) => {
      const home = projectWith(source(parts));
      const found = await contextcore(home, ["export", "--from", "1970-01-01", "--to", "1970-01-02"]);
      expect(found.said).toMatch(said);
      expect(savedLines(home)).toBe('{"n":1}\n{"n":2}\n{"n":3}\n');
      expect(found.exitCode).toBe(3);
    },
    60_000,
  );
});

test("one whose process is lost before it gave anything is shown as failed, not as done", async () => {
  const home = projectWith(source({ step: "process.exit(0);" }));
  const range = ["--from", "1970-01-01", "--to", "1970-01-02"];
  const { stderr } = await run(["export", ...range], { cwd: home, env: ENV });
  expect(stderr).toMatch(/^evil\/plugin: failed/m);
  expect(stderr).toMatch(/^good\/lines: done/m);
}, 60_000);

describe("one that works, and what it tries has no effect:", () => {
  test.each(CONTAINED.map((one) => [one.what, one] as const))("%s", async (_, { parts, said }) => {
    const home = projectWith(source(parts));
    const found = await contextcore(home, ["inventory"]);
    if (said !== undefined) expect(found.said).toMatch(said);
    expect(reached(found.json)).toEqual(["evil/plugin", "good/lines"]);
    expect(found.exitCode).toBe(0);
    expect((await contextcore(home, ["export", "--from", "1970-01-01", "--to", "1970-01-02"])).exitCode).toBe(
      0,
    );
    expect(savedLines(home)).toBe('{"n":1}\n{"n":2}\n{"n":3}\n');
  });
});

describe("one that loads in a hook what is not among its files is refused by name, with exit 4 and an event:", () => {
  const other = 'require("fs").writeFileSync(__dirname + "/ran", "");';
  test.each(LOADS_STRANGERS.map((one) => [one.what, one] as const))("%s", async (_, { parts }) => {
    const away = temporaryDirectory({ "other.js": other, "other.json": "{}", "other.node": "" });
    const home = projectWith(source({ step: (parts.step ?? "").replace("OTHER", away) }));
    const args = ["export", "--from", "1970-01-01", "--to", "1970-01-02"];
    const { stderr, exitCode } = await run(args, { cwd: home, env: ENV });
    expect(stderr).toMatch(/the plugin evil\/plugin loads \S+other\.\w+\S*, which is not among its files/);
    expect(exitCode).toBe(4);
    expect(existsSync(join(away, "ran"))).toBe(false);
    expect(savedLines(home)).toBe('{"n":1}\n{"n":2}\n{"n":3}\n');
    const { stdout } = await run(["audit", "--operation", "plugin_trust", "--json"], { cwd: home });
    expect(eventsIn(stdout)[0]).toMatchObject({ outcome: "refused", details: { source: "evil/plugin" } });
  });

  test("what is its own it loads as it likes: code, JSON, through a link, with a query", async () => {
    const home = temporaryDirectory({
      "contextcore.yaml": `plugins: [./link]\nbackends:\n${OFF}`,
      "real/index.ts": source({
        step: `const at = (name) => [import.meta.dir, name].join("/");
          const all = [(await import(at("a.ts"))).a, require(at("b.cjs")).b, require(at("c.json")).c, (await import(at("a.ts?2"))).a];
          if (all.join() !== "1,2,3,1") throw new Error(all.join()); return { records: [line(1)] };`,
      }),
      "real/a.ts": "export const a: number = 1;",
      "real/b.cjs": "exports.b = 2;",
      "real/c.json": '{"c":3}',
    });
    symlinkSync(join(home, "real"), join(home, "link"));
    const found = pluginFiles(locatePlugin("./link", home));
    trustPlugin(home, "./link", entryFor({ name: "./link", about: "x", options: v.object({}) }, found));
    const args = ["export", "--from", "1970-01-01", "--to", "1970-01-02"];
    expect(await run(args, { cwd: agreed(home), env: ENV })).toMatchObject({ exitCode: 0 });
  });
});

const RANGE = ["--from", "1970-01-01", "--to", "1970-01-02"];

describe("one that changes what everybody uses changes it for itself:", () => {
  test.each(CHANGES_WHAT_EVERYBODY_USES.map((one) => [one.what, one] as const))(
    "%s",
    async (_, { parts }) => {
      const home = projectWith(source(parts));
      const { said, json, exitCode } = await contextcore(home, ["export", ...RANGE]);
      expect(savedLines(home)).toBe('{"n":1}\n{"n":2}\n{"n":3}\n');
      // Its own part may fail of it, and is then told of.
      expect([0, 3]).toContain(exitCode);
      if (exitCode === 3) expect(said).toMatch(/evil\/(plugin|index\.ts)/);
      expect(json).toMatchObject({ status: exitCode === 0 ? "complete" : "partial" });
    },
  );
});
