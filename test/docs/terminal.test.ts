/** What the pages show as typed at a terminal (`console`) or written into a crontab is run too. */
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { readdirSync, renameSync } from "node:fs";
import { dirname, join } from "node:path";
import { type Lab, startLab } from "../lab/lab.ts";
import { binary, cleanEnv, run } from "../support/binary.ts";
import { agreed, labProject } from "../support/project.ts";
import { openSession } from "../support/pseudo-terminal.ts";
import { blocksOf, pages } from "./blocks.ts";

setDefaultTimeout(60_000);

/** What the reader of a page types into the dialogue that its command opens: the question, and the answer. */
const ANSWERS: Readonly<Record<string, readonly (readonly [question: string, keys: string])[]>> = {
  "contextcore destroy": [["Select option [1/2/3]:", "1"]],
  "contextcore restore 20260124-143000": [["?", "y"]],
};

let lab: Lab;
beforeAll(async () => {
  lab = await startLab();
});
afterAll(() => lab.stop());

/** A project with one snapshot, which has the name that the pages use. */
async function project(): Promise<string> {
  const cwd = agreed(labProject(lab, { only: ["loki", "grafana"] }));
  const exported = await run(["export", "-t", "24h"], { cwd });
  expect([0, 3], exported.stderr).toContain(exported.exitCode);
  const [snapshot = ""] = readdirSync(join(cwd, "backups"));
  renameSync(join(cwd, "backups", snapshot), join(cwd, "backups", "20260124-143000"));
  return cwd;
}

/** `curl … | sh` is tested against a local server, in test/release/install.test.ts. */
const isInstallation = (line: string): boolean =>
  line.startsWith("curl ") && line.endsWith("install.sh | sh");

async function typed(line: string, cwd: string): Promise<void> {
  const [program, ...args] = line.split(" ");
  expect(program).toBe("contextcore");
  const session = openSession(args, { cwd });
  for (const [question, keys] of ANSWERS[line] ?? []) {
    await session.waitFor(question);
    session.type(keys);
  }
  expect([0, 3], session.text()).toContain(await session.exited);
}

/** The command of a crontab's line, at the place where the test has the project. */
function scheduled(line: string, cwd: string): string {
  const [, command = ""] = line.match(/^(?:\S+ +){5}(.*)$/) ?? [];
  expect(command).toStartWith("cd /srv/shop && ");
  return command.replace("/srv/shop", cwd).replace("/usr/local/bin/contextcore", "contextcore");
}

/** A crontab may log a partial export; anything else that it would log is an error of the page. */
const LOGGER = 'logger() { case "$*" in *"ended with 3") ;; *) echo "$*" >&2; return 1 ;; esac; }\n';

async function inShell(command: string, cwd: string): Promise<void> {
  const env = cleanEnv(cwd);
  const child = Bun.spawn(["bash", "-c", LOGGER + command], {
    cwd,
    env: { ...env, PATH: `${dirname(binary)}:${env.PATH}` },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const shown = await new Response(child.stderr).text();
  expect(await child.exited, `${command}\n${shown}`).toBe(0);
}

describe("what is typed on", () => {
  for (const page of pages) {
    test(page, async () => {
      const typedLines = (await blocksOf(page, "console"))
        .flatMap((block) => block.match(/(?<=^\$ ).*$/gm) ?? [])
        .filter((line) => !isInstallation(line));
      const scheduledLines = (await blocksOf(page, "crontab")).flatMap((block) =>
        block.trimEnd().split("\n"),
      );
      if (typedLines.length + scheduledLines.length === 0) return;
      const cwd = await project();
      for (const line of typedLines) await typed(line, cwd);
      for (const line of scheduledLines) await inShell(scheduled(line, cwd), cwd);
    });
  }
});
