/** The `plugin` commands as somebody meets them who has only the binary. */
import { describe, expect, test } from "bun:test";
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { BUILT_INS } from "../../src/registry.ts";
import { binary, run } from "../support/binary.ts";
import { temporaryDirectory } from "../support/directory.ts";
import { printedIn } from "../support/printed.ts";
import { KEY, openSession } from "../support/pseudo-terminal.ts";

/** Runs the program in a directory and expects this exit code. */
async function contextcore(directory: string, args: readonly string[], exitCode = 0) {
  const finished = await run(args, { cwd: directory });
  expect({ args, exitCode: finished.exitCode, stderr: finished.stderr }).toEqual({
    args,
    exitCode,
    stderr: expect.any(String),
  });
  return finished;
}

const json = async (directory: string, args: readonly string[], exitCode = 0) =>
  printedIn((await contextcore(directory, [...args, "--json"], exitCode)).stdout);

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

describe("plain `tsc -p .` in a new plugin's folder, with nothing installed,", () => {
  test.each([
    ["acme/lines", "--backend"],
    ["acme/clicks", "--server"],
    ["acme/events", "--sink"],
    ["acme/pulse", "--sink --server"],
  ])("finds no mistake in %s %s", async (name, kind) => {
    const home = temporaryDirectory();
    await contextcore(home, ["plugin", "new", name, ...kind.split(" ")]);
    expect(tsc(join(home, name.slice(5)))).toEqual({ errors: [], exitCode: 0 });
  });

  test("knows this very contract, the runtime's globals, and the modules of Node.js and Bun", async () => {
    const home = temporaryDirectory();
    await contextcore(home, ["plugin", "new", "acme/lines"]);
    const lines = [
      'import { definePlugin, v } from "contextcore"; import { join } from "node:path"; import { Database } from "bun:sqlite";',
      'export default definePlugin({ name: "a/b", about: 5, options: v.object({}) });',
      "export const signal: number = new AbortController().signal;",
      'export const path: number = join("a");',
      'export const database: number = new Database("x").query("y");',
      'export const answer: number = fetch("http://x");',
      "export const file: number = Bun.file(1);",
      'export const agent: number = new (await import("undici-types")).Agent();',
    ];
    writeFileSync(join(home, "lines/wrong.ts"), lines.join("\n"));
    const types = ["number", "AbortSignal", "string", "Statement<", "Promise<Response>", "BunFile", "Agent"];
    expect(tsc(join(home, "lines")).errors).toEqual(
      types.map((type, at) =>
        expect.stringMatching(
          new RegExp(`^wrong\\.ts\\(${at + 2},\\d+\\): error TS2322: Type '${type}.*not assignable`),
        ),
      ),
    );
  });
});

/** Somebody's editor: TypeScript with only what is in the folder. */
function tsc(folder: string) {
  const compiler = join(import.meta.dir, "../../node_modules/typescript/bin/tsc");
  const { stdout, exitCode } = Bun.spawnSync([process.execPath, compiler, "-p", "."], {
    cwd: folder,
    stdout: "pipe",
  });
  return {
    errors: stdout
      .toString()
      .split("\n")
      .filter((line) => line.includes("error")),
    exitCode,
  };
}

