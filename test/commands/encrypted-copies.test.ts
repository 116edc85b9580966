/** Copies that only the holder of an identity can read: not who keeps the place, and not the machine that wrote them. */
import { expect, setDefaultTimeout, test } from "bun:test";
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { smallSnapshot } from "../snapshot/small.ts";
import { AGE, runAge } from "../support/age.ts";
import { cleanEnv, run } from "../support/binary.ts";
import { temporaryDirectory } from "../support/directory.ts";

setDefaultTimeout(120_000);

const command = (cwd: string, ...args: readonly string[]) => run(args, { cwd, env: cleanEnv(cwd) });
const safe = temporaryDirectory();

async function newKey(cwd: string): Promise<{ recipient: string; file: string }> {
  const file = join(safe, `${crypto.randomUUID()}.key`);
  return { recipient: (await command(cwd, "keys", "new", file)).stdout.trim(), file };
}

/** A project with a snapshot, and a place whose copies are encrypted to a new key. */
async function project(options: { readonly isProved?: boolean } = {}) {
  const cwd = temporaryDirectory();
  const key = await newKey(cwd);
  const stores = `stores:\n  offsite: { plugin: directory, path: ./offsite, encrypt: [${key.recipient}] }\n`;
  writeFileSync(join(cwd, "contextcore.yaml"), `name: shop\n${stores}`);
  const path = await smallSnapshot(join(cwd, "backups"));
  if (options.isProved ?? true)
    expect((await command(cwd, "keys", "check", "--identity", key.file)).exitCode).toBe(0);
  return { cwd, path, name: basename(path), ...key };
}

const copied = async (cwd: string) => command(cwd, "snapshots", "copy", "latest", "--to", "offsite");
const filesIn = (directory: string): string[] =>
  readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(directory.length + 1))
    .sort();

test("nothing is copied before somebody has proved that it can be opened", async () => {
  const { cwd, file } = await project({ isProved: false });
  const refused = await copied(cwd);
  expect([refused.exitCode, refused.stderr]).toEqual([
    4,
    expect.stringContaining("keys check --identity FILE"),
  ]);
  const another = await newKey(cwd);
  await command(cwd, "keys", "check", "--identity", another.file);
  expect((await copied(cwd)).exitCode).toBe(4);
  await command(cwd, "keys", "check", "--identity", file);
  expect((await copied(cwd)).exitCode).toBe(0);
});

test("age alone brings every file back, and nothing of it lies in the place in the clear", async () => {
  const { cwd, path, name, file } = await project();
  expect((await copied(cwd)).exitCode).toBe(0);
  const place = join(cwd, "offsite", name);
  const stored = filesIn(place);
  expect(stored.filter((one) => !one.endsWith(".age"))).toEqual(["SHA256SUMS", "copy.json"]);
  for (const one of filesIn(path))
    expect(runAge(["-d", "-i", file], readFileSync(join(place, `${one}.age`)))).toEqual(
      readFileSync(join(path, one)),
    );
  expect(Bun.spawnSync(["sha256sum", "-c", "SHA256SUMS"], { cwd: place, stdout: "ignore" }).exitCode).toBe(0);
});

test("with the identity a copy is verified, shown and compared as a directory is; without it, and with another, it is not", async () => {
  const { cwd, path, name, file } = await project();
  expect((await copied(cwd)).exitCode).toBe(0);
  const there = `offsite:${name}`;
  expect((await command(cwd, "verify", there, "--identity", file)).exitCode).toBe(0);
  const shown = await command(cwd, "snapshots", "show", there, "--identity", file, "--json");
  expect(JSON.parse(shown.stdout).manifest).toEqual(
    JSON.parse(readFileSync(join(path, "manifest.json"), "utf8")),
  );
  expect((await command(cwd, "snapshots", "diff", name, there, "--identity", file)).exitCode).toBe(0);
  const without = await command(cwd, "snapshots", "show", there);
  expect([without.exitCode, without.stderr]).toEqual([2, expect.stringContaining("--identity FILE")]);
  const another = await newKey(cwd);
  const wrong = await command(cwd, "snapshots", "show", there, "--identity", another.file);
  expect([wrong.exitCode > 0, wrong.stderr]).toEqual([
    true,
    expect.stringContaining("no identity that was given opens it"),
  ]);
});

test("an identity that is not there, or another one, is no damage of the copy", async () => {
  const { cwd, name, file, recipient } = await project();
  await copied(cwd);
  rmSync(join(cwd, ".contextcore", "copies"), { recursive: true });
  rmSync(join(cwd, "backups"), { recursive: true });
  expect((await command(cwd, "verify", "offsite", "--identity", file)).exitCode).toBe(0);
  const listed = async () =>
    JSON.parse((await command(cwd, "snapshots", "list", "--json")).stdout).snapshots[0].places;
  expect(await listed()).toMatchObject([{ sound: true, depth: "whole" }]);
  rmSync(join(cwd, ".contextcore", "copies", "offsite", `${name}.manifest.json`));
  const another = await newKey(cwd);
  for (const [identity, exit, message] of [
    ["nowhere.key", 2, "cannot read nowhere.key"],
    [another.file, 1, `Name the identity that belongs to ${recipient}.`],
  ] as const)
    for (const words of [
      ["snapshots", "list", "--place", "offsite"],
      ["verify", "offsite"],
      ["snapshots", "prune", "--place", "offsite", "--keep-last", "1", "--dry-run"],
    ]) {
      const { exitCode, stderr } = await command(cwd, ...words, "--identity", identity);
      expect([words, exitCode, stderr]).toEqual([words, exit, expect.stringContaining(message)]);
    }
  await command(cwd, "verify", "offsite", "--identity", file);
  expect(await listed()).toMatchObject([{ sound: true, depth: "whole" }]);
});

