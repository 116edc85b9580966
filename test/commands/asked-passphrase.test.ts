/** An identity that a passphrase opens: whatever reads an encrypted copy asks a person for it, once, and does not show it. */
import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { startLab } from "../lab/lab.ts";
import { smallSnapshot } from "../snapshot/small.ts";
import { cleanEnv, run } from "../support/binary.ts";
import { temporaryDirectory } from "../support/directory.ts";
import { KEY, openSession } from "../support/pseudo-terminal.ts";

setDefaultTimeout(120_000); // two cores are shared with other test files

const lab = await startLab({ empty: true });
afterAll(() => lab.stop());

const PASSPHRASE = "correct horse";
const safe = temporaryDirectory({ passphrase: `${PASSPHRASE}\n` });
const key = join(safe, "backup.key");
const cwd = temporaryDirectory();
const command = (...args: readonly string[]) => run(args, { cwd, env: cleanEnv(cwd) });
let copy: string;

beforeAll(async () => {
  const given = ["--passphrase-file", join(safe, "passphrase")];
  const made = await run(["keys", "new", key, ...given], { cwd: temporaryDirectory() });
  const stores = `stores:\n  offsite: { plugin: directory, path: ./offsite, encrypt: [${made.stdout.trim()}] }\n`;
  const backends = `backends:\n  loki: { url: "${lab.urls.loki}" }\n`;
  writeFileSync(join(cwd, "contextcore.yaml"), `name: shop\n${backends}${stores}`);
  copy = `offsite:${basename(await smallSnapshot(join(cwd, "backups")))}`;
  await command("config", "trust", "--yes");
  expect((await command("keys", "check", "--identity", key, ...given)).exitCode).toBe(0);
  expect((await command("snapshots", "copy", "latest", "--to", "offsite")).exitCode).toBe(0);
});

/** What a person sees who types this when asked. */
async function asked(typed: string, ...args: readonly string[]) {
  const session = openSession([...args, "--identity", key], { cwd });
  await session.waitFor(`Passphrase of ${key}`);
  session.type(typed);
  return { exitCode: await session.exited, text: session.text() };
}

test.each([
  ["verify", () => ["verify", copy], 0, /sound/],
  [
    "restore",
    () => ["restore", copy, "--plugin", "loki", "--dry-run"],
    3,
    /left out: loki: it is not in this snapshot/,
  ],
  ["snapshots show", () => ["snapshots", "show", copy], 0, /40 entries/],
  ["snapshots diff", () => ["snapshots", "diff", "latest", copy], 0, /equal|same/],
] as const)("%s", async (_, args, code, said) => {
  const { exitCode, text } = await asked(`${PASSPHRASE}${KEY.enter}`, ...args());
  expect({ exitCode, text }).toEqual({ exitCode: code, text: expect.stringMatching(said) });
  expect(text).not.toContain(PASSPHRASE);
});

test("a wrong one is told, and not asked for again; Ctrl-C ends with 130", async () => {
  for (const args of [
    ["verify", copy],
    ["restore", copy, "--plugin", "loki", "--dry-run"],
  ]) {
    const wrong = await asked(`wrong${KEY.enter}`, ...args);
    expect([wrong.exitCode > 0, wrong.text]).toEqual([
      true,
      expect.stringContaining("the passphrase does not open this identity file"),
    ]);
    const stopped = await asked(KEY.interrupt, ...args);
    expect([stopped.exitCode, stopped.text]).toEqual([130, expect.stringContaining("was not given")]);
  }
});

test("without a terminal it is refused, with what to do", async () => {
  const { exitCode, stderr } = await command("verify", copy, "--identity", key);
  expect([exitCode, stderr]).toEqual([4, expect.stringContaining("--passphrase-file FILE")]);
});

test("what was not opened is not called damaged: no identity, and another one", async () => {
  const bare = await command("verify", copy);
  expect([bare.exitCode, bare.stdout, bare.stderr]).toEqual([
    0,
    expect.stringContaining("stored as it was written"),
    expect.stringContaining("--identity FILE"),
  ]);
  const other = join(safe, "other.key");
  await run(["keys", "new", other], { cwd: temporaryDirectory() });
  const { exitCode, stdout, stderr } = await command("verify", copy, "--identity", other);
  expect([exitCode, stdout, stderr]).toEqual([1, "", expect.stringContaining("no identity that was given")]);
});
