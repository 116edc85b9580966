/** Which files count as a plugin's, and that nothing else is ever loaded. */
import { describe, expect, test } from "bun:test";
import { appendFileSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { openPlugins } from "../../src/host/host.ts";
import { locatePlugin } from "../../src/host/plugin/locate.ts";
import { hashOfFiles, pluginFiles } from "../../src/host/trust/files.ts";
import { readLock } from "../../src/host/trust/lock.ts";
import { distrustPlugin } from "../../src/host/trust/record.ts";
import { UntrustedError } from "../../src/host/trust/trust.ts";
import { unseenText } from "../../src/host/trust/unseen-code.ts";
import { usesOf } from "../../src/host/trust/uses.ts";
import { configOf, pluginSource, project, trustAll } from "./support.ts";

const filesOf = (directory: string, spec: string): string[] => [
  ...pluginFiles(locatePlugin(spec, directory)).files.keys(),
];

describe("a plugin's files are", () => {
  test("of a single file: itself and what it imports, however it imports it", () => {
    using place = project({
      "one.ts": `import "./a.ts"; export * from "./b"; const c = require("./c.cjs"); await import("./d.mjs");
        import data from "./data.json"; import type { T } from "./types.ts"; import fs from "node:fs"; import "contextcore";`,
      "a.ts": 'import "./deep/e.ts"',
      "b.ts": "",
      "c.cjs": "",
      "d.mjs": "",
      "deep/e.ts": 'import "../a.ts"',
      "data.json": "{}",
      "types.ts": "",
      "unrelated.ts": "",
    });
    expect(filesOf(place.directory, "./one.ts")).toEqual([
      "a.ts",
      "b.ts",
      "c.cjs",
      "d.mjs",
      "data.json",
      "deep/e.ts",
      "one.ts",
    ]);
  });

  test("of a folder: all its code too, since an import may be computed; not its tests and declarations", () => {
    using place = project({
      "p/index.ts": 'import "../outside.ts"; await import("./" + "lazy" + ".ts")',
      "p/lazy.ts": "",
      "p/native.node": "",
      "p/index.test.ts": "",
      "p/types.d.ts": "",
      "p/README.md": "",
      "p/contextcore/index.js": "",
      "p/.git/hook.js": "",
      "p/node_modules/unused/index.js": "",
      "outside.ts": "",
    });
    expect(filesOf(place.directory, "./p")).toEqual(["../outside.ts", "index.ts", "lazy.ts", "native.node"]);
  });

  test("its packages', as far as they are imported, with the package.json that led there", () => {
    using place = project({
      "p/index.ts": 'import { dep } from "dep"',
      "p/node_modules/dep/package.json": '{"exports":"./lib/main.js"}',
      "p/node_modules/dep/lib/main.js": 'export { dep } from "./inner.js"; import "other/sub"',
      "p/node_modules/dep/lib/inner.js": "export const dep = 1",
      "p/node_modules/dep/lib/unused.js": "",
      "node_modules/other/package.json": '{"exports":{"./sub":"./s.js"}}',
      "node_modules/other/s.js": "",
    });
    expect(filesOf(place.directory, "./p")).toEqual([
      "../node_modules/other/package.json",
      "../node_modules/other/s.js",
      "index.ts",
      "node_modules/dep/lib/inner.js",
      "node_modules/dep/lib/main.js",
      "node_modules/dep/package.json",
    ]);
  });

  test("hashed so that a change, a new name and a move all show", () => {
    using place = project({ "p/index.ts": "1", "p/a.ts": "2" });
    const hash = () => hashOfFiles(pluginFiles(locatePlugin("./p", place.directory)).files);
    const seen = [hash()];
    writeFileSync(join(place.directory, "p/a.ts"), "3");
    seen.push(hash());
    writeFileSync(join(place.directory, "p/b.ts"), "3");
    seen.push(hash());
    rmSync(join(place.directory, "p/a.ts"));
    seen.push(hash());
    expect(new Set(seen).size).toBe(4);
  });
});

test("what the code reaches for is told before it is trusted", () => {
  using place = project({
    "quiet.ts": pluginSource("acme/quiet"),
    "loud.ts": `import { spawn } from "node:child_process"; import net from "node:net";
      process.env.HOME; await Bun.write("x", "y"); new Function ("1"); Bun.file("z");`,
  });
  const uses = (spec: string) => usesOf(pluginFiles(locatePlugin(spec, place.directory)));
  expect(uses("./quiet.ts")).toEqual([]);
  expect(uses("./loud.ts")).toEqual([
    "starts other programs",
    "reads the environment",
    "writes or removes files",
    "reads files",
    "opens connections of its own",
    "runs code that is not in its files",
  ]);
});

test("code that the files do not show is told with its place: computed imports, eval, loaders, workers", () => {
  using place = project({
    "plain.ts": `import "./a.ts"; await import("./b.ts"); require('./c.cjs'); // import(path) in a comment
      /** import(path) */ const important = (x: string) => x; important("require(path)");`,
    "a.ts": "",
    "b.ts": "",
    "c.cjs": "",
    "sly.ts": 'import "./more/deep.ts";\n\nconst p = ["a"].join("");\nawait import(p);',
    "more/deep.ts":
      'require(["x"].join());\neval("1");\nnew Function("1");\nBun.plugin({});\nnew Worker(a);\nawait import("./" + a);',
  });
  const unseen = (spec: string) => unseenText(pluginFiles(locatePlugin(spec, place.directory)));
  expect(unseen("./plain.ts")).toEqual([]);
  expect(unseen("./sly.ts")).toEqual([
    'more/deep.ts:1: a computed import, which may lead anywhere: require(["x"].join());',
    'more/deep.ts:2: code made from text: eval("1");',
    'more/deep.ts:3: code made from text: new Function("1");',
    "more/deep.ts:4: a loader of its own: Bun.plugin({});",
    "more/deep.ts:5: a thread, which the module fence does not cover: new Worker(a);",
    'more/deep.ts:6: a computed import, which may lead anywhere: await import("./" + a);',
    "sly.ts:4: a computed import, which may lead anywhere: await import(p);",
  ]);
});

describe("a plugin is loaded", () => {
  const opened = async (directory: string) => {
    const { backends, failures } = await openPlugins(await configOf(directory), { builtIns: [] });
    return { names: backends.map(({ name }) => name), errors: failures.map(({ error }) => error) };
  };
  /** Leaves a file behind when it runs. */
  const telltale = (directory: string) => `await Bun.write(${JSON.stringify(join(directory, "ran"))}, "");`;
  const ran = (directory: string) => Bun.file(join(directory, "ran")).exists();

  test("only when it is trusted; otherwise not a line of it runs", async () => {
    using place = project({ "contextcore.yaml": "plugins: [./p]\n" });
    mkdirSync(join(place.directory, "p"));
    writeFileSync(join(place.directory, "p/index.ts"), telltale(place.directory) + pluginSource("acme/p"));
    const refused = await opened(place.directory);
    expect(refused.errors).toEqual([expect.any(UntrustedError)]);
    expect(refused.errors[0]).toMatchObject({
      message: "the plugin ./p is not trusted, and was not loaded",
      hint: "Look at it, then: contextcore plugin add ./p",
    });
    expect(await ran(place.directory)).toBe(false);
    trustAll(await configOf(place.directory));
    expect(await opened(place.directory)).toEqual({ names: ["acme/p"], errors: [] });
    expect(await ran(place.directory)).toBe(true);
  });

  test.each([
    ["its entry", "p/index.ts", "changed since it was trusted (index.ts)"],
    ["a file that it imports", "p/part.ts", "changed since it was trusted (part.ts)"],
    ["a package that it imports", "p/node_modules/dep/index.js", "(node_modules/dep/index.js)"],
    ["a new file in its folder", "p/new.js", "changed since it was trusted (new.js)"],
  ])("no more when %s has changed", async (_, path, message) => {
    using place = project({
      "contextcore.yaml": "plugins: [./p]\n",
      "p/index.ts": `import "./part.ts"; import "dep"; ${pluginSource("acme/p")}`,
      "p/part.ts": "",
      "p/node_modules/dep/index.js": "",
    });
    trustAll(await configOf(place.directory));
    appendFileSync(join(place.directory, path), telltale(place.directory));
    const { names, errors } = await opened(place.directory);
    expect(names).toEqual([]);
    expect(errors[0]).toBeInstanceOf(UntrustedError);
    expect(errors[0]?.message).toContain(message);
    expect(await ran(place.directory)).toBe(false);
  });

  test("no more when a trusted file is gone, or the trust was taken back", async () => {
    using place = project({
      "contextcore.yaml": "plugins: [./p]\n",
      "p/index.ts": pluginSource("acme/p"),
      "p/extra.ts": "",
    });
    const config = await configOf(place.directory);
    trustAll(config);
    rmSync(join(place.directory, "p/extra.ts"));
    expect((await opened(place.directory)).errors[0]).toMatchObject({ changes: { removed: ["extra.ts"] } });
    trustAll(config);
    expect((await opened(place.directory)).names).toEqual(["acme/p"]);
    distrustPlugin(place.directory, "./p");
    expect((await opened(place.directory)).errors[0]?.message).toContain("is not trusted");
  });

  test("only from its own files: an import that is computed and leads elsewhere is refused", async () => {
    using place = project({
      "contextcore.yaml": "plugins: [./p]\n",
      "p/index.ts": `await import(["..", "else" + "where.ts"].join("/")); ${pluginSource("acme/p")}`,
      "elsewhere.ts": "",
    });
    trustAll(await configOf(place.directory));
    const { names, errors } = await opened(place.directory);
    expect(names).toEqual([]);
    expect(errors[0]?.message).toContain("elsewhere.ts, which is not among its files");
  });

  test.each([
    ["{", "is not JSON"],
    ['{"version":2,"plugins":{}}', "version is not version 1"],
    ['{"version":1,"plugins":{"./p":{"hash":"x"}}}', "plugins../p"],
  ])("never on the word of a broken lock: %s", async (text, message) => {
    using place = project({
      "contextcore.yaml": "plugins: [./p.ts]\n",
      "p.ts": pluginSource("acme/p"),
      "contextcore.lock": text,
    });
    const { names, errors } = await opened(place.directory);
    expect(names).toEqual([]);
    expect(errors[0]?.message).toContain(message);
    expect(() => readLock(place.directory)).toThrow(message);
  });
});
