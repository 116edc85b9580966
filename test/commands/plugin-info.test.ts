/** What `plugin list` and `plugin info` say, and what is said where something is wrong. */
import { describe, expect, test } from "bun:test";
import { appendFileSync, existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { BUILT_INS } from "../../src/registry.ts";
import { temporaryDirectory } from "../support/directory.ts";
import { openSession } from "../support/pseudo-terminal.ts";
import { contextcore, json } from "./plugin-home.ts";

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
