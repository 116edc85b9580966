/**
 * Every `sh` block of the README and of docs/ is run, each page as one shell session against the lab. A page shows what a
 * person types; the project that it is typed in, the servers' real addresses and the exit codes that are no 0 are here.
 */
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { readdirSync, renameSync } from "node:fs";
import { dirname, join } from "node:path";
import { type Lab, startLab } from "../lab/lab.ts";
import { binary, cleanEnv } from "../support/binary.ts";
import { temporaryDirectory } from "../support/directory.ts";
import { needPrograms } from "../support/programs.ts";
import { blocksOf, pages } from "./blocks.ts";

// A page is a dozen commands, one after the other.
setDefaultTimeout(60_000);

/** What a command may end with in the lab, unless that is 0: much is in no snapshot yet, and some settings would refuse old data. */
const ENDS_WITH: Readonly<Record<string, readonly number[]>> = {
  "contextcore doctor": [3],
  // Two things of the lab's Grafana are taken back from nobody.
  "contextcore drill": [3],
  // Samples of the last half minute are left to the next export.
  "contextcore persistence check-destroy": [0, 3],
  "contextcore persistence check-destroy --json": [3],
  "contextcore export -t 1h -o offsite": [0, 3],
  "contextcore restore latest --dry-run": [3],
  "contextcore restore latest --plugin loki --dry-run": [3],
  "contextcore restore offsite:latest --plugin loki --dry-run": [3],
};

let lab: Lab;
beforeAll(async () => {
  needPrograms("bash", "jq", "curl");
  lab = await startLab();
}, 120_000);
afterAll(() => lab.stop());

interface Place {
  readonly cwd: string;
  readonly env: Record<string, string>;
}

/** Where a page's session begins: in a project with a snapshot of a day, which has the name that the pages use. */
async function project(): Promise<Place> {
  const cwd = temporaryDirectory();
  const urls = Object.entries(lab.urls).map(([name, url]) => [`CONTEXTCORE_${name.toUpperCase()}_URL`, url]);
  const env = { ...cleanEnv(cwd), ...Object.fromEntries(urls) };
  env.PATH = `${dirname(binary)}:${env.PATH}`;
  const exported = await session("contextcore export -t 25h || [ $? -eq 3 ]", { cwd, env });
  expect(exported.exitCode, exported.stderr).toBe(0);
  const [snapshot = ""] = readdirSync(join(cwd, "backups"));
  renameSync(join(cwd, "backups", snapshot), join(cwd, "backups", "20260124-143000"));
  return { cwd, env };
}

async function session(script: string, { cwd, env }: Place) {
  const child = Bun.spawn(["bash", "-euo", "pipefail", "-c", script], {
    cwd,
    env,
    stdio: ["ignore", "pipe", "pipe"],
  });
  const [stdout, stderr, exitCode] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.exited,
  ]);
  return { stdout, stderr, exitCode };
}

/** `contextcore` as a function of the session, which notes how each call ended and lets the session go on. */
const NOTED = `contextcore() {
  local code=0
  command contextcore "$@" || code=$?
  printf '%s contextcore %s\\n' $code "$*" >> "$HOME/ended"
}
`;

/** The servers of the pages have their usual ports. */
const atTheLab = (script: string): string => script.replaceAll("http://localhost:3100", lab.urls.loki);

const called = new Set<string>();

describe("the commands of", () => {
  for (const page of pages) {
    test(page, async () => {
      const blocks = await blocksOf(page, "sh");
      if (blocks.length === 0) return;
      const place = await project();
      const { exitCode, stdout, stderr } = await session(NOTED + atTheLab(blocks.join("\n")), place);
      expect(exitCode, `${stdout}\n${stderr}`).toBe(0);
      const notes = await Bun.file(join(place.cwd, "ended"))
        .text()
        .catch(() => "");
      const ended = notes.split("\n").filter((line) => line !== "");
      for (const [, code = "", call = ""] of ended.map((line) => line.match(/^(\d+) (.*)$/) ?? [])) {
        expect(ENDS_WITH[call] ?? [0], `${call}\n${stderr}`).toContain(Number(code));
        called.add(call);
      }
    });
  }

  test("all pages are many, and nothing is expected of a command that is on none", () => {
    expect(called.size).toBeGreaterThan(20);
    expect(Object.keys(ENDS_WITH).filter((call) => !called.has(call))).toEqual([]);
  });

  test("no page has what only its test needs", async () => {
    for (const page of pages)
      for (const block of await blocksOf(page, "sh"))
        expect(block, page).not.toMatch(/\$\?|\|\| (echo|true)|^ *cd \.\.|CONTEXTCORE_\w+_URL/m);
  });
});
