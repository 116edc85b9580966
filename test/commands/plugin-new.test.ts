/** `plugin new`: what it writes fits the types, holds every rule, and has a test that fails where one is broken. */
import { describe, expect, test } from "bun:test";
import { readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { binary } from "../support/binary.ts";
import { temporaryDirectory } from "../support/directory.ts";
import { contextcore, json } from "./plugin-home.ts";

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
