/** `destroy` and data beside the stack: it counts only if the command deletes it, or if nobody can know. */
import { Database } from "bun:sqlite";
import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { cleanEnv, run } from "../support/binary.ts";
import { temporaryDirectory } from "../support/directory.ts";
import { eventsOf, isDestroyed, startStacks, TOUCH } from "./destroyable.ts";

setDefaultTimeout(60_000); // two cores are shared with other test files

const OFF = ["tempo", "mimir", "loki", "grafana"].map((name) => `  ${name}: { enabled: false }\n`).join("");

/** A project whose database and directory no snapshot holds. */
function project({ destroy = "", app = "data/app.db", more = "" } = {}): string {
  const cwd = temporaryDirectory({
    "contextcore.yaml": `name: shop\n${destroy}backends:\n${OFF}  app: { plugin: sqlite, path: ${app}${more} }\n  etc: { plugin: files, path: "conf/*" }\n`,
    "conf/a/file": "x",
    "bin/docker": "#!/bin/sh\ntouch destroyed\n",
  });
  chmodSync(join(cwd, "bin/docker"), 0o755);
  mkdirSync(dirname(join(cwd, app)), { recursive: true });
  using database = new Database(join(cwd, app), { create: true });
  database.run("CREATE TABLE t (a)");
  return cwd;
}

const inside = (cwd: string, ...args: readonly string[]) =>
  run(args, { cwd, env: { ...cleanEnv(cwd), PATH: `${join(cwd, "bin")}:${process.env.PATH}` } });

/** What a destroy without an export would do. */
async function planned(cwd: string) {
  const { exitCode, stdout } = await inside(cwd, "destroy", "--dry-run", "--option", "3", "--json");
  const { untouched, options } = JSON.parse(stdout);
  const names = (all: readonly { readonly backend: string }[]): string[] => all.map(({ backend }) => backend);
  return { exitCode, untouched: names(untouched), losses: names(options[0].losses) };
}

const ALL_STAY = { exitCode: 0, untouched: ["app", "etc"], losses: [] };
const ALL_COUNT = { exitCode: 3, untouched: [], losses: ["app", "etc"] };
const declared = (deletes: string): string => `destroy: { command: [touch, destroyed]${deletes} }\n`;

describe("docker compose down deletes no directory of this machine", () => {
  test.each([
    "docker, compose, down, -v",
    "sudo, docker, compose, -f, other.yaml, --profile=all, down, --volumes",
    "docker-compose, -p, shop, down",
  ])("%s", async (command) => {
    const cwd = project({ destroy: `destroy: { command: [${command}] }\n` });
    const environment = ["sudo", "docker-compose"];
    for (const name of environment) symlinkSync("docker", join(cwd, "bin", name));
    expect(await planned(cwd)).toEqual(ALL_STAY);
    const { stdout } = await inside(cwd, "destroy", "--dry-run");
    expect(stdout).toContain(`not touched: app: its data is in ${join(cwd, "data/app.db")}`);
  });

  test.each(["docker, compose, -f, down, run, x", "docker, system, down", "sh, -c, docker compose down"])(
    "%s is something else, of which nothing is known",
    async (command) => {
      expect(await planned(project({ destroy: `destroy: { command: [${command}] }\n` }))).toEqual(ALL_COUNT);
    },
  );

  test("but the volumes, also behind a link", async () => {
    const app = "engine/volumes/shop_data/_data/app.db";
    const split = { exitCode: 3, untouched: ["etc"], losses: ["app"] };
    expect(await planned(project({ app }))).toEqual(split);
    const cwd = project({ app });
    symlinkSync(dirname(app), join(cwd, "linked"));
    writeFileSync(
      join(cwd, "contextcore.yaml"),
      `name: shop\nbackends:\n${OFF}  app: { plugin: sqlite, path: linked/app.db }\n  etc: { plugin: files, path: conf }\n`,
    );
    expect(await planned(cwd)).toEqual(split);
  });
});

