/** Third-party plugins that a command was not asked about are not started, and those that it needs start together. */
import { expect, setDefaultTimeout, test } from "bun:test";
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { v } from "../../src/contract/contextcore.ts";
import { locatePlugin } from "../../src/host/plugin/locate.ts";
import { pluginFiles } from "../../src/host/trust/files.ts";
import { entryFor, trustPlugin } from "../../src/host/trust/record.ts";
import { run } from "../support/binary.ts";
import { temporaryDirectory } from "../support/directory.ts";
import { agreed } from "../support/project.ts";
import { source } from "./corpus.ts";

// Each starts several processes, on machines that do other things too.
setDefaultTimeout(30_000);

const OFF = ["tempo", "mimir", "grafana"].map((name) => `  ${name}: { enabled: false }\n`).join("");
const NAMES = ["one", "two"] as const;

/** A project with acme/one and acme/two, trusted. When one is loaded, it leaves a file beside it, then runs `top`. */
function projectOfTwo(top = "", backends = ""): string {
  const home = temporaryDirectory({
    "contextcore.yaml": `plugins: [./one.ts, ./two.ts]\nbackends:\n  loki: { url: "http://127.0.0.1:9" }\n${OFF}${backends}`,
  });
  const imports = 'import { existsSync, writeFileSync } from "node:fs";';
  for (const own of NAMES) {
    const there = (name: string) => JSON.stringify(join(home, `${name}.loaded`));
    const parts = { name: `acme/${own}`, top: `${imports}\nwriteFileSync(${there(own)}, "");\n${top}` };
    const all = `const all = [${NAMES.map(there)}];\n`;
    writeFileSync(join(home, `${own}.ts`), all + source(parts));
    const files = pluginFiles(locatePlugin(`./${own}.ts`, home));
    const plugin = { name: `acme/${own}`, about: own, options: v.object({}) };
    trustPlugin(home, `./${own}.ts`, entryFor(plugin, files));
  }
  return agreed(home);
}

const loaded = (home: string): string[] => NAMES.filter((name) => existsSync(join(home, `${name}.loaded`)));

async function inventoryOf(home: string, ...names: string[]) {
  const asked = names.flatMap((name) => ["--plugin", name]);
  const { stdout, stderr, exitCode } = await run(["inventory", ...asked, "--json"], { cwd: home });
  return { stdout, stderr, exitCode };
}

const namesIn = (stdout: string): string[] =>
  JSON.parse(stdout).backends.map(({ backend }: { backend: string }) => backend);

test.each([
  ["a plugin", "acme/two", ["two"]],
  ["an instance of a plugin", "mine", ["two"]],
  ["a built-in backend", "loki", []],
])("where %s is asked for, no other is loaded", async (_, asked, expected) => {
  const home = projectOfTwo("", asked === "mine" ? "  mine: { plugin: acme/two }\n" : "");
  const { stdout, stderr } = await inventoryOf(home, asked);
  expect(namesIn(stdout), stderr).toEqual([asked]);
  expect(loaded(home)).toEqual(expected);
});

test("a plugin that is not enabled is not loaded", async () => {
  const home = projectOfTwo("", "  acme/one: { enabled: false }\n");
  const { stdout, stderr } = await inventoryOf(home);
  expect(namesIn(stdout), stderr).toEqual(["loki", "acme/two"]);
  expect(loaded(home)).toEqual(["two"]);
});

test("a plugin that is not asked for must still be trusted", async () => {
  const home = projectOfTwo();
  writeFileSync(join(home, "one.ts"), "// another one");
  const { stderr, exitCode } = await inventoryOf(home, "acme/two");
  expect(stderr).toContain("the plugin ./one.ts has changed since it was trusted (one.ts)");
  expect(exitCode).toBe(4);
  expect(loaded(home)).not.toContain("one");
});

test("a name that nothing has is refused with all that there are", async () => {
  const home = projectOfTwo();
  const { stderr, exitCode } = await inventoryOf(home, "acme/tow");
  expect(stderr).toContain("--plugin acme/tow: there is no such backend");
  expect(stderr).toContain("did you mean acme/two?");
  expect(exitCode).toBe(2);
});

test("a plugin that is asked for and does not load is named as it was asked for", async () => {
  const { stdout, exitCode } = await inventoryOf(projectOfTwo('throw new Error("no luck");'), "acme/two");
  expect(JSON.parse(stdout).backends).toMatchObject([
    { backend: "acme/two", reason: expect.stringContaining("two.ts does not load: no luck") },
  ]);
  expect(exitCode).toBe(3);
});

test("plugins are loaded side by side: each of these waits for the other", async () => {
  const home = projectOfTwo("while (!all.every((file) => existsSync(file))) await Bun.sleep(10);");
  const { stdout, stderr } = await inventoryOf(home, "acme/one", "acme/two");
  expect(namesIn(stdout), stderr).toEqual(["acme/one", "acme/two"]);
});