test("one bit of an encrypted file is found", async () => {
  const { cwd, name, file } = await project();
  expect((await copied(cwd)).exitCode).toBe(0);
  const place = join(cwd, "offsite", name);
  const data = filesIn(place).find((one) => one.includes("logs.json")) ?? "";
  const bytes = readFileSync(join(place, data));
  bytes[bytes.length - 20] = (bytes.at(-20) ?? 0) ^ 1;
  writeFileSync(join(place, data), bytes);
  const { exitCode, stdout, stderr } = await command(cwd, "verify", `offsite:${name}`, "--identity", file);
  expect([exitCode, stdout + stderr]).toEqual([5, expect.stringContaining("logs.json")]);
});

test("a copy that was killed goes on with the same bytes", async () => {
  const { cwd, name, file } = await project();
  expect((await copied(cwd)).exitCode).toBe(0);
  const place = join(cwd, "offsite", name);
  const whole = new Map(filesIn(place).map((one) => [one, readFileSync(join(place, one))]));
  // As one that was killed before it ended leaves it: without copy.json, and without some objects.
  for (const one of ["copy.json", "SHA256SUMS", "blocks.jsonl.age"]) rmSync(join(place, one));
  expect((await copied(cwd)).exitCode).toBe(0);
  for (const [one, bytes] of whole)
    if (one !== "copy.json") expect(readFileSync(join(place, one)).equals(bytes), one).toBe(true);
  expect((await command(cwd, "verify", `offsite:${name}`, "--identity", file)).exitCode).toBe(0);
});

test("a recipient that is none is told by the configuration's check", async () => {
  const cwd = temporaryDirectory({
    "contextcore.yaml":
      "name: shop\nstores:\n  offsite: { plugin: directory, path: ./offsite, encrypt: [age1nonsense] }\n",
  });
  mkdirSync(join(cwd, "offsite"));
  const { exitCode, stdout, stderr } = await command(cwd, "config", "check");
  expect([exitCode, stdout + stderr]).toEqual([2, expect.stringContaining("not an age recipient")]);
});

test("the doctor warns while the identity lies where the backups are written", async () => {
  const { cwd, file } = await project();
  const doctor = async () => (await command(cwd, "doctor")).stdout;
  expect(await doctor()).toContain("can be read here: it is the identity that opens the copies in offsite");
  rmSync(file);
  expect(await doctor()).not.toContain("can be read here");
});

test("the page for the safe has everything that brings a copy back, and its commands do, without this program", async () => {
  const { cwd, path, name, file, recipient } = await project();
  expect((await copied(cwd)).exitCode).toBe(0);
  const { stdout } = await command(cwd, "keys", "kit", "--json");
  const kit = JSON.parse(stdout);
  expect(kit).toMatchObject({
    project: "shop",
    publicKey: expect.stringContaining("contextcore/audit/"),
    places: [{ name: "offsite", recipients: [{ recipient, identity: file }] }],
  });
  const place = join(cwd, "offsite", name);
  const age = temporaryDirectory({ "backup.key": readFileSync(file, "utf8") });
  const [, sums, decrypt] = kit.commands;
  const script = `cd '${place}' && ${sums} && cp '${age}/backup.key' . && ${decrypt}`;
  const done = Bun.spawnSync(["sh", "-ec", script], {
    env: { PATH: `${dirname(AGE)}:${process.env.PATH}` },
    stderr: "pipe",
  });
  expect(done.exitCode, `${done.stderr}`).toBe(0);
  for (const one of filesIn(path))
    expect(readFileSync(join(place, one)).equals(readFileSync(join(path, one)))).toBe(true);
  expect((await command(cwd, "keys", "kit")).stdout).toContain(
    "Whoever has the identity can read every backup.",
  );
});

test("a machine without a sound OpenSSL writes the same bytes", async () => {
  const { cwd, name } = await project();
  const place = join(cwd, "offsite", name);
  const contents = () =>
    filesIn(place)
      .filter((one) => one !== "copy.json")
      .map((one) => readFileSync(join(place, one)));
  expect((await copied(cwd)).exitCode).toBe(0);
  const before = contents();
  rmSync(join(cwd, "offsite"), { recursive: true });
  const broken = temporaryDirectory({ "libcrypto.so.3": "none", "libcrypto.so.1.1": "none" });
  const env = { ...cleanEnv(cwd), LD_LIBRARY_PATH: broken };
  const again = await run(["snapshots", "copy", "latest", "--to", "offsite"], { cwd, env });
  expect([again.exitCode, contents()]).toEqual([0, before]);
});
