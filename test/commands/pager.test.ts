/** A long result on a terminal is shown in the user's pager. */
import { beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { run } from "../support/binary.ts";
import { temporaryDirectory } from "../support/directory.ts";
import { KEY, openSession } from "../support/pseudo-terminal.ts";

setDefaultTimeout(60_000); // two cores are shared with other test files

let help = "";
beforeAll(async () => {
  help = (await run(["export", "--help"], { cwd: temporaryDirectory() })).stdout;
});

type Env = Readonly<Record<string, string>>;

/** What the pager was given, if it was started; and what was shown without it. */
async function shown(words: readonly string[], env: Env, rows = 20) {
  const cwd = temporaryDirectory();
  const session = openSession(words, { cwd, env, rows, columns: 120 });
  const exitCode = await session.exited;
  const file = join(cwd, "paged");
  const paged = existsSync(file) ? Bun.stripANSI(readFileSync(file, "utf8")) : undefined;
  return { exitCode, paged, text: session.text() };
}

const SAVE = "cat > paged";

test("help that is longer than the screen goes to PAGER, whole", async () => {
  expect(await shown(["export", "--help"], { PAGER: SAVE })).toEqual({ exitCode: 0, paged: help, text: "" });
});

test("no pager where the screen holds it all", async () => {
  const { exitCode, paged, text } = await shown(["export", "--help"], { PAGER: SAVE }, 200);
  expect({ exitCode, paged, text }).toEqual({ exitCode: 0, paged: undefined, text: help });
});

test.each<[string, readonly string[], Env]>([
  ["is told not to", ["export", "--help", "--no-pager"], { PAGER: SAVE }],
  ["has an empty pager", ["export", "--help"], { CONTEXTCORE_PAGER: "", PAGER: SAVE }],
  ["has cat", ["export", "--help"], { PAGER: "cat" }],
  ["is on a terminal that understands nothing", ["export", "--help"], { PAGER: SAVE, TERM: "dumb" }],
  ["is in CI", ["export", "--help"], { PAGER: SAVE, CI: "true" }],
  ["prints JSON", ["licenses", "--json"], { PAGER: SAVE }],
])("no pager where it %s", async (_name, words, env) => {
  const { exitCode, paged, text } = await shown(words, env);
  expect({ exitCode, paged }).toEqual({ exitCode: 0, paged: undefined });
  expect(text.length).toBeGreaterThan(500);
});

test("CONTEXTCORE_PAGER wins over PAGER", async () => {
  const { paged } = await shown(["export", "--help"], { CONTEXTCORE_PAGER: SAVE, PAGER: "false" });
  expect(paged).toBe(help);
});

test("a pager that is not there costs nothing", async () => {
  const { exitCode, text } = await shown(["export", "--help"], { PAGER: "nosuch-pager" });
  expect(exitCode).toBe(0);
  expect(text).toEndWith(help);
});

test("less is told what git tells it, unless the user has said how", async () => {
  const settings = async (env: Env) =>
    (await shown(["licenses"], { PAGER: 'cat > all; echo "$LESS $LV" > paged', ...env })).paged;
  expect(await settings({})).toBe("FRX -c\n");
  expect(await settings({ LESS: "-S" })).toBe("-S -c\n");
});

test("a table and what is said about it keep their order; the exit code is the command's", async () => {
  const off = ["tempo", "mimir", "grafana"].map((name) => `  ${name}: { enabled: false }\n`).join("");
  const cwd = temporaryDirectory({
    "contextcore.yaml": `name: x\nbackends:\n${off}  loki: { url: "http://127.0.0.1:1" }\n`,
  });
  const session = openSession(["inventory"], { cwd, env: { PAGER: SAVE }, rows: 3 });
  expect(await session.exited).toBe(3);
  expect(Bun.stripANSI(readFileSync(join(cwd, "paged"), "utf8"))).toMatch(
    /^loki +unreachable\nwarning: loki: [^\n]+\n {2}Is the server running/,
  );
});

test.skipIf(Bun.which("less") === null)("Ctrl-C in less is for less, and q ends it", async () => {
  const session = openSession(["export", "--help"], {
    cwd: temporaryDirectory(),
    env: { PAGER: "less" },
    rows: 20,
  });
  await session.waitFor(":");
  session.type(KEY.interrupt);
  session.type(" ");
  session.type("q");
  expect(await session.exited).toBe(0);
  expect(session.text()).not.toContain("stopping cleanly");
});

test("a pager that is left early is no error", async () => {
  const { exitCode, paged } = await shown(["licenses"], { PAGER: "head -n 1 > paged" });
  expect(exitCode).toBe(0);
  expect(paged?.split("\n")).toHaveLength(2);
});
