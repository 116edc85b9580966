// biome-ignore-all lint/suspicious/noTemplateCurlyInString: ${VAR} is what stands in the file
import { expect, test } from "bun:test";
import { join } from "node:path";
import { CORE_SETTINGS } from "../../src/config/environment.ts";
import { ConfigError } from "../../src/config/errors.ts";
import { loadConfig } from "../../src/config/load.ts";
import { configTemplate } from "../../src/config/template.ts";
import { temporaryDirectory } from "../support/directory.ts";

const load = (text: string, more: Partial<Parameters<typeof loadConfig>[0]> = {}) =>
  loadConfig({ directory: temporaryDirectory({ "contextcore.yaml": text }), env: {}, ...more });

async function problemsOf(text: string, env: Record<string, string> = {}) {
  const error = await load(text, { env }).catch((thrown: unknown) => thrown);
  if (!(error instanceof ConfigError)) throw new Error(`no ConfigError but ${String(error)}`);
  return error.problems;
}

test("without a file the defaults fit the compose file", async () => {
  const directory = temporaryDirectory();
  const config = await loadConfig({ directory, env: {} });
  expect(config.file).toBeUndefined();
  expect(config.backups).toBe(join(directory, "backups"));
  expect(config.destroy.command).toEqual(["docker", "compose", "down", "-v"]);
  expect(config.name).toBe(directory.split("/").at(-1) ?? "");
});

test("the nearest file upwards counts, and paths are relative to it", async () => {
  const directory = temporaryDirectory({
    "contextcore.yaml": "name: shop\nbackups: ../saved",
    "a/b/keep": "",
  });
  const config = await loadConfig({ directory: join(directory, "a/b"), env: {} });
  expect(config.name).toBe("shop");
  expect(config.directory).toBe(directory);
  expect(config.backups).toBe(join(directory, "../saved"));
});

test("an unknown key names its line and what was probably meant", async () => {
  expect(await problemsOf("name: shop\nexport:\n  concurency: 4\n")).toEqual([
    {
      where: "contextcore.yaml:3",
      key: "export.concurency",
      what: "unknown key",
      hint: "did you mean concurrency?",
    },
  ]);
});

test("a wrong type names key, line and both types; all mistakes are told, in the file's order", async () => {
  const problems = await problemsOf("export:\n  concurrency: four\ndestroy:\n  command: docker\n");
  expect(problems.map(({ where, key, what }) => [where, key, what])).toEqual([
    ["contextcore.yaml:2", "export.concurrency", 'expected a number, found "four"'],
    ["contextcore.yaml:4", "destroy.command", 'expected a list, found "docker"'],
  ]);
});

test.each([
  ["two keys alike", "name: a\nname: b\n", "contextcore.yaml:2"],
  ["a broken list", "plugins: [one\n", "contextcore.yaml:2"],
])("%s: YAML that is wrong names the line", async (_name, text, where) => {
  expect((await problemsOf(text)).map((problem) => problem.where)).toContain(where);
});

test("sections may be empty, and text is no configuration", async () => {
  expect((await load("backends:\nexport:\n")).export.concurrency).toBe(8);
  expect((await problemsOf("just text"))[0]?.what).toBe(
    'the file must consist of keys with values, but it is only "just text"',
  );
});

test("${VAR} is filled in, its fallback taken, an unset one named", async () => {
  const env = { TEAM: "blue" };
  const text = "name: $${x}-${TEAM}-${UNSET:-none}\n";
  expect((await load(text, { env })).name).toBe("${x}-blue-none");
  expect((await problemsOf("a: 1\nbackups: ${UNSET}\n"))[0]).toEqual({
    where: "contextcore.yaml:2",
    key: "backups",
    what: "the environment variable UNSET is not set",
  });
});

test("--set wins over the file, with the type that it stands for", async () => {
  const overrides = { "export.concurrency": "3", "destroy.command": "[make, clean]" };
  const config = await load("export:\n  concurrency: 9\n", { overrides });
  expect(config.export.concurrency).toBe(3);
  expect(config.destroy.command).toEqual(["make", "clean"]);
});

test.each([
  ["plugins.acme/notes.url", "plugins: [./notes]"],
  ["plugins.foo", "plugins: [./notes]"],
  ["destroy.command.nosuch", "destroy: { command: [make, clean] }"],
  ["destroy.command.0", "destroy: { command: [make, clean] }"],
  ["name.first", "name: shop"],
  ["export.concurrency.x", "export: { concurrency: 3 }"],
  ["constructor.name", "name: shop"],
  ["toString", "name: shop"],
  ["export.__proto__.x", "name: shop"],
])("--set %s is refused where the file already has something there: %s", async (key, text) => {
  const problem = { where: "--set", hint: expect.any(String) };
  const overrides = { [key]: "1" };
  await expect(load(text, { overrides })).rejects.toMatchObject({ problems: [problem] });
});

test("a named file that is not there is an error, not the defaults", async () => {
  const directory = temporaryDirectory();
  const named = loadConfig({ directory, env: {}, configFile: "other.yaml" });
  await expect(named).rejects.toThrow("other.yaml: cannot be read: there is no such file or directory");
  const fromEnv = loadConfig({ directory, env: { CONTEXTCORE_CONFIG: "gone.yaml" } });
  await expect(fromEnv).rejects.toThrow("gone.yaml: cannot be read: there is no such file or directory");
});

test("the file that `config init` writes names every setting", () => {
  const lines = configTemplate("shop").split("\n");
  const isNamed = ({ path }: (typeof CORE_SETTINGS)[number]): boolean =>
    lines.some((line) => new RegExp(`^#?${"  ".repeat(path.length - 1)}${path.at(-1)}:`).test(line));
  expect(CORE_SETTINGS.filter((one) => !isNamed(one)).map(({ path }) => path.join("."))).toEqual([]);
});

test("the file that `config init` writes is the defaults", async () => {
  const written = await load(configTemplate("shop"));
  const bare = await load("name: shop");
  const core = ({ name, export: job, destroy, audit, plugins, sinks }: typeof bare) => ({
    name,
    job,
    destroy,
    audit,
    plugins,
    sinks,
  });
  expect(core(written)).toEqual(core(bare));
});
