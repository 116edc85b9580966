/** Places for snapshots as a user configures them: shown, checked, agreed to, tried. */
import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { type Finished, run } from "../support/binary.ts";
import { temporaryDirectory } from "../support/directory.ts";
import { agreed } from "../support/project.ts";

setDefaultTimeout(60_000); // cores are shared with other test files

const OFF = ["tempo", "mimir", "loki", "grafana"].map((name) => `  ${name}: { enabled: false }\n`).join("");

const project = (stores: string, more = ""): string =>
  temporaryDirectory({ "contextcore.yaml": `name: shop\nbackends:\n${OFF}stores:\n${stores}${more}` });

const usb = (path: string): string => `  usb: { plugin: directory, path: ${path} }\n`;

function printed({ stdout, stderr, exitCode }: Finished, code: number) {
  if (exitCode !== code) throw new Error(`exit code ${exitCode}: ${stderr}${stdout}`);
  return JSON.parse(stdout);
}

test("config show has each store's options, and where they come from", async () => {
  const cwd = project(usb("kept"));
  const env = { CONTEXTCORE_OTHER_PATH: "x" };
  const { settings } = printed(await run(["config", "show", "--json"], { cwd, env }), 0);
  expect(settings.filter(({ key }: { key: string }) => key.startsWith("stores."))).toEqual([
    { key: "stores.usb.plugin", value: "directory", where: "contextcore.yaml:8" },
    { key: "stores.usb.path", value: join(cwd, "kept"), where: "contextcore.yaml:8" },
  ]);
  const set = ["--set", "stores.usb.path=there"];
  const shown = await run(["config", "show", ...set], { cwd });
  expect(shown.stdout).toMatch(/^stores\.usb\.path +\S+\/there +--set$/m);
  const named = await run(["config", "show"], { cwd, env: { CONTEXTCORE_USB_PATH: "here" } });
  expect(named.stdout).toMatch(/^stores\.usb\.path +\S+\/here +CONTEXTCORE_USB_PATH$/m);
});

describe("config check finds", () => {
  test.each([
    ["  usb: { plugin: directory, pth: x }\n", "stores.usb.pth: unknown key (did you mean path?)"],
    ["  usb: { plugin: directory }\n", "stores.usb.path: is missing"],
    [
      "  usb: { plugin: directroy, path: x }\n",
      "stores.usb.plugin: there is no plugin called directroy (Did you mean directory?)",
    ],
    ["  usb: { plugin: loki }\n", "stores.usb.plugin: loki is not a store"],
    ["  webhook: { url: http://127.0.0.1 }\n", "stores.webhook: webhook is not a store"],
    [
      "  loki: { plugin: directory, path: x }\n",
      "stores.loki: the name of the plugin loki, but this is an instance",
    ],
    ["  Usb: { plugin: directory, path: x }\n", "stores.Usb: not a valid name"],
    ["  usb: x\n", "stores.usb: expected keys and values, found"],
  ])("%s", async (stores, message) => {
    const { stdout, exitCode } = await run(["config", "check"], { cwd: project(stores) });
    expect(stdout).toContain(`: ${message}`);
    expect(exitCode).toBe(2);
  });

  test("a variable that changes nothing", async () => {
    const cwd = project(usb("kept"));
    const { stderr } = await run(["config", "check"], { cwd, env: { CONTEXTCORE_USB_PAHT: "x" } });
    expect(stderr).toContain("CONTEXTCORE_USB_PAHT changes nothing: did you mean CONTEXTCORE_USB_PATH?");
  });

  test("a store of --set that nobody has configured", async () => {
    const set = ["config", "check", "--set", "stores.usb2.path=x"];
    const { stdout } = await run(set, { cwd: project(usb("kept")) });
    expect(stdout).toContain("--set: stores.usb2: there is no store called usb2 (Configured: usb.)");
  });
});

test("a command that needs no store is not stopped by one that cannot be opened now", async () => {
  // biome-ignore lint/suspicious/noTemplateCurlyInString: a variable's name
  const cwd = project('  usb: { plugin: directory, path: "${NOWHERE}" }\n');
  expect((await run(["snapshots", "list"], { cwd })).exitCode).toBe(0);
  expect((await run(["inventory"], { cwd })).stderr).not.toContain("NOWHERE");
  expect((await run(["config", "check"], { cwd })).stdout).toContain("NOWHERE is not set");
});

test("a place outside of the project is agreed to first, and nothing is written there before", async () => {
  const outside = temporaryDirectory();
  const cwd = project(usb(join(outside, "kept")));
  const refused = await run(["doctor"], { cwd });
  expect(refused.exitCode).toBe(4);
  expect(existsSync(join(outside, "kept"))).toBe(false);
  const { stdout } = await run(["config", "trust", "--json"], { cwd });
  expect(JSON.parse(stdout).claims).toMatchObject([
    { kind: "outside", key: "stores.usb.path", value: join(outside, "kept") },
  ]);
  const tried = await run(["doctor"], { cwd: agreed(cwd) });
  expect(tried.stdout).toMatch(/^ok +usb +can keep snapshots/m);
});

describe("doctor", () => {
  test("tries a store with everything, and leaves nothing of it", async () => {
    const cwd = project(usb("kept"));
    const { stdout } = await run(["doctor"], { cwd });
    expect(stdout.replace(/\s+/g, " ")).toContain(
      "ok usb can keep snapshots: tried to write, write only what is absent, read, read a part, list and delete",
    );
    expect(readdirSync(join(cwd, "kept"))).toEqual([".contextcore-unfinished"]);
  });

  test("says what a store cannot do, and what helps", async () => {
    const cwd = project(usb("kept/file"));
    await Bun.write(join(cwd, "kept"), "a file");
    const { stdout, exitCode } = await run(["doctor"], { cwd });
    expect(stdout.replace(/\s+/g, " ")).toMatch(
      /problem usb cannot write: usb: cannot use \S+: a part of that path is a file/,
    );
    expect(exitCode).toBe(3);
  });
});

test("a foreign plugin that gets snapshots is a claim of its own", async () => {
  const cwd = project("  away: { plugin: acme/away, bucket: shop }\n", "plugins: [./away.ts]\n");
  const { stdout } = await run(["config", "trust", "--json"], { cwd });
  expect(JSON.parse(stdout).claims).toMatchObject([
    { kind: "store", key: "stores.away", value: "acme/away" },
    { kind: "option", key: "stores.away.bucket", value: "shop" },
  ]);
});
