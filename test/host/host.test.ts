import { describe, expect, test } from "bun:test";
import * as v from "valibot";
import { definePlugin } from "../../src/contract/contract.ts";
import type { BuiltIn } from "../../src/host/built-in.ts";
import { declarePlugins, openPlugins } from "../../src/host/host.ts";
import { loadPlugins } from "../../src/host/load-plugins.ts";
import { DeclarationError } from "../../src/host/plugin/declaration.ts";
import { BUILT_INS } from "../../src/registry.ts";
import { declaredBuiltIns } from "../support/built-ins.ts";
import { configOf, pluginSource, project, trustAll } from "./support.ts";

const signal = new AbortController().signal;

const builtIn = (name: string, over: object = {}): BuiltIn => ({
  name,
  load: async () => ({
    ...definePlugin({
      name,
      about: "A test's backend",
      options: v.object({ url: v.optional(v.pipe(v.string(), v.description("URL")), "http://127.0.0.1:1") }),
      backend: ({ http }) => ({
        inventory: async () => ({ signals: ["logs"], importance: "low", serverVersion: http.url }),
        size: async () => ({ bytes: 0, source: "api" }),
        export: { start: async () => ({ cursors: [] }), step: async () => ({}) },
      }),
    }),
    ...over,
  }),
});

describe("opening plugins", () => {
  test("one that not every stack has is asked only where the configuration names it", async () => {
    const some: BuiltIn = { ...builtIn("ledger"), onlyNamed: true };
    const builtIns = [builtIn("always"), some];
    const namesWith = async (yaml: string, overrides: Record<string, string> = {}): Promise<string[]> => {
      using place = project({ "contextcore.yaml": yaml });
      const config = { ...(await configOf(place.directory)), overrides };
      const open = await openPlugins(config, { builtIns });
      const declared = await declarePlugins(config, { builtIns });
      expect([open.failures, declared.failures]).toEqual([[], []]);
      const names = open.backends.map(({ name }) => name);
      expect(declared.backends.map(({ name }) => name)).toEqual(names);
      return names;
    };
    expect(await namesWith("name: shop\n")).toEqual(["always"]);
    expect(await namesWith("backends: { ledger: {} }\n")).toEqual(["always", "ledger"]);
    expect(await namesWith("backends: { worm: { plugin: ledger } }\n")).toEqual(["always", "worm"]);
    expect(await namesWith("backends: { ledger: { enabled: false } }\n")).toEqual(["always"]);
    const set = { "backends.ledger.url": "http://127.0.0.1:2" };
    expect(await namesWith("name: shop\n", set)).toEqual(["always", "ledger"]);
    using place = project({});
    const { plugins } = await loadPlugins(await configOf(place.directory), { builtIns, all: true });
    expect(plugins.map(({ plugin }) => plugin.name)).toEqual(["always", "ledger"]);
  });

  test("the built-in backends are open by themselves, in the order of the registry, and no sink is", async () => {
    using place = project({});
    const open = await openPlugins(await configOf(place.directory), { builtIns: BUILT_INS });
    expect(open.failures).toEqual([]);
    expect(open.backends.map(({ name }) => name)).toEqual(["tempo", "mimir", "loki", "grafana"]);
    const asked = (await declaredBuiltIns()).filter(({ plugin, onlyNamed }) => plugin.backend && !onlyNamed);
    expect(open.backends.map(({ name }) => name)).toEqual(asked.map(({ name }) => name));
    expect(open.backends.map(({ url }) => url)).toEqual([
      "http://localhost:3200",
      "http://localhost:9009",
      "http://localhost:3100",
      "http://localhost:3000",
    ]);
    expect(open.sinks).toEqual([]);
  });

  test("enabled: false leaves a backend out, and it is not even loaded", async () => {
    using place = project({ "contextcore.yaml": "backends:\n  one: { enabled: false }\n" });
    const one = { name: "one", load: () => Promise.reject(new Error("was loaded")) };
    const open = await openPlugins(await configOf(place.directory), { builtIns: [one, builtIn("two")] });
    expect(open.failures).toEqual([]);
    expect(open.backends.map(({ name }) => name)).toEqual(["two"]);
  });

  test("a plugin that throws when it is opened, or has wrong options, is reported by name; the others work", async () => {
    using place = project({ "contextcore.yaml": "backends:\n  two: { url: 5 }\n" });
    const one = builtIn("one", {
      backend: () => {
        throw new Error("no luck");
      },
    });
    const open = await openPlugins(await configOf(place.directory), {
      builtIns: [one, builtIn("two"), builtIn("three")],
    });
    expect(open.backends.map(({ name }) => name)).toEqual(["three"]);
    expect(open.failures.map(({ name, error }) => `${name}: ${error.message}`)).toEqual([
      "one: one: no luck",
      "two: contextcore.yaml:2: backends.two.url: expected a string, found 5",
    ]);
  });

  test("a name in the configuration that no plugin has is reported, not ignored", async () => {
    using place = project({ "contextcore.yaml": "backends:\n  onne: {}\n" });
    const { failures } = await openPlugins(await configOf(place.directory), { builtIns: [builtIn("one")] });
    expect(failures.map(({ error }) => error)).toMatchObject([
      { message: "there is no plugin called onne", hint: "Did you mean one?" },
    ]);
  });

  test("of somebody else's that is not there, how it is added", async () => {
    using place = project({ "contextcore.yaml": "backends:\n  acme/clicks: {}\n" });
    const { failures } = await openPlugins(await configOf(place.directory), { builtIns: [builtIn("one")] });
    expect(failures.map(({ error }) => error)).toMatchObject([
      {
        message: "there is no plugin called acme/clicks",
        hint: "`contextcore plugin add PATH` adds a plugin to contextcore.yaml.",
      },
    ]);
  });

  test("only those that are asked for", async () => {
    using place = project({});
    const open = await openPlugins(await configOf(place.directory), {
      builtIns: [builtIn("one"), builtIn("two")],
      only: ["two"],
    });
    expect(open.backends.map(({ name }) => name)).toEqual(["two"]);
  });
});

