/** Text from elsewhere never steers the terminal, whichever way it comes to be shown. */
import { expect, test } from "bun:test";
import { cleanEnv, run } from "../support/binary.ts";
import { temporaryDirectory } from "../support/directory.ts";
import { openSession } from "../support/pseudo-terminal.ts";

/** Nothing here is a terminal, so that there are no colours either. */
const STEERING = /(?!\n)[\p{Cc}\u202a-\u202e]/u;
const HOSTILE = "\u001b[2J\u001b]0;x\u0007\u001b[8mhidden\u202e";
const YAML = `"\\e[2J\\e]0;x\\a\\e[8mhidden\\u202e": 1\n`;

test("a key of the configuration", async () => {
  const cwd = temporaryDirectory({ "contextcore.yaml": YAML });
  const { stdout, stderr, exitCode } = await run(["inventory"], { cwd, env: cleanEnv(cwd) });
  expect(exitCode).toBe(2);
  expect(`${stdout}${stderr}`).not.toMatch(STEERING);
  expect(stderr).toContain("\\u001b[2J\\u001b]0;x\\u0007\\u001b[8mhidden\\u202e");
  const { CI: _, ...env } = cleanEnv(cwd);
  const session = openSession(["inventory"], { cwd, env: { ...env, TERM: "xterm" }, columns: 80 });
  expect(await session.exited).toBe(2);
  expect(session.text()).toContain("\\u001b[2J");
});

test("a server's answer, and a snapshot's path", async () => {
  const server = Bun.serve({ port: 0, fetch: () => new Response(`no ${HOSTILE}`, { status: 500 }) });
  const off = ["tempo", "mimir", "grafana"].map((name) => `  ${name}: { enabled: false }\n`).join("");
  const cwd = temporaryDirectory({
    "contextcore.yaml": `name: x\nbackends:\n${off}  loki: { url: "http://127.0.0.1:${server.port}" }\n`,
    [`backups/${HOSTILE.replaceAll("/", "")}/manifest.json`]: "{",
  });
  for (const args of [
    ["inventory", "--timeout", "1s"],
    ["verify", `backups/${HOSTILE}`],
  ]) {
    const { stderr } = await run(args, { cwd, env: cleanEnv(cwd) });
    expect(stderr).not.toMatch(STEERING);
    expect(stderr).toContain("\\u001b[2J");
  }
  await server.stop(true);
});
