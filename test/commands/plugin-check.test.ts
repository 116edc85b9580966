/** `plugin check` of plugins that hang it, end it, fill it: each is a finding with a name, and the check goes on. */
import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { source } from "../host/corpus.ts";
import { binary, cleanEnv, run } from "../support/binary.ts";
import { temporaryDirectory } from "../support/directory.ts";

// Each starts several processes, on machines that do other things too.
setDefaultTimeout(30_000);

interface Report {
  readonly plugin: string;
  readonly rules: readonly { rule: string; verdict: string; message?: string }[];
}

/** The verdicts on `inventory`, which is ill, and on `size`, which is not. */
async function check(parts: Parameters<typeof source>[0], limit = "3s") {
  const cwd = temporaryDirectory({ "evil/index.ts": source(parts) });
  const args = [
    "plugin",
    "check",
    "./evil",
    "--rule",
    "inventory",
    "--rule",
    "size",
    "--limit",
    limit,
    "--json",
  ];
  const { stdout, stderr, exitCode } = await run(args, { cwd });
  const report: Report = JSON.parse(stdout);
  const rules = report.rules.map(({ rule, verdict, message }) => [rule, verdict, message]);
  return { rules, stderr, exitCode };
}

const SIZE = ["size", "passed", undefined];
const GOOD = 'return { signals: ["logs"], importance: "low" };';

describe("a hook is a finding, and the next rule is run all the same, when it", () => {
  test.concurrent.each([
    ["is busy for ever", "for (;;);", /^did not answer within 3 s; a synchronous loop\?$/],
    [
      "is busy for ever after a promise",
      "await Bun.sleep(1); for (;;);",
      /^did not answer within 3 s; a synchronous loop\?$/,
    ],
    ["waits for ever", "await new Promise(() => {});", /^the rule was not done within 3 s/],
    ["ends the program", "process.exit(0);", /^ended the program, with exit code 0$/],
    [
      "is killed from outside",
      'Bun.spawnSync(["kill", "-9", process.pid.toString()]);',
      /it was killed by SIGKILL$/,
    ],
    [
      "crashes",
      'Bun.spawnSync(["kill", "-SEGV", process.pid.toString()]);',
      /it was killed by SIG(SEGV|ILL|TRAP)$/,
    ],
    [
      "says to the check what nobody can read",
      'require("node:fs").writeSync(3, "\\0\\0\\0\\2\\0\\0\\0\\0{}"); await Bun.sleep(500);',
      /^sent an unreadable message .*, and was stopped$/,
    ],
    [
      "says to the check more than it can hold",
      'require("node:fs").writeSync(3, "\\xff\\xff\\xff\\xff\\xff\\xff\\xff\\xff"); await Bun.sleep(500);',
      /^sent an unreadable message .*, and was stopped$/,
    ],
  ])("%s", async (_, inventory, message) => {
    const { rules, exitCode } = await check({ inventory });
    expect(rules).toEqual([["inventory", "failed", expect.stringMatching(message)], SIZE]);
    expect(exitCode).toBe(1);
  });
});

test.concurrent.each([
  ["at once", "const all = []; for (;;) all.push(new Uint8Array(20_000_000).fill(1));"],
  [
    "bit by bit",
    "const all = []; for (;;) { all.push(new Uint8Array(20_000_000).fill(1)); await Bun.sleep(1); }",
  ],
])(
  "a hook that takes all memory is stopped: %s",
  async (_, inventory) => {
    const { rules } = await check({ inventory }, "1m");
    expect(rules).toEqual([
      ["inventory", "failed", "took more than 1.0 GB of memory, and was stopped"],
      SIZE,
    ]);
  },
  60_000,
);

test("a module that is busy for ever while it is loaded is a finding called `loads`", async () => {
  const { rules, exitCode } = await check({ top: "for (;;);" });
  expect(rules).toEqual([["loads", "failed", "did not answer within 3 s; a synchronous loop?"]]);
  expect(exitCode).toBe(1);
});

test("what it changes of what everybody uses is its own: the rules are run outside of its process", async () => {
  const inventory = `JSON.stringify = () => "{}"; globalThis.fetch = 1; Bun.file = 1; ${GOOD}`;
  const { rules } = await check({ inventory });
  expect(rules).toEqual([["inventory", "passed", undefined], SIZE]);
});