describe("another command", () => {
  test("of which nothing is known: all of it counts, and that is said", async () => {
    const cwd = project({ destroy: declared("") });
    expect(await planned(cwd)).toEqual(ALL_COUNT);
    const { stdout } = await inside(cwd, "destroy", "--dry-run");
    expect(stdout.replaceAll(/\s+/g, " ")).toContain(
      "whether the command deletes that is not known (destroy.deletes",
    );
  });

  test.each([
    ["[]", ALL_STAY],
    ["[elsewhere]", ALL_STAY],
    ["[data]", { exitCode: 3, untouched: ["etc"], losses: ["app"] }],
    ["[data/app.db, conf/a]", ALL_COUNT],
    ["[.]", ALL_COUNT],
    ["[dat]", ALL_STAY],
  ])("that deletes %s", async (deletes, expected) => {
    expect(await planned(project({ destroy: declared(`, deletes: ${deletes}`) }))).toEqual(expected);
  });

  test("the setting of a backend wins, either way", async () => {
    const stays = project({ destroy: declared(""), more: ", beside: true" });
    expect(await planned(stays)).toEqual({ exitCode: 3, untouched: ["app"], losses: ["etc"] });
    const counts = project({ destroy: declared(", deletes: []"), more: ", beside: false" });
    expect(await planned(counts)).toEqual({ exitCode: 3, untouched: ["etc"], losses: ["app"] });
  });
});

test("persistence check-destroy counts what a destroy touches", async () => {
  const cwd = project();
  const { exitCode, stdout } = await inside(cwd, "persistence", "check-destroy", "--json");
  expect([exitCode, JSON.parse(stdout)]).toMatchObject([0, { safe: true, losses: [], untouched: [{}, {}] }]);
  const unknown = project({ destroy: declared("") });
  const counted = await inside(unknown, "persistence", "check-destroy");
  expect([counted.exitCode, counted.stdout]).toEqual([3, expect.stringContaining("loses app: 1 database")]);
});

test("destroyed without a word of what stays; the trail names that", async () => {
  const cwd = project();
  const { exitCode, stderr } = await inside(cwd, "destroy", "--option", "3", "--confirm", "shop");
  expect([exitCode, isDestroyed(cwd), stderr]).toEqual([
    0,
    true,
    expect.stringContaining("not touched: app"),
  ]);
  const [started] = await eventsOf(cwd);
  expect(started.details).toMatchObject({ not_touched: ["app", "etc"] });
  expect(started.details).not.toHaveProperty("loses");
});

const { lasting } = await startStacks();

test("a server that stands beside the stack may answer afterwards", async () => {
  const cwd = lasting(TOUCH);
  const besides = ["loki", "grafana"].flatMap((name) => ["--set", `backends.${name}.beside=true`]);
  const args = ["destroy", "--option", "3", "--confirm", "shop"];
  const { stderr: without, exitCode: partial } = await run(args, { cwd });
  expect([partial, without]).toEqual([3, expect.stringContaining("still answer")]);
  const { exitCode, stderr } = await run([...args, ...besides], { cwd });
  expect([exitCode, stderr]).toEqual([0, expect.not.stringContaining("still answer")]);
});

describe("what is held", () => {
  const hold = (cwd: string, ...what: string[]) =>
    inside(cwd, "retention", "hold", "add", "lawsuit", "--no-export", ...what);
  const destroy = (cwd: string) => inside(cwd, "destroy", "--option", "3", "--confirm", "shop");

  test.each([
    ["a backend", ["--backend", "app"], "app is held by lawsuit"],
    ["some time of it", ["--backend", "app", "--to", "2026-01-01"], "app is held by lawsuit"],
    ["what a selector finds", ["--match", "app=t.a=12"], "app is held by lawsuit"],
    ["everything", ["--all"], "app is held by lawsuit"],
  ])("is not destroyed: %s", async (_, what, said) => {
    const cwd = project({ app: "engine/volumes/shop_data/_data/app.db" });
    expect((await hold(cwd, ...what)).exitCode).toBe(0);
    const refused = await destroy(cwd);
    expect([refused.exitCode, refused.stderr]).toEqual([4, expect.stringContaining(said)]);
    expect(refused.stderr).toContain("contextcore retention hold end lawsuit");
    expect([isDestroyed(cwd), (await eventsOf(cwd)).at(-1)]).toEqual([
      false,
      expect.objectContaining({ operation: "destroy", outcome: "refused" }),
    ]);
    expect((await inside(cwd, "retention", "hold", "end", "lawsuit", "--yes")).exitCode).toBe(0);
    expect([(await destroy(cwd)).exitCode, isDestroyed(cwd)]).toEqual([0, true]);
  });

  test("beside what the command touches is no reason", async () => {
    const cwd = project();
    expect((await hold(cwd, "--backend", "app")).exitCode).toBe(0);
    expect([(await destroy(cwd)).exitCode, isDestroyed(cwd)]).toEqual([0, true]);
  });
});