test("the plugin that the documentation shows fits the types and holds every rule", async () => {
  const home = temporaryDirectory();
  await contextcore(home, ["plugin", "new", "acme/clicks", "--server"]);
  const page = readFileSync(join(import.meta.dir, "../../docs/writing-a-plugin.md"), "utf8");
  const [, shown = ""] = /## The shape\n\n```ts\n([\s\S]*?)```/.exec(page) ?? [];
  writeFileSync(join(home, "clicks/index.ts"), shown);
  rmSync(join(home, "clicks/index.test.ts"));
  expect(tsc(join(home, "clicks"))).toEqual({ errors: [], exitCode: 0 });
  const { stdout } = await contextcore(home, ["plugin", "check", "./clicks"]);
  expect(stdout).toMatch(/acme\/clicks: \d+ rules hold, 0 are broken/);
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

describe("list and info", () => {
  test("list shows the built-in plugins and the others; what is not trusted gives exit 3", async () => {
    const home = temporaryDirectory();
    await contextcore(home, ["plugin", "new", "acme/lines"]);
    await contextcore(home, ["plugin", "add", "./lines", "--yes"]);
    const { plugins } = await json(home, ["plugin", "list"]);
    expect(plugins.map(({ plugin, source }: Record<string, string>) => [plugin, source])).toEqual([
      ...BUILT_INS.map(({ name }) => [name, "built-in"]),
      ["acme/lines", "./lines"],
    ]);
    appendFileSync(join(home, "lines/index.ts"), "\n");
    const { failures } = await json(home, ["plugin", "list"], 3);
    expect(failures).toMatchObject([{ source: "./lines", untrusted: true }]);
  });

  test("info shows options with types, defaults, environment names and values; a secret only that it is there", async () => {
    const home = temporaryDirectory({
      "contextcore.yaml": "backends:\n  loki: { tenant: shop, token: s3cret-word }\n",
    });
    const { stdout } = await contextcore(home, ["plugin", "info", "loki"]);
    expect(stdout).toMatch(/can +inventory, size, export, count, limits, flush, split, restore, deliver/);
    expect(stdout).toMatch(/tenant +shop +contextcore.yaml:2/);
    expect(stdout).toMatch(/token +\*\*\* +contextcore.yaml:2/);
    expect(stdout).not.toContain("s3cret");
    const info = await json(home, ["plugin", "info", "loki"]);
    expect(JSON.stringify(info)).not.toContain("s3cret");
    expect(info.options.find(({ name }: { name: string }) => name === "importance")).toMatchObject({
      type: "low | medium | high | critical",
      fallback: "high",
      environment: ["CONTEXTCORE_LOKI_IMPORTANCE"],
      where: "default",
    });
  });

  test.each([
    ["grafana", ["split", "dashboards"]],
    ["mimir", ["tenants", "split", "restore"]],
    ["loki", ["flush", "split", "restore", "deliver", "history"]],
    ["file", ["deliver"]],
  ])("info names everything that %s can do and need not", async (name, optional) => {
    const { capabilities } = await json(temporaryDirectory(), ["plugin", "info", name]);
    expect(capabilities).toEqual(expect.arrayContaining(optional));
  });

  test("info --markdown is the plugin's section of the documentation, without anything of this machine", async () => {
    const home = temporaryDirectory({ "contextcore.yaml": "backends:\n  loki: { tenant: shop }\n" });
    const { stdout } = await contextcore(home, ["plugin", "info", "loki", "--markdown"]);
    expect(stdout).toStartWith("## loki\n");
    expect(stdout).toContain(
      "| `url` | Base URL | text | `http://localhost:3100` | `CONTEXTCORE_LOKI_URL` |",
    );
    expect(stdout).not.toContain("shop");
  });

  test("a wrong name is a usage error that says what was meant", async () => {
    const { stderr } = await contextcore(temporaryDirectory(), ["plugin", "info", "lokki"], 2);
    expect(stderr).toContain("hint: did you mean loki?");
  });
});

describe("what is wrong is told as what it is:", () => {
  test("a plugin that has changed: info and use of it are refused by the name that it had", async () => {
    const home = temporaryDirectory();
    await contextcore(home, ["plugin", "new", "acme/lines"]);
    await contextcore(home, ["plugin", "add", "./lines", "--yes"]);
    appendFileSync(join(home, "lines/index.ts"), "\n");
    const { stderr } = await contextcore(home, ["plugin", "info", "acme/lines"], 4);
    expect(stderr).toContain("has changed since it was trusted (index.ts)");
    await contextcore(home, ["plugin", "info", "loki"]);
  });

  test("a broken contextcore.lock: every use is refused with what to do, and no plugin is said to be unknown", async () => {
    const home = temporaryDirectory();
    await contextcore(home, ["plugin", "new", "acme/lines"]);
    await contextcore(home, ["plugin", "add", "./lines", "--yes"]);
    writeFileSync(join(home, "contextcore.lock"), "{");
    for (const args of [
      ["inventory", "--plugin", "acme/lines"],
      ["plugin", "info", "acme/lines"],
    ]) {
      const { stderr } = await contextcore(home, args, 4);
      expect(stderr).toMatch(
        /error: \S+contextcore\.lock is not JSON\nhint: Restore it from version control/,
      );
    }
  });

  test("a path that leads nowhere, from the folder that one is in", async () => {
    const home = temporaryDirectory({ "contextcore.yaml": "name: shop\n" });
    mkdirSync(join(home, "deep"));
    for (const command of ["check", "add"]) {
      const { stderr } = await contextcore(join(home, "deep"), ["plugin", command, "./nosuch"], 2);
      expect(stderr).toContain(`there is no file or folder ${join(home, "deep/nosuch")}`);
      expect(stderr).toContain(`paths are relative to the folder you are in, ${join(home, "deep")}`);
    }
  });

  test("with --json as one object on stdout, and on stderr as always", async () => {
    const home = temporaryDirectory({ "bad/index.ts": "throw new Error('no luck');" });
    expect(await json(home, ["plugin", "check", "./bad"], 1)).toMatchObject({
      error: { message: expect.stringContaining("does not load: no luck") },
    });
    expect(await json(home, ["plugin", "trust", "nosuch"], 2)).toMatchObject({
      error: {
        message: "the configuration has no third-party plugin nosuch",
        hint: "contextcore plugin list shows all",
      },
    });
    const { error } = await json(home, ["plugin", "info", "lokki"], 2);
    expect(error.hint).toBe("did you mean loki?");
    expect(await json(home, ["plugin", "list", "--nosuch"], 2)).toHaveProperty("error.message");
  });

  test("a server that is not there, or another one: one sentence instead of a broken plugin", async () => {
    const home = temporaryDirectory();
    await contextcore(home, ["plugin", "new", "acme/clicks", "--server"]);
    const dead = await contextcore(home, ["plugin", "check", "./clicks", "--url", "http://127.0.0.1:9"], 1);
    expect(dead).toMatchObject({
      stdout: expect.not.stringContaining("broken"),
      stderr: expect.stringMatching(
        /error: the server at http:\/\/127\.0\.0\.1:9 does not answer, so the other rules were not run: /,
      ),
    });
    const other = await contextcore(home, ["plugin", "check", "./clicks", "--lab", "loki"], 1);
    expect(other.stderr).toMatch(
      /error: the server at \S+ does not answer as the plugin expects, so the other rules were not run/,
    );
    expect(other.stdout).not.toContain("broken");
  });

  test("a contract that is no number", async () => {
    const home = temporaryDirectory({
      "p/index.ts":
        'import { definePlugin, v } from "contextcore"; export default definePlugin({ name: "a/b", about: "x", contract: "1", options: v.object({}), sink: () => ({}) });',
    });
    const { stderr } = await contextcore(home, ["plugin", "add", "./p", "--yes"], 1);
    expect(stderr).toContain(
      'its `contract` is "1", and should be a whole number\nhint: Write `contract: 1`',
    );
  });

  test("Ctrl-C at the question ends with 130", async () => {
    const home = temporaryDirectory();
    await contextcore(home, ["plugin", "new", "acme/lines"]);
    const session = openSession(["plugin", "add", "./lines"], { cwd: home });
    await session.waitFor("Trust these files and load them?");
    session.type("\u0003");
    expect(await session.exited).toBe(130);
    expect(existsSync(join(home, "contextcore.lock"))).toBe(false);
  });
});

describe("new", () => {
  test.each([
    "../evil",
    "a/b/c",
    "Acme/lines",
    "acme/",
    "/etc",
    "acme/../x",
    "acme\\x",
    ".",
    "",
    "con",
    "acme/lpt1",
    "nul/x",
  ])("refuses the name %j", async (name) => {
    const home = temporaryDirectory();
    await contextcore(home, ["plugin", "new", name], 2);
    expect(readdirSync(home)).toEqual([]);
  });

  test.each([
    ["sink", "same-event-twice", "--sink"],
    ["sink", "answers-503", "--sink --server"],
    ["store", "store-if-absent", "--store"],
  ])(
    "a %s holds every rule, as %s, in the tests that it brings and in a process of its own, made with %s",
    async (kind, rule, flags) => {
      const home = temporaryDirectory();
      const { stdout } = await contextcore(home, ["plugin", "new", "acme/mine", ...flags.split(" ")]);
      expect(stdout).toBe(`./mine holds the ${kind} acme/mine\n`);
      const own = Bun.spawnSync([binary, "test"], {
        cwd: join(home, "mine"),
        env: { PATH: process.env.PATH, BUN_BE_BUN: "1" },
      });
      expect(own.stderr.toString()).toContain(" 0 fail");
      expect(own.stderr.toString()).toContain(`(pass) the ${kind} of acme/mine > ${rule}: `);
      const { rules } = await json(home, ["plugin", "check", "./mine"]);
      expect(rules).toContainEqual(expect.objectContaining({ face: kind, rule, verdict: "passed" }));
      await contextcore(home, ["plugin", "add", "./mine", "--yes"]);
      const info = await json(home, ["plugin", "info", "acme/mine"]);
      expect(info.capabilities).toContain(kind === "sink" ? "deliver" : "store");
      const listed = await json(home, ["plugin", "list"]);
      expect(listed.plugins).toContainEqual(
        expect.objectContaining({ plugin: "acme/mine", faces: [expect.objectContaining({ face: kind })] }),
      );
    },
    30_000,
  );

  test("its own test fails where a rule is broken, and says how", async () => {
    const home = temporaryDirectory();
    await contextcore(home, ["plugin", "new", "acme/mine", "--store"]);
    const file = join(home, "mine/index.ts");
    const text = readFileSync(file, "utf8");
    writeFileSync(file, text.replace("if (!object.ifAbsent) await rename", "if (true) await rename"));
    const own = Bun.spawnSync([binary, "test"], {
      cwd: join(home, "mine"),
      env: { PATH: process.env.PATH, BUN_BE_BUN: "1" },
    });
    expect(own.stderr.toString()).toContain("(fail) the store of acme/mine > store-if-absent");
    expect(own.stderr.toString()).toContain("of 8 who wrote one object at once, 8 were told that they did");
  }, 30_000);

  const SAID = [
    "`lab.ts`",
    "contextcore inventory",
    "A cursor is",
    "  acme/mine: {}",
    "audit sinks test",
  ] as const;

  test.each([
    ["--backend", SAID.slice(1, 3)],
    ["--server", SAID.slice(0, 3)],
    ["--sink", SAID.slice(3)],
    ["--sink --server", [SAID[0], ...SAID.slice(3)]],
    ["--store", []],
  ])("made with %s, its README is about what it is and about nothing else", async (flags, said) => {
    const home = temporaryDirectory();
    await contextcore(home, ["plugin", "new", "acme/mine", ...flags.split(" ")]);
    const readme = readFileSync(join(home, "mine/README.md"), "utf8");
    expect(SAID.filter((text) => readme.includes(text))).toEqual([...said]);
    expect(readme).not.toMatch(/NEXT|RULES|ABOUT|vendor\/name/);
  });

  test("does not write into a folder that is there", async () => {
    const home = temporaryDirectory({ "lines/mine.txt": "mine" });
    const { stderr } = await contextcore(home, ["plugin", "new", "acme/lines"], 2);
    expect(stderr).toContain("./lines exists already");
    expect(readdirSync(join(home, "lines"))).toEqual(["mine.txt"]);
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
