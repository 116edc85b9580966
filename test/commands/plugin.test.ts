/** The `plugin` commands as somebody meets them who has only the binary. */
import { describe, expect, test } from "bun:test";
import { appendFileSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { binary } from "../support/binary.ts";
import { temporaryDirectory } from "../support/directory.ts";
import { KEY, openSession } from "../support/pseudo-terminal.ts";
import { contextcore, json } from "./plugin-home.ts";

test("a newcomer: new, edit, test, check, add, inventory, export, verify", async () => {
  const home = temporaryDirectory();
  const made = await contextcore(home, ["plugin", "new", "acme/tasks"]);
  expect(made.stdout).toBe("./tasks holds the backend acme/tasks\n");
  const source = join(home, "tasks/index.ts");
  writeFileSync(
    source,
    readFileSync(source, "utf8").replaceAll("A directory of JSON-lines files", "Our tasks"),
  );
  const own = Bun.spawnSync([binary, "test"], {
    cwd: join(home, "tasks"),
    env: { PATH: process.env.PATH, BUN_BE_BUN: "1" },
  });
  expect(own.stderr.toString()).toContain(" 0 fail");
  expect(own.exitCode).toBe(0);
  const { rules } = await json(home, ["plugin", "check", "./tasks"]);
  expect(rules.filter(({ verdict }: { verdict: string }) => verdict === "passed").length).toBeGreaterThan(10);
  await contextcore(home, ["plugin", "add", "./tasks", "--yes"]);
  expect(readFileSync(join(home, "contextcore.yaml"), "utf8")).toBe("plugins:\n  - ./tasks\n");
  const inventory = await contextcore(home, ["inventory", "--plugin", "acme/tasks"]);
  expect(inventory.stdout).toMatch(/^acme\/tasks +\d\.\d kB {2}retention=unknown +importance=medium\n$/);
  const range = ["--from", "2026-01-24", "--to", "2026-01-25"];
  await contextcore(home, ["export", "--plugin", "acme/tasks", ...range]);
  const [snapshot = ""] = readdirSync(join(home, "backups"));
  const lines = readFileSync(join(home, "backups", snapshot, "acme/tasks/lines.jsonl"), "utf8");
  expect(lines).toBe(readFileSync(join(home, "tasks/sample/tasks.jsonl"), "utf8"));
  const events = await json(home, ["audit"]);
  expect(events.map(({ operation, outcome }: Record<string, string>) => `${operation} ${outcome}`)).toEqual([
    "plugin_trust success",
    "export started",
    "export success",
  ]);
}, 30_000);

describe("trust", () => {
  const withPlugin = async (): Promise<string> => {
    const home = temporaryDirectory();
    await contextcore(home, ["plugin", "new", "acme/lines"]);
    await contextcore(home, ["plugin", "add", "./lines", "--yes"]);
    return home;
  };

  test("add without a terminal is refused unless it is told to trust", async () => {
    const home = temporaryDirectory();
    await contextcore(home, ["plugin", "new", "lines"]);
    const { stderr } = await contextcore(home, ["plugin", "add", "./lines"], 4);
    expect(stderr).toContain("sha256");
    expect(stderr).toContain("it reads files");
    expect(stderr).toContain(
      "error: there is no terminal to ask on, and nothing was trusted\nhint: if you trust it: --yes",
    );
    expect(existsSync(join(home, "contextcore.lock"))).toBe(false);
    expect(existsSync(join(home, "contextcore.yaml"))).toBe(false);
  });

  test("add asks on a terminal; Enter means no", async () => {
    const home = temporaryDirectory();
    await contextcore(home, ["plugin", "new", "acme/lines"]);
    const careless = openSession(["plugin", "add", "./lines"], { cwd: home });
    await careless.waitFor("Trust these files and load them?");
    careless.type(KEY.enter);
    expect(await careless.exited).toBe(4);
    expect(careless.text()).toContain("nothing was added");
    expect(existsSync(join(home, "contextcore.lock"))).toBe(false);
    const sure = openSession(["plugin", "add", "./lines"], { cwd: home });
    await sure.waitFor("Trust these files and load them?");
    sure.type("y");
    expect(await sure.exited).toBe(0);
    expect(sure.text()).toContain("acme/lines was added to");
  });

  test("of a plugin with packages of its own, which work in the compiled program", async () => {
    const home = temporaryDirectory({
      "p/index.ts": `import { definePlugin, v } from "contextcore"; import { words } from "esm-dep"; import old from "cjs-dep";
        export default definePlugin({ name: "acme/p", about: words + old.more, options: v.object({}),
          sink: () => ({ probe: async () => undefined, deliver: async () => undefined }) });`,
      "p/node_modules/esm-dep/package.json": '{"type":"module","exports":{".":{"import":"./lib/main.js"}}}',
      "p/node_modules/esm-dep/lib/main.js": 'export { words } from "./words.js";',
      "p/node_modules/esm-dep/lib/words.js": 'export const words = "Packages";',
      "p/node_modules/cjs-dep/package.json": '{"main":"./old.js"}',
      "p/node_modules/cjs-dep/old.js": 'module.exports = { more: require("./more") };',
      "p/node_modules/cjs-dep/more.js": 'module.exports = " work";',
    });
    await contextcore(home, ["plugin", "add", "./p", "--yes"]);
    const { plugins } = await json(home, ["plugin", "list"]);
    expect(plugins.at(-1)).toMatchObject({
      plugin: "acme/p",
      about: "Packages work",
      faces: [{ face: "sink", inUse: false }],
    });
    appendFileSync(join(home, "p/node_modules/cjs-dep/more.js"), "// changed");
    const { stderr } = await contextcore(home, ["inventory"], 4);
    expect(stderr).toContain("(node_modules/cjs-dep/more.js)");
  });

  test("a change that nobody trusted is refused with exit 4, by every command that would load it, and is an event", async () => {
    const home = await withPlugin();
    appendFileSync(join(home, "lines/index.ts"), "\nawait Bun.write('ran', '');\n");
    for (const command of [["inventory"], ["export"], ["destroy", "--option", "3", "--confirm", "x"]]) {
      const { stderr } = await contextcore(home, command, 4);
      expect(stderr).toContain(
        "error: the plugin ./lines has changed since it was trusted (index.ts), and was not loaded",
      );
      expect(stderr).toContain("hint: Look at the change, then: contextcore plugin trust ./lines");
    }
    expect(existsSync(join(home, "ran"))).toBe(false);
    expect(existsSync(join(home, "backups"))).toBe(false);
    const events = await json(home, ["audit", "--operation", "plugin_trust"]);
    expect(events.at(-1)).toMatchObject({
      outcome: "refused",
      details: { source: "./lines", changed: ["index.ts"] },
    });
  });

  test("trust shows what has changed and what is new in what the code does", async () => {
    const home = await withPlugin();
    appendFileSync(join(home, "lines/index.ts"), '\nexport const run = () => Bun.spawn(["true"]);\n');
    writeFileSync(join(home, "lines/more.ts"), "");
    const { stderr } = await contextcore(home, ["plugin", "trust", "acme/lines"], 4);
    expect(stderr).toContain(
      '\n+export const run = () => Bun.spawn(["true"]);\nnew      more.ts\n  now it starts other programs\n',
    );
    const trusted = await contextcore(home, ["plugin", "trust", "acme/lines", "--yes"]);
    expect(trusted.stdout).toBe("acme/lines is trusted as it is now\n");
    expect((await contextcore(home, ["plugin", "trust", "./lines"])).stdout).toBe(
      "acme/lines is as it was trusted\n",
    );
    await contextcore(home, ["inventory", "--plugin", "acme/lines"]);
  });

  test("remove takes it out of the configuration, with its comments, and out of the lock", async () => {
    const home = await withPlugin();
    const file = join(home, "contextcore.yaml");
    writeFileSync(file, `# our stack\nname: shop # typed to confirm\n${readFileSync(file, "utf8")}`);
    await contextcore(home, ["plugin", "remove", "acme/lines"]);
    expect(readFileSync(file, "utf8")).toBe("# our stack\nname: shop # typed to confirm\nplugins: []\n");
    expect(JSON.parse(readFileSync(join(home, "contextcore.lock"), "utf8"))).toEqual({
      version: 1,
      plugins: {},
    });
    expect(existsSync(join(home, "lines/index.ts"))).toBe(true);
    await contextcore(home, ["plugin", "remove", "acme/lines"], 2);
    const events = await json(home, ["audit", "--operation", "plugin_trust"]);
    expect(events.map(({ details }: { details: { action: string } }) => details.action)).toEqual([
      "add",
      "remove",
    ]);
  });

  test("of the file beside contextcore.yaml, from whichever directory it is named", async () => {
    const home = temporaryDirectory({ "contextcore.yaml": "name: shop\n" });
    mkdirSync(join(home, "deep"));
    await contextcore(join(home, "deep"), ["plugin", "new", "acme/lines"]);
    await contextcore(join(home, "deep"), ["plugin", "add", "./lines", "--yes"]);
    expect(readFileSync(join(home, "contextcore.yaml"), "utf8")).toBe(
      "name: shop\nplugins:\n  - ./deep/lines\n",
    );
    expect(Object.keys(JSON.parse(readFileSync(join(home, "contextcore.lock"), "utf8")).plugins)).toEqual([
      "./deep/lines",
    ]);
  });
});

describe("check", () => {
  test("a broken plugin: the rule, why it is one, and how it was broken; exit 1", async () => {
    const home = temporaryDirectory();
    await contextcore(home, ["plugin", "new", "acme/lines"]);
    const source = join(home, "lines/index.ts");
    const broken = readFileSync(source, "utf8").replace(
      "offset: end }",
      "offset: end, salt: Math.random() }",
    );
    writeFileSync(source, broken.replace("lines: kept.length,\n", "lines: kept.length + 1,\n"));
    const { stdout } = await contextcore(home, ["plugin", "check", "./lines", "--rule", "export-ends"], 1);
    expect(stdout).toContain(
      "broken  export-ends: every step is right by the contract, and the tree of cursors comes to an end\n",
    );
    expect(stdout).toContain("claim 41 lines but have 40");
    await contextcore(home, ["plugin", "check", "./lines", "--rule", "no-such"], 2);
    const { stderr } = await contextcore(home, ["plugin", "check", "loki"], 2);
    expect(stderr).toContain("loki is built in: it is checked by its conformance test");
  });

  test("one error that breaks many rules is told once, with the hook and its cursor", async () => {
    const home = temporaryDirectory();
    await contextcore(home, ["plugin", "new", "acme/lines"]);
    const source = join(home, "lines/index.ts");
    const broken = readFileSync(source, "utf8").replace(
      "const { file, offset, range } = readCursor(cursor);",
      'throw new Error("oops");',
    );
    writeFileSync(source, broken);
    const { stdout } = await contextcore(home, ["plugin", "check", "./lines"], 1);
    expect(stdout.match(/oops/g)).toHaveLength(1);
    expect(stdout).toMatch(/^ {8}step \{"file":"tasks.jsonl",.*\} threw an unclassified Error: oops$/m);
    expect(stdout).toMatch(/^- {7}broken by the same error as export-ends: records-are-json, .*order-free/m);
  });

  test("a sink, with the file that its events arrive in", async () => {
    const home = temporaryDirectory();
    await contextcore(home, ["plugin", "new", "acme/events", "--sink"]);
    const file = join(home, "events.jsonl");
    const args = ["plugin", "check", "./events", "--option", `file=${file}`, "--arrived", file];
    const { stdout } = await contextcore(home, args);
    expect(stdout).toContain("ok      delivered-as-it-is\n");
    expect(stdout).toContain("ok      history-is-a-witness\n");
  });
});
