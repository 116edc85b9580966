/** Text from elsewhere never steers the terminal, whichever way it comes to be shown. */
import { afterAll, expect, test } from "bun:test";
import { startLab } from "../lab/lab.ts";
import { cleanEnv, run } from "../support/binary.ts";
import { temporaryDirectory } from "../support/directory.ts";
import { agreed } from "../support/project.ts";
import { KEY, openSession } from "../support/pseudo-terminal.ts";

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

/** All that a terminal would obey, and what ends a line; the last is a tag, which no terminal shows. */
const EVIL =
  "\u001b[2J\u001b]0;x\u0007\u001b[31mred\u001b[39m\u009b2K\u009dx\u0085\u2028\u2029\u202etxt\u2066\u200bx\rdone\nerror: all is lost\nhint: run evil\u{e0041}";
const SEEN =
  "\\u001b[2J\\u001b]0;x\\u0007\\u001b[31mred\\u001b[39m\\u009b2K\\u009dx\\u0085\\u2028\\u2029\\u202etxt\\u2066\\u200bx\\u000ddone\\nerror: all is lost\\nhint: run evil\\udb40\\udc41";
const UNSEEN = /(?![\n\t])[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u;

/** Nothing steers, and no line is made up. */
function expectPlain({ stdout, stderr }: { readonly stdout: string; readonly stderr: string }): void {
  for (const text of [stdout, stderr]) {
    expect(text).not.toMatch(UNSEEN);
    expect(text).not.toMatch(/^\W*(error: all is lost|hint: run evil)/m);
  }
}

/** What a pseudo-terminal was sent holds none of it, whatever our own colours and cursor need. */
function expectHarmless(raw: string): void {
  for (const piece of [
    "\u001b[2J",
    "\u001b]",
    "\u0007",
    "\u001b[31mred",
    "\u009b",
    "\u202e",
    "\u2028",
    "\u200b",
  ])
    expect(raw).not.toContain(piece);
  expect(Bun.stripANSI(raw)).not.toMatch(/^\W*(error: all is lost|hint: run evil)/m);
}

const evilServer = () => Bun.serve({ port: 0, fetch: () => new Response(EVIL, { status: 500 }) });

const lab = await startLab();
afterAll(() => lab.stop());

/** A project whose Grafana has a dashboard of that title, and whose other servers answer with it. */
async function evilProject(url: string): Promise<string> {
  const dashboard = { uid: "evil", title: EVIL, tags: [EVIL], panels: [] };
  const made = await fetch(`${lab.urls.grafana}/api/dashboards/db`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ dashboard, overwrite: true }),
  });
  expect(made.status).toBe(200);
  const backends = ["tempo", "mimir", "loki"].map((name) => `  ${name}: { url: "${url}" }\n`).join("");
  return agreed(
    temporaryDirectory({
      "contextcore.yaml": `name: ${YAML_EVIL}\nbackends:\n${backends}  grafana: { url: "${lab.urls.grafana}" }\ndestroy:\n  command: [touch, ${YAML_EVIL}]\n`,
    }),
  );
}

const YAML_EVIL = JSON.stringify(EVIL.replaceAll(/[\n\r]/g, "").replace("\u{e0041}", ""));

test("whatever a server says, in every command, into pipes, as JSON and on a terminal", async () => {
  await using server = evilServer();
  const cwd = await evilProject(`http://127.0.0.1:${server.port}`);
  const env = cleanEnv(cwd);
  const commands = [
    ["dashboards", "list"],
    ["dashboards", "delete", "evil", "--dry-run"],
    ["inventory", "--timeout", "3s"],
    ["doctor", "--timeout", "3s"],
    ["export", "--timeout", "3s"],
    ["config", "show"],
    ["config", "trust"],
    ["config", "check"],
    ["snapshots", "list"],
    ["destroy"],
    ["destroy", "--option", "3", "--confirm", EVIL],
    ["verify", EVIL],
    [EVIL],
    ["restore", "latest", "--only", EVIL],
    ["audit"],
    ["audit", "stats"],
    ["audit", "show", "1"],
    ["completions", "bash", "--", "plugin", "info", ""],
  ];
  for (const args of commands) {
    const done = await run(args, { cwd, env });
    expectPlain(done);
    const told = await run([...args, "--json"], { cwd, env });
    expectPlain(told);
    // Events come one a line.
    const values = args[0] === "audit" && args.length === 1 ? told.stdout.trim().split("\n") : [told.stdout];
    for (const value of values) if (value.startsWith("{")) JSON.parse(value);
  }
  const listed = await run(["dashboards", "list"], { cwd, env });
  expect(listed.stdout).toContain(SEEN);
  const json = JSON.parse((await run(["dashboards", "list", "--json"], { cwd, env })).stdout);
  expect(JSON.stringify(json)).toContain(JSON.stringify(EVIL));
  for (const args of [
    ["dashboards", "list"],
    ["inventory"],
    ["audit"],
    ["audit", "export", "--all"],
    ["config", "show"],
  ]) {
    const session = openSession(args, { cwd, columns: 400 });
    await session.exited;
    expectHarmless(session.raw());
  }
}, 120_000);

test("questions, and the colours around what is asked", async () => {
  await using server = evilServer();
  const cwd = await evilProject(`http://127.0.0.1:${server.port}`);
  const session = openSession(["destroy"], { cwd, columns: 400 });
  await session.waitFor("Select option");
  session.type("3");
  await session.waitFor("Type the stack's name");
  session.type("wrong\r");
  await session.waitFor("to go on");
  session.type(KEY.interrupt);
  expect(await session.exited).toBe(130);
  expectHarmless(session.raw());
  expect(session.raw()).toContain("\u001b[1mOPTIONS:"); // ours are obeyed
}, 60_000);
