/** `plugin check` of a plugin that talks to a server, for somebody who has only the binary: its lab, and the program's own. */
import { expect, setDefaultTimeout, test } from "bun:test";
import { cpSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { binary, run } from "../support/binary.ts";
import { temporaryDirectory } from "../support/directory.ts";

// Each starts several processes, on machines that do other things too.
setDefaultTimeout(30_000);

async function check(home: string, path: string, ...more: string[]) {
  const { stdout, stderr, exitCode } = await run(["plugin", "check", path, ...more], { cwd: home });
  const verdict = (word: string) =>
    [...stdout.matchAll(new RegExp(`^${word} +([a-z0-9-]+)`, "gm"))].map(([, name = ""]) => name);
  return { stdout, stderr, exitCode, passed: verdict("ok"), broken: verdict("broken") };
}

/** A folder with a new plugin for a server, and one thing in a file of it replaced. */
async function clicks(file = "index.ts", from = "", to = ""): Promise<string> {
  const home = temporaryDirectory();
  expect((await run(["plugin", "new", "acme/clicks", "--server"], { cwd: home })).exitCode).toBe(0);
  const path = join(home, "clicks", file);
  const text = readFileSync(path, "utf8");
  expect(text).toContain(from);
  writeFileSync(path, text.replace(from, to));
  return home;
}

test("a new backend for a server holds every rule against the lab beside it, and its own test passes", async () => {
  const home = await clicks();
  const { stdout, stderr, passed, exitCode } = await check(home, "./clicks");
  expect(stderr).toMatch(
    /^its server is \S+clicks\/lab\.ts, at http:\/\/127\.0\.0\.1:\d+, with faults before it\n$/,
  );
  expect(stdout).toContain("acme/clicks: 36 rules hold, 0 are broken, 7 do not apply\n");
  expect(passed).toContain("restore-then-export");
  expect(passed).toContain("flaky-server");
  expect(exitCode).toBe(0);
  const own = Bun.spawnSync([binary, "test"], {
    cwd: join(home, "clicks"),
    env: { PATH: process.env.PATH, BUN_BE_BUN: "1" },
  });
  expect(own.stderr.toString()).toContain(" 0 fail");
}, 20_000);

test("a mistake in it shows: a repeated page that is believed, an error that is swallowed", async () => {
  const believing = await clicks("index.ts", "if (first.id <= after)", "if (false)");
  expect((await check(believing, "./clicks", "--rule", "repeating-server")).broken).toEqual([
    "repeating-server",
  ]);
  const swallowing = await clicks(
    "index.ts",
    'await http.json(PAGE, { path: "/events", query, signal })',
    'await http.json(PAGE, { path: "/events", query, signal }).catch(() => ({ events: [], more: false }))',
  );
  const { broken, exitCode } = await check(swallowing, "./clicks", "--rule", "answers-503");
  expect({ broken, exitCode }).toEqual({ broken: ["answers-503"], exitCode: 1 });
}, 20_000);

test("the lab takes the place of the configured server, and a server that is named takes the lab's", async () => {
  const home = await clicks();
  const asked: string[] = [];
  using server = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    fetch({ url }) {
      asked.push(url);
      return new Response("", { status: 404 });
    },
  });
  const url = server.url.origin;
  writeFileSync(join(home, "contextcore.yaml"), `backends:\n  acme/clicks: { url: "${url}" }\n`);
  expect((await check(home, "./clicks", "--rule", "inventory")).exitCode).toBe(0);
  expect(asked).toEqual([]);
  const named = await check(home, "./clicks", "--rule", "inventory", "--url", url);
  expect(named.stderr).toContain(`error: the server at ${url} does not answer as the plugin expects`);
  expect(named.exitCode).toBe(1);
  expect(asked).toEqual([`${url}/stats`]);
});

test.each([["--url"], ["--option"]])("two servers are one too many: --lab and %s", async (flag) => {
  const url = `${flag === "--url" ? "" : "url="}http://127.0.0.1:1`;
  const { stdout, stderr, exitCode } = await check(await clicks(), "./clicks", "--lab", "loki", flag, url);
  expect({ stdout, exitCode }).toEqual({ stdout: "", exitCode: 2 });
  expect(stderr).toMatch(/^error: --(url|lab) and --(lab|option url=) /);
});

test.each([
  [
    "exports no lab",
    "export default 5;",
    /lab\.ts exports no lab with `filled`\nhint: .*plugin new NAME --server/,
  ],
  ["is no module", "export default {", /error: .*lab\.ts/],
  ["is busy for ever", "for (;;);", /^error: \S+lab\.ts does not start: it did not answer within 2 s/],
])("a lab that %s is an error that names it", async (_, text, message) => {
  const home = await clicks();
  writeFileSync(join(home, "clicks/lab.ts"), text);
  const { stdout, stderr, exitCode } = await check(home, "./clicks", "--limit", "2s");
  expect({ stdout, exitCode }).toEqual({ stdout: "", exitCode: 1 });
  expect(stderr).toMatch(message);
});