test("what a plugin prints never gets between the results", async () => {
  const inventory = `console.log("one"); require("node:fs").writeSync(1, "two\\n"); ${GOOD}`;
  const { rules, stderr, exitCode } = await check({ inventory });
  expect({ rules, exitCode }).toEqual({ rules: [["inventory", "passed", undefined], SIZE], exitCode: 0 });
  expect(stderr).toContain("evil/plugin printed: one\n");
  expect(stderr).toContain("two\n");
});

test("a plugin that does not load is an error, as everywhere", async () => {
  const cwd = temporaryDirectory({ "evil/index.ts": 'throw "no";' });
  const { stdout, stderr, exitCode } = await run(["plugin", "check", "./evil"], { cwd });
  expect({ stdout, exitCode }).toEqual({ stdout: "", exitCode: 1 });
  expect(stderr).toMatch(/^error: the plugin \S+index\.ts does not load: no\n$/);
});

test("after three lost processes the rest is not run, and said to be not", async () => {
  const cwd = temporaryDirectory({ "evil/index.ts": source({ open: "for (;;);" }) });
  const { stdout, exitCode } = await run(["plugin", "check", "./evil", "--limit", "1s"], { cwd });
  expect(stdout.match(/^broken {2}/gm)).toHaveLength(3);
  expect(stdout).toContain("-       not run, since the plugin had already been stopped 3 times: ");
  expect(exitCode).toBe(1);
});

test("Ctrl-C ends the check at once, and every process that it or the plugin started", async () => {
  const mark = `${5_000 + Math.floor(Math.random() * 1_000_000)}`;
  const inventory = `Bun.spawn(["sleep", "${mark}"]); for (;;);`;
  const cwd = temporaryDirectory({ "evil/index.ts": source({ inventory }) });
  const child = Bun.spawn([binary, "plugin", "check", "./evil", "--rule", "inventory"], {
    cwd,
    env: cleanEnv(cwd),
    stdio: ["ignore", "pipe", "pipe"],
  });
  while (!isRunning(mark)) await Bun.sleep(20);
  child.kill("SIGINT");
  expect(await child.exited).toBe(130);
  expect(isRunning(mark)).toBe(false);
}, 20_000);

test("a check that is killed leaves no process behind, whatever the plugin and the lab have open", async () => {
  const cwd = temporaryDirectory({
    "p/index.ts": `import { definePlugin, option, v } from "contextcore";
      setInterval(() => undefined, 1_000);
      export default definePlugin({ name: "acme/p", about: "x", options: v.object(option.serverOptions("http://localhost:1")),
        backend: ({ http }) => ({ inventory: async (signal) => { await http.send({ path: "/", signal }); return new Promise(() => undefined); }, size: () => 1, export: { start: () => 1, step: () => 1 } }) });`,
    "p/lab.ts": `import { writeFileSync } from "node:fs"; import { defineLab } from "contextcore";
      export default defineLab({ filled: () => ({ fetch: () => { writeFileSync("asked", ""); return new Response(""); } }) });`,
  });
  const child = Bun.spawn([binary, "plugin", "check", "./p", "--rule", "inventory"], {
    cwd,
    env: cleanEnv(cwd),
    stdio: ["ignore", "ignore", "ignore"],
  });
  while (!existsSync(join(cwd, "asked"))) await Bun.sleep(20);
  const started = [`${child.pid}`, ...childrenOf(child.pid)];
  expect(started).toHaveLength(3);
  child.kill("SIGKILL");
  while (started.some(isThere)) await Bun.sleep(20);
}, 20_000);

/** The plugin's process and the lab's. */
const childrenOf = (pid: number): string[] =>
  readdirSync("/proc").filter(
    (name) =>
      textOf(`/proc/${name}/stat`).includes(`) S ${pid} `) ||
      textOf(`/proc/${name}/stat`).includes(`) R ${pid} `),
  );

/** One that has ended and that nobody has asked for yet is not there. */
const isThere = (pid: string): boolean => /\) [^Z] /.test(textOf(`/proc/${pid}/stat`));

const isRunning = (mark: string): boolean =>
  readdirSync("/proc").some((name) => {
    const path = `/proc/${name}/cmdline`;
    return /^\d+$/.test(name) && existsSync(path) && textOf(path) === `sleep\0${mark}\0`;
  });

/** A process may end between the look and the read. */
function textOf(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
