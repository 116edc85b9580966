// biome-ignore-all lint/suspicious/noTemplateCurlyInString: ${VAR} is what stands in the file
import { expect, test } from "bun:test";
import * as v from "valibot";
import { ConfigError } from "../../src/config/errors.ts";
import { loadConfig } from "../../src/config/load.ts";
import { type PluginKind, resolveOptions } from "../../src/config/resolve-options.ts";
import * as option from "../../src/contract/options.ts";
import { IMPORTANCES } from "../../src/contract/values.ts";
import { temporaryDirectory } from "../support/directory.ts";

const plugin = {
  name: "loki",
  options: v.object({
    ...option.serverOptions("http://localhost:3100", { token: "LOKI_TOKEN" }),
    importance: v.optional(
      v.pipe(v.picklist(IMPORTANCES), v.description("How much it would hurt to lose it")),
      "high",
    ),
    pageLines: option.integer("Lines a page", 1000, { min: 1, max: 5000 }),
    fast: v.optional(v.boolean(), false),
  }),
};

interface From {
  readonly yaml?: string;
  readonly env?: Record<string, string>;
  readonly set?: Record<string, string>;
  readonly kind?: PluginKind;
  readonly files?: Record<string, string>;
}

async function resolve({ yaml = "", env = {}, set = {}, kind = "backends", files = {} }: From) {
  const directory = temporaryDirectory({ "contextcore.yaml": yaml, ...files });
  return resolveOptions(plugin, kind, await loadConfig({ directory, env, overrides: set }));
}

async function problemsOf(from: From) {
  const error = await resolve(from).catch((thrown: unknown) => thrown);
  if (!(error instanceof ConfigError)) throw new Error(`no ConfigError but ${String(error)}`);
  return error.problems.map(({ where, key, what }) => `${where}: ${key}: ${what}`);
}

const yaml = "backends:\n  loki:\n    pageLines: 2\n    url: http://file:1\n";

test("a flag wins over the environment, that over the file, that over the default", async () => {
  const set = { "backends.loki.pageLines": "4" };
  const env = { CONTEXTCORE_LOKI_PAGE_LINES: "3" };
  const lines = async (from: From) => (await resolve(from)).options.pageLines;
  expect([
    await lines({ yaml, env, set }),
    await lines({ yaml, env }),
    await lines({ yaml }),
    await lines({}),
  ]).toEqual([4, 3, 2, 1000]);
});

test("each option says where it came from", async () => {
  const env = { CONTEXTCORE_LOKI_PAGE_LINES: "3", LOKI_TOKEN: "t" };
  const { found } = await resolve({ yaml, env, set: { "backends.loki.fast": "true" } });
  const from = Object.fromEntries(found.map((one) => [one.key, one.from]));
  expect(from).toMatchObject({
    pageLines: "CONTEXTCORE_LOKI_PAGE_LINES",
    token: "LOKI_TOKEN",
    url: "contextcore.yaml:4",
    fast: "--set",
    importance: "default",
  });
});

test("the plugin's own environment name wins over an alias, and an empty one is none", async () => {
  const env = { CONTEXTCORE_LOKI_TOKEN: "own", LOKI_TOKEN: "alias" };
  expect((await resolve({ env })).options.token).toBe("own");
  expect((await resolve({ env: { ...env, CONTEXTCORE_LOKI_TOKEN: "" } })).options.token).toBe("alias");
});

test("text from outside becomes the option's type", async () => {
  const env = {
    CONTEXTCORE_LOKI_FAST: "true",
    CONTEXTCORE_LOKI_TENANT: "123",
    CONTEXTCORE_LOKI_HEADERS: "{X-A: b}",
  };
  const { options } = await resolve({ env });
  expect([options.fast, options.tenant, options.headers]).toEqual([true, "123", { "X-A": "b" }]);
});

test("mistakes name the key and the line, the environment name or the flag", async () => {
  expect(await problemsOf({ yaml: "backends:\n  loki:\n    urll: x\n    timeout: 5 parsecs\n" })).toEqual([
    "contextcore.yaml:3: backends.loki.urll: unknown key",
    "contextcore.yaml:4: backends.loki.timeout: not a duration (use 30s, 5m, 24h, 7d)",
  ]);
  expect(await problemsOf({ env: { CONTEXTCORE_LOKI_PAGE_LINES: "many" } })).toEqual([
    'CONTEXTCORE_LOKI_PAGE_LINES: backends.loki.pageLines: expected a number, found "many"',
  ]);
  expect(await problemsOf({ set: { "backends.loki.tenant": "a|b" } })).toEqual([
    "--set: backends.loki.tenant: names several tenants, whose records the server would mix: export each by itself",
  ]);
  expect(await problemsOf({ set: { "backends.loki.nope": "1" } })).toEqual([
    "--set: backends.loki.nope: unknown key",
  ]);
});

test("a secret comes from a file or a variable, and a wrong one is never shown", async () => {
  const files = { "secrets/token": "s3cret\n" };
  const from = (value: string) => ({ yaml: `backends:\n  loki:\n    token: ${value}\n`, files });
  expect((await resolve(from("file:secrets/token"))).options.token).toBe("s3cret");
  expect((await resolve({ ...from('"${T}"'), env: { T: "s3cret" } })).options.token).toBe("s3cret");
  const [wrong] = await problemsOf(from("[s3cret]"));
  expect(wrong).toBe("contextcore.yaml:3: backends.loki.token: expected a string");
  const [gone] = await problemsOf(from("file:gone"));
  expect(gone).toMatch(/token: the secret file .*gone cannot be read: there is no such file or directory$/);
});

test("a sink that is also a backend takes over what the backend's settings say", async () => {
  const sinks = `${yaml}    tenant: a\nsinks:\n  loki:\n    tenant: audit\n`;
  const { options } = await resolve({ yaml: sinks, kind: "sinks" });
  expect([options.url, options.tenant]).toEqual(["http://file:1", "audit"]);
});

test("a variable that is not set spoils only the plugin that names it", async () => {
  const unset = "backends:\n  loki:\n    url: ${NOPE}\n";
  expect(await problemsOf({ yaml: unset })).toEqual([
    "contextcore.yaml:3: backends.loki.url: the environment variable NOPE is not set",
  ]);
  const directory = temporaryDirectory({ "contextcore.yaml": unset });
  const other = { name: "tempo", options: plugin.options };
  const config = await loadConfig({ directory, env: {} });
  expect(resolveOptions(other, "backends", config).options.url).toBe("http://localhost:3100");
});

test("a plugin of somebody else reads no variable but those of its own name", async () => {
  const config = await loadConfig({
    directory: temporaryDirectory({}),
    env: { LOKI_TOKEN: "s3cret", CONTEXTCORE_ACME_LOKI_PAGE_LINES: "7" },
  });
  const { options } = resolveOptions({ ...plugin, name: "acme/loki" }, "backends", config);
  expect(options).toMatchObject({ pageLines: 7 });
  expect(options.token).toBeUndefined();
});
