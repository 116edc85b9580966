/** Every `sh` block of the README and of docs/ is run, each page as one shell session against the lab. */
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { dirname } from "node:path";
import { type Lab, startLab } from "../lab/lab.ts";
import { binary, cleanEnv } from "../support/binary.ts";
import { temporaryDirectory } from "../support/directory.ts";
import { needPrograms } from "../support/programs.ts";
import { blocksOf, pages } from "./blocks.ts";

// A page is a dozen commands, one after the other.
setDefaultTimeout(60_000);

let lab: Lab;
beforeAll(async () => {
  needPrograms("bash", "jq", "curl");
  lab = await startLab();
}, 120_000);
afterAll(() => lab.stop());

/** Where a page's session begins: in a project whose servers are the lab's, with a snapshot of a day. */
async function project(): Promise<{ cwd: string; env: Record<string, string> }> {
  const cwd = temporaryDirectory();
  const urls = Object.entries(lab.urls).map(([name, url]) => [`CONTEXTCORE_${name.toUpperCase()}_URL`, url]);
  const env = { ...cleanEnv(cwd), ...Object.fromEntries(urls) };
  env.PATH = `${dirname(binary)}:${env.PATH}`;
  return { cwd, env };
}

async function session(script: string, { cwd, env }: Awaited<ReturnType<typeof project>>) {
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

describe("the commands of", () => {
  for (const page of pages) {
    test(page, async () => {
      const blocks = await blocksOf(page, "sh");
      if (blocks.length === 0) return;
      const place = await project();
      const prepared = await session("contextcore export -t 25h -o ./backups/ || [ $? -eq 3 ]", place);
      expect(prepared.exitCode, prepared.stderr).toBe(0);
      const first = page === "README.md" ? "" : "cd backups/2*/\n";
      const { exitCode, stdout, stderr } = await session(first + blocks.join("\n"), place);
      expect(exitCode, `${stdout}\n${stderr}`).toBe(0);
    });
  }

  test("all pages are many", async () => {
    const blocks = await Promise.all(pages.map((page) => blocksOf(page, "sh")));
    expect(blocks.flat().length).toBeGreaterThan(4);
  });
});
