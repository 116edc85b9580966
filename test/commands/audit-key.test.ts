/** `audit verify --key`: whoever names a key is told "sound" only of what that key has signed, or of a trail in which nothing was due. */
import { expect, setDefaultTimeout, test } from "bun:test";
import { readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { cleanEnv, run } from "../support/binary.ts";
import { temporaryDirectory } from "../support/directory.ts";

setDefaultTimeout(60_000); // two cores are shared with other test files

const OFF = ["tempo", "mimir", "loki", "grafana"].map((name) => `  ${name}: { enabled: false }\n`).join("");
const project = (): string => temporaryDirectory({ "contextcore.yaml": `name: shop\nbackends:\n${OFF}` });
const env = (cwd: string) => ({ ...cleanEnv(cwd), CONTEXTCORE_DESTROY_COMMAND: "true" });
const inside = (cwd: string, ...args: readonly string[]) => run(args, { cwd, env: env(cwd) });
const destroy = (cwd: string) => inside(cwd, "destroy", "--option", "3", "--confirm", "shop");
const keyOf = async (cwd: string): Promise<string> => (await inside(cwd, "audit", "keygen")).stdout.trim();
const NOTHING = "nothing is signed with this key";

/** Every checkpoint, wherever one is kept, and the key. */
function forget(cwd: string, ending: RegExp): void {
  const folder = join(cwd, ".contextcore");
  for (const name of readdirSync(folder, { recursive: true, encoding: "utf8" }))
    if (ending.test(name)) rmSync(join(folder, name));
}

test("a key that signed nothing of it, in a trail that never had one", async () => {
  const cwd = project();
  expect((await destroy(cwd)).exitCode).toBe(0);
  expect((await inside(cwd, "audit", "verify")).exitCode).toBe(0);
  const other = await keyOf(project());
  const told = await inside(cwd, "audit", "verify", "--key", other);
  expect([told.exitCode, told.stdout]).toEqual([5, expect.not.stringContaining("sound")]);
  const json = await inside(cwd, "audit", "verify", "--key", other, "--json");
  expect([json.exitCode, JSON.parse(json.stdout).sound]).toEqual([5, false]);
});

test("a trail that was written anew, without its past and its checkpoints", async () => {
  const cwd = project();
  const key = await keyOf(cwd);
  await destroy(cwd);
  expect((await inside(cwd, "audit", "verify", "--key", key)).exitCode).toBe(0);
  forget(cwd, /^(audit\.|trails\/|home)/);
  expect((await inside(cwd, "audit", "export", "--all", "-o", "out.jsonl")).exitCode).toBe(0);
  expect((await inside(cwd, "audit", "verify")).exitCode).toBe(0); // by itself it is a chain
  const { exitCode, stderr, stdout } = await inside(cwd, "audit", "verify", "--key", key);
  expect([exitCode, stderr, stdout]).toEqual([
    3,
    expect.stringContaining(NOTHING),
    expect.stringContaining("not proved by this key"),
  ]);
  const json = await inside(cwd, "audit", "verify", "--key", key, "--json");
  expect([json.exitCode, JSON.parse(json.stdout).sound]).toEqual([3, false]);
});

test("the right key: its checkpoint proves it, one that is gone or another's is a difference", async () => {
  const cwd = project();
  const key = await keyOf(cwd);
  const before = await inside(cwd, "audit", "verify", "--key", key);
  expect([before.exitCode, before.stderr]).toEqual([
    0,
    expect.stringContaining("there is no checkpoint yet"),
  ]);
  await destroy(cwd);
  const after = await inside(cwd, "audit", "verify", "--key", key);
  expect([after.exitCode, after.stdout]).toEqual([
    0,
    expect.stringContaining("checkpoint: signed for event"),
  ]);
  const path = join(cwd, ".contextcore/audit.checkpoint");
  writeFileSync(path, readFileSync(path, "utf8").replace(/\n\d+\n/, "\n1\n"));
  expect((await inside(cwd, "audit", "verify", "--key", key)).exitCode).toBe(5);
  forget(cwd, /\.checkpoint$/);
  expect((await inside(cwd, "audit", "verify", "--key", key)).exitCode).toBe(5);
});
