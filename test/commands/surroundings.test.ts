/** What lies around the program must not change what it does: the folder, the pipes, the terminal's wishes. */
import { afterAll, expect, setDefaultTimeout, test } from "bun:test";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { startLab } from "../lab/lab.ts";
import { binary, cleanEnv, run } from "../support/binary.ts";
import { temporaryDirectory } from "../support/directory.ts";
import { labProject } from "../support/project.ts";
import { openSession } from "../support/pseudo-terminal.ts";

setDefaultTimeout(60_000); // two cores are shared with other test files

const lab = await startLab();
afterAll(() => lab.stop());

test("a hostile folder: neither .env nor bunfig.toml nor tsconfig.json is heeded", async () => {
  const hostile = {
    ".env": "CONTEXTCORE_LOKI_URL=http://evil.example\nNODE_OPTIONS=--require ./evil.js\n",
    "bunfig.toml": 'preload = ["./evil.ts"]\n[run]\npreload = ["./evil.ts"]\n',
    "evil.ts": 'require("fs").writeFileSync("ran", "evil.ts"); console.log("evil");',
    "evil.js": 'require("fs").writeFileSync("ran", "evil.js"); console.log("evil");',
    "tsconfig.json": '{ "compilerOptions": { "paths": { "*": ["./evil.ts"] } } }',
    "package.json": '{ "imports": { "#*": "./evil.ts" }, "type": "module" }',
    "node_modules/valibot/index.js": 'require("fs").writeFileSync("ran", "valibot");',
    "node_modules/yaml/index.js": 'require("fs").writeFileSync("ran", "yaml");',
  };
  const cwd = temporaryDirectory(hostile);
  expect((await run(["--version"], { cwd })).stdout).not.toContain("evil");
  const { stdout } = await run(["config", "show"], { cwd });
  expect(stdout).toMatch(/backends\.loki\.url +http:\/\/localhost:3100 +default/);
  expect(`${stdout}${existsSync(join(cwd, "ran"))}`).not.toContain("evil");
  expect(existsSync(join(cwd, "ran"))).toBe(false);
});

test("a file that says where it comes from is not executed as a plugin unless it is trusted", async () => {
  const cwd = temporaryDirectory({
    "contextcore.yaml": "plugins: [./evil.ts]\n",
    "evil.ts": 'require("fs").writeFileSync("ran", "evil.ts");',
  });
  const { stderr, exitCode } = await run(["inventory"], { cwd });
  expect(stderr).toContain("evil.ts");
  expect({ exitCode, ran: existsSync(join(cwd, "ran")) }).toEqual({ exitCode: 4, ran: false });
});

test("a reader that stops reading ends the program quietly", async () => {
  const cwd = labProject(lab, { only: ["grafana"] });
  const script = `"$0" help audit | head -n 1; "$0" inventory --json 2>err | head -c 1; cat err`;
  const child = Bun.spawn(["sh", "-c", script, binary], {
    cwd,
    env: cleanEnv(cwd),
    stdout: "pipe",
    stderr: "pipe",
  });
  expect(await new Response(child.stdout).text()).toMatch(/^contextcore audit: .*\n\{$/);
  expect(await new Response(child.stderr).text()).toBe("");
});

test("all that is printed arrives, however slowly it is read", async () => {
  const cwd = temporaryDirectory();
  const script = `for n in 1 2 3; do "$0" help export; done | (sleep 0.3; wc -c)`;
  const child = Bun.spawnSync(["sh", "-c", script, binary], { cwd, env: cleanEnv(cwd) });
  const once = (await run(["help", "export"], { cwd })).stdout.length;
  expect(Number(child.stdout.toString())).toBe(3 * once);
});

test("a full disk behind stdout is an error, not a success", async () => {
  const child = Bun.spawnSync(["sh", "-c", '"$0" help export >/dev/full', binary], {
    env: cleanEnv(temporaryDirectory()),
    stderr: "pipe",
  });
  expect(child.exitCode).toBe(1);
  expect(child.stderr.toString()).toStartWith("error: stdout cannot be written: the disk is full\nhint: ");
});

const COLOUR = "\u001b[";

test.each([
  ["on a terminal there are colours", {}, true],
  ["NO_COLOR=1 takes them away", { NO_COLOR: "1" }, false],
  ["NO_COLOR=true too", { NO_COLOR: "true" }, false],
  ["an empty NO_COLOR does not", { NO_COLOR: "" }, true],
  ["TERM=dumb takes them away", { TERM: "dumb" }, false],
  ["CI takes them away", { CI: "true" }, false],
])("%s", async (_name, env, coloured) => {
  const session = openSession(["help", "export"], { cwd: temporaryDirectory(), env });
  expect(await session.exited).toBe(0);
  expect(session.raw().includes(COLOUR)).toBe(coloured);
});

test("with stdin closed nothing waits for an answer", async () => {
  const cwd = labProject(lab, { only: ["grafana"], command: ["true"] });
  for (const redirect of ["</dev/null", "<&-"]) {
    const child = Bun.spawn(["sh", "-c", `"$0" destroy ${redirect}`, binary], {
      cwd,
      env: cleanEnv(cwd),
      stdout: "ignore",
      stderr: "pipe",
    });
    expect(await new Response(child.stderr).text()).toContain(
      "error: it was not said which data to save first",
    );
    expect(await child.exited).toBe(4);
  }
});

test("a newline from a pipe answers nothing", async () => {
  const cwd = labProject(lab, { only: ["grafana"], command: ["touch", "destroyed"] });
  const { exitCode } = await run(["destroy"], { cwd, stdin: new Blob(["3\nshop\n3\rshop\r"]) });
  expect({ exitCode, gone: existsSync(join(cwd, "destroyed")) }).toEqual({ exitCode: 4, gone: false });
});

test("--debug shows the stack with source lines, without it an error has none", async () => {
  const cwd = temporaryDirectory();
  const plain = await run(["inventory", "--config", "gone.yaml"], { cwd });
  expect(plain.stderr).not.toContain("    at ");
  const { stderr, exitCode } = await run(["inventory", "--config", "gone.yaml", "--debug"], { cwd });
  expect(stderr).toMatch(/ at .*source\.ts:\d+/);
  expect(exitCode).toBe(2);
});
