/** The process of a plugin as the system sees it: what it is given, and that it never outlives the program. */
import { expect, setDefaultTimeout, test } from "bun:test";
import { existsSync, mkdirSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { INVENTORY } from "../../../src/results/inventory.ts";
import { binary, cleanEnv, run } from "../../support/binary.ts";
import { temporaryDirectory } from "../../support/directory.ts";
import { parsedAs } from "../../support/printed.ts";
import { agreed } from "../../support/project.ts";
import { configOf, trustAll } from "../support.ts";
import { backendSource } from "./border.ts";

// Each starts several processes, on machines that do other things too.
setDefaultTimeout(30_000);

const OFF = ["tempo", "mimir", "loki", "grafana"].map((name) => `  ${name}: { enabled: false }\n`).join("");

/** A project with this plugin, and a directory of its own for temporary files. */
async function projectWith(source: string): Promise<{ home: string; temporary: string }> {
  const home = temporaryDirectory({
    "contextcore.yaml": `plugins: [./x.ts]\nbackends:\n${OFF}`,
    "x.ts": source,
  });
  const temporary = join(home, "tmp");
  mkdirSync(temporary);
  trustAll(await configOf(home));
  agreed(home);
  return { home, temporary };
}

test("it sees PATH, locale and where temporary files go, an empty directory, and is named; nothing of it stays", async () => {
  const { home, temporary } = await projectWith(
    backendSource(`inventory: async () => {
      const { readdirSync, readFileSync } = require("node:fs");
      const own = readFileSync("/proc/self/environ", "utf8").split("\\0").filter(Boolean).map((one) => one.split("=")[0]);
      const told = { env: Object.keys(process.env), own, here: process.cwd(), files: readdirSync("."), argv: process.argv.slice(2) };
      return { signals: ["logs"], importance: "low", warnings: [JSON.stringify(told)] };
    },`),
  );
  const env = { TMPDIR: temporary, LC_ALL: "C.UTF-8", SECRET_OF_THE_HOST: "1", AWS_SECRET_ACCESS_KEY: "2" };
  const { stdout, exitCode } = await run(["inventory", "--json"], { cwd: home, env });
  expect(exitCode).toBe(0);
  const { warnings } = parsedAs(INVENTORY, stdout);
  const told = JSON.parse(warnings.find(({ message }) => message.startsWith("{"))?.message ?? "");
  expect(told.env.toSorted()).toEqual(["LC_ALL", "PATH", "TMPDIR", "TZ"]);
  expect(told.own.toSorted()).toEqual(["BUN_FEATURE_FLAG_NO_ORPHANS", "LC_ALL", "PATH", "TMPDIR", "TZ"]);
  expect(told).toMatchObject({ files: [], argv: ["--plugin-process", "./x.ts"] });
  expect(told.here).toStartWith(join(temporary, "contextcore-plugin-"));
  expect(readdirSync(temporary)).toEqual([]);
});

const BUSY = (mark: string) =>
  backendSource(`export: {
    start: async () => ({ cursors: [{}] }),
    step: async () => {
      Bun.spawn(["sleep", "1000"]);
      require("node:fs").writeFileSync(${JSON.stringify(mark)}, String(process.pid));
      for (;;);
    },
  },`);

test.each([
  ["SIGKILL", 137],
  ["SIGINT", 130],
  ["SIGTERM", 130],
] as const)(
  "a program that is ended by %s leaves no process, not even one that is busy for ever",
  async (signal, code) => {
    const mark = join(temporaryDirectory(), "pid");
    const { home } = await projectWith(BUSY(mark));
    const child = Bun.spawn([binary, "export", "--from", "1970-01-01", "--to", "1970-01-02"], {
      cwd: home,
      env: cleanEnv(home),
      stdio: ["ignore", "ignore", "ignore"],
    });
    while (!existsSync(mark) || readFileSync(mark, "utf8") === "") await Bun.sleep(10);
    const pid = readFileSync(mark, "utf8");
    const started = [pid, ...childrenOf(pid)];
    expect(started).toHaveLength(2);
    child.kill(signal);
    expect(await child.exited).toBe(code);
    while (started.some(isThere)) await Bun.sleep(10);
  },
);

test("nobody starts one by hand", async () => {
  const { stdout, stderr, exitCode } = await run(["--plugin-process"]);
  expect({ stdout, exitCode }).toEqual({ stdout: "", exitCode: 1 });
  expect(stderr).toContain("only contextcore itself starts the process of a plugin");
});

const statOf = (pid: string): string => {
  try {
    return readFileSync(`/proc/${pid}/stat`, "utf8");
  } catch {
    return "";
  }
};

const childrenOf = (pid: string): string[] =>
  readdirSync("/proc").filter((name) => new RegExp(`\\) [A-Z] ${pid} `).test(statOf(name)));

/** One that has ended and that nobody has asked for yet is not there. */
const isThere = (pid: string): boolean => /\) [^Z] /.test(statOf(pid));