/** What is not there cannot be trusted either; opening it says so. */
function attempt(work: () => void): void {
  try {
    work();
  } catch (error) {
    if (!(error instanceof DeclarationError)) throw error;
  }
}

describe("a third party's plugin", () => {
  const open = async (files: Record<string, string>, spec: string) => {
    const place = project({ "contextcore.yaml": `plugins: [${JSON.stringify(spec)}]\n`, ...files });
    const config = await configOf(place.directory);
    attempt(() => trustAll(config));
    const opened = await openPlugins(config, { builtIns: [] });
    const dispose = (): void => {
      void opened.end?.();
      place[Symbol.dispose]();
    };
    return { ...opened, ...place, [Symbol.dispose]: dispose };
  };

  test.each([
    ["a file", "./lines.ts", "lines.ts"],
    ["a folder", "./lines", "lines/index.ts"],
    ["a package", "@acme/lines", "node_modules/@acme/lines/index.ts"],
  ])("%s is loaded, and `contextcore` is served to it", async (_, spec, file) => {
    using opened = await open({ [file]: pluginSource("acme/lines") }, spec);
    expect(opened.failures).toEqual([]);
    expect(opened.backends.map(({ name }) => name)).toEqual(["acme/lines"]);
    expect(await opened.backends[0]?.backend.size(signal)).toMatchObject({ how: `hello${8 * 1024 * 1024}` });
  });

  test("a package whose package.json names its entry", async () => {
    using opened = await open(
      {
        "p/package.json": JSON.stringify({ exports: { ".": { import: "./lib/main.js" } } }),
        "p/lib/main.js": pluginSource("acme/lines"),
      },
      "./p",
    );
    expect(opened.backends.map(({ name }) => name)).toEqual(["acme/lines"]);
  });

  test.each([
    ["../evil", 'its name "../evil" is not allowed'],
    ["a/b/c", 'its name "a/b/c" is not allowed'],
    ["Acme/lines", 'its name "Acme/lines" is not allowed'],
    ["loki", 'its name "loki" is not allowed'],
    ["lines", 'its name "lines" is not allowed'],
  ])("the name %s is refused", async (name, message) => {
    using opened = await open({ "x.ts": pluginSource(name) }, "./x.ts");
    expect(opened.backends).toEqual([]);
    expect(opened.failures[0]?.error.message).toContain(message);
  });

  test.each([
    [
      "another contract",
      "contract: 2,",
      "written for version 2 of the plugin contract, but this contextcore supports version 1",
    ],
    ["an unknown part", "backends: 1,", "`backends` is not part of the contract"],
    ["a wrong type", "hosts: 'x',", "`hosts` should be Array"],
    ["options of no schema", "options: {},", "`options` is not v.object"],
    ["neither backend nor sink", "backend: undefined,", "neither a backend nor a sink"],
  ])("a declaration with %s is refused", async (_, extra, message) => {
    using opened = await open({ "x.ts": pluginSource("acme/x", extra) }, "./x.ts");
    expect(opened.failures[0]?.error.message).toContain(message);
  });

  test.each([
    ["a missing file", {}, "./x.ts", "there is no file or folder"],
    ["a missing package", {}, "acme-x", "there is no package acme-x"],
    ["an empty folder", { "x/readme": "" }, "./x", "has nothing to load"],
    ["a syntax error", { "x.ts": "export default {" }, "./x.ts", "x.ts:1: "],
    ["code that throws", { "x.ts": "throw new Error('no luck')" }, "./x.ts", "does not load: no luck"],
    ["no default export", { "x.ts": "export const a = 1" }, "./x.ts", "does not export a plugin by default"],
    ["a missing import", { "x.ts": "import './y.ts'" }, "./x.ts", "does not load: "],
  ])("%s is reported with what to do", async (_, files, spec, message) => {
    using opened = await open(files, spec);
    expect(opened.failures.map(({ name }) => name)).toEqual([spec]);
    expect(opened.failures[0]?.error.message).toContain(message);
  });

  test("two of the same name: the second is refused", async () => {
    using place = project({
      "contextcore.yaml": "plugins: [./a.ts, ./b.ts]\n",
      "a.ts": pluginSource("acme/x"),
      "b.ts": pluginSource("acme/x"),
    });
    const config = await configOf(place.directory);
    trustAll(config);
    const opened = await openPlugins(config, { builtIns: [] });
    expect(opened.backends).toHaveLength(1);
    expect(opened.failures.map(({ error }) => error.message)).toEqual([
      "another plugin is already called acme/x",
    ]);
  });

  test("it talks to its own server and to the hosts that it declared, and to no other", async () => {
    using server = Bun.serve({ hostname: "127.0.0.1", port: 0, fetch: () => Response.json({ ok: true }) });
    using other = Bun.serve({ hostname: "127.0.0.1", port: 0, fetch: () => Response.json({ ok: true }) });
    const source = (hosts: string) =>
      pluginSource(
        "acme/x",
        `hosts: ${hosts}, options: v.object({ url: v.optional(v.pipe(v.string(), v.description("URL")), "${server.url.origin}") }),
         backend: ({ http }) => ({
           inventory: async () => { await http.send({ path: "/" }); await http.at("${other.url.origin}").send({ path: "/" }); return { signals: [], importance: "low" }; },
           size: async () => ({ bytes: 0, source: "api" }),
           export: { start: async () => ({ cursors: [] }), step: async () => ({}) },
         }),`,
      );
    using strict = await open({ "x.ts": source("[]") }, "./x.ts");
    const refused = await strict.backends[0]?.backend.inventory(signal).catch((error: Error) => error);
    expect(refused).toMatchObject({
      kind: "refused",
      message: expect.stringContaining("which it did not declare"),
    });
    using declared = await open({ "x.ts": source(`["${other.url.host}"]`) }, "./x.ts");
    expect(await declared.backends[0]?.backend.inventory(signal)).toMatchObject({ importance: "low" });
  });
});