test("a lab that ends while the check runs is told of, since the rest is about no server", async () => {
  const home = await clicks();
  const lab =
    'import { defineLab } from "contextcore"; export default defineLab({ filled: () => ({ fetch: () => process.exit(3) }) });';
  writeFileSync(join(home, "clicks/lab.ts"), lab);
  const { stderr, exitCode } = await check(home, "./clicks", "--rule", "inventory");
  expect(stderr).toMatch(
    /lab\.ts did not last as long as the check: it ended the program, with exit code 3\n$/,
  );
  expect(exitCode).toBe(1);
});

test("trust is about what is loaded: the lab is not among the files of a plugin", async () => {
  const home = await clicks();
  expect((await run(["plugin", "add", "./clicks", "--yes"], { cwd: home })).exitCode).toBe(0);
  const { plugins } = JSON.parse(readFileSync(join(home, "contextcore.lock"), "utf8"));
  expect(Object.keys(plugins["./clicks"].files)).toEqual(["index.ts", "package.json"]);
});

test("a sink is told what has arrived by its lab", async () => {
  const home = temporaryDirectory({
    "hook/index.ts": `import { definePlugin, option, v } from "contextcore";
      export default definePlugin({ name: "acme/hook", about: "Posts", options: v.object(option.serverOptions("http://localhost:1")),
        sink: ({ http }) => ({
          async probe(signal) { await http.send({ path: "/", signal }); },
          async deliver({ line }, signal) { await http.send({ method: "POST", path: "/", body: line, signal }); },
        }) });`,
    "hook/lab.ts": `import { defineLab } from "contextcore";
      const lines: string[] = [];
      export default defineLab({ filled: () => ({ arrived: () => lines, async fetch(request) {
        if (request.method === "POST") lines.push(await request.text());
        return new Response("");
      } }) });`,
  });
  const { passed, broken } = await check(home, "./hook");
  expect(broken).toEqual([]);
  expect(passed).toContain("delivered-as-it-is");
}, 20_000);

/** A copy of a built-in plugin as somebody else's would be: under another name, in its own folder. */
function copyOf(name: string): string {
  const home = temporaryDirectory();
  cpSync(resolve(import.meta.dir, "../../plugins", name), join(home, "mine"), { recursive: true });
  for (const file of new Bun.Glob("**/*.ts").scanSync({ cwd: join(home, "mine"), absolute: true })) {
    const text = readFileSync(file, "utf8");
    writeFileSync(
      file,
      text.replaceAll(`name: "${name}"`, `name: "my/${name}"`).replace(/(["`])loki\//g, "$1my/loki/"),
    );
  }
  return home;
}

test("the look-alike of Loki is inside of the binary: a backend and sink for it holds every rule", async () => {
  const { stderr, stdout, broken } = await check(copyOf("loki"), "./mine", "--lab", "loki");
  expect(stderr).toMatch(
    /^its server is the look-alike of loki, at http:\/\/127\.0\.0\.1:\d+, with faults before it\n$/,
  );
  expect(broken).toEqual([]);
  expect(stdout).toContain("my/loki: 64 rules hold, 0 are broken, 1 do not apply\n");
}, 30_000);

test.each(["tempo", "mimir", "grafana"])(
  "the look-alike of %s is inside, too, and {lab} stands for its URL",
  async (name) => {
    const probe = `import { definePlugin, option, PluginError, v } from "contextcore";
    const PATHS = { tempo: "/api/echo", mimir: "/prometheus/api/v1/labels", grafana: "/api/health" };
    export default definePlugin({ name: "acme/probe", about: "x",
      options: v.object({ ...option.serverOptions("http://localhost:1"), other: option.text("Another URL") }),
      backend: ({ http, options }) => ({
        async inventory(signal) {
          if (!/^http:..127/.test(options.other ?? "")) throw new PluginError("invalid", "no other URL");
          await http.send({ path: PATHS["${name}"], signal });
          return { signals: ["logs"], importance: "low" };
        },
        size: async () => ({ bytes: 0, source: "api" }),
        export: { start: async () => ({ cursors: [] }), step: async () => ({}) },
      }) });`;
    const home = temporaryDirectory({ "probe.ts": probe });
    const args = ["--lab", name, "--option", "other={lab}", "--rule", "inventory"];
    const { stdout, exitCode } = await check(home, "./probe.ts", ...args);
    expect({ stdout, exitCode }).toEqual({
      stdout: expect.stringContaining("1 rules hold, 0 are"),
      exitCode: 0,
    });
  },
);
