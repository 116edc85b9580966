/** Encrypted copies on a machine without their identity: listed, proved as they are stored, and removed. */
import { expect, setDefaultTimeout, test } from "bun:test";
import { cpSync, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { smallSnapshot } from "../snapshot/small.ts";
import { temporaryDirectory } from "../support/directory.ts";
import { command, json } from "./copied.ts";

setDefaultTimeout(120_000);

/** A project with two snapshots and their encrypted copies; the public key that signs them. */
async function sealed() {
  const cwd = temporaryDirectory();
  const file = join(temporaryDirectory(), "backup.key");
  const recipient = (await command(cwd, "keys", "new", file)).stdout.trim();
  const stores = `stores:\n  offsite: { plugin: directory, path: ./offsite, encrypt: [${recipient}] }\n`;
  writeFileSync(join(cwd, "contextcore.yaml"), `name: shop\n${stores}`);
  await command(cwd, "keys", "check", "--identity", file);
  const paths = [await smallSnapshot(join(cwd, "backups")), await smallSnapshot(join(cwd, "backups"))];
  const [older = "", newer = ""] = paths.map((path) => basename(path));
  const copied = await command(cwd, "snapshots", "copy", older, newer, "--to", "offsite");
  const key = /contextcore\/audit\/\S+/.exec(copied.stderr)?.[0] ?? "";
  return { cwd, file, older, newer, key };
}

function flip(file: string): void {
  const bytes = readFileSync(file);
  const at = bytes.length >> 1;
  writeFileSync(file, bytes.fill((bytes[at] ?? 0) ^ 4, at, at + 1));
}

test("without the identity a copy is proved as it is stored, and what is wrong with it is found and kept in mind", async () => {
  const { cwd, file, older, newer } = await sealed();
  const right = await json(cwd, "verify", `offsite:${newer}`);
  expect([right.exitCode, right.printed.depth, right.printed.sound]).toEqual([0, "stored", true]);
  expect(right.printed.blocksReadTotal).toBe(right.printed.filesTotal);
  expect((await command(cwd, "verify", `offsite:${newer}`)).stdout).toMatch(
    /stored as it was written.*9 of 9 objects/,
  );
  expect((await command(cwd, "snapshots", "list")).stdout).toMatch(/here, offsite \(verified 1m ago\)/);
  const part = await json(cwd, "verify", `offsite:${newer}`, "--read-data=1/3");
  expect([part.exitCode, part.printed.blocksReadTotal]).toEqual([0, 3]);

  flip(join(cwd, "offsite", newer, "logs.json.age"));
  for (const named of [`offsite:${newer}`, "offsite:latest", "offsite"]) {
    const wrong = await json(cwd, "verify", named);
    expect([wrong.exitCode, wrong.printed.flaws.map((flaw: { file: string }) => flaw.file)], named).toEqual([
      5,
      ["logs.json.age"],
    ]);
  }
  const states = (await json(cwd, "snapshots", "list", "--place", "offsite")).printed.snapshots;
  expect(states.map(({ places }: { places: { sound: boolean }[] }) => places[0]?.sound)).toEqual([
    true,
    false,
  ]);
  expect((await command(cwd, "verify", `offsite:${older}`)).exitCode).toBe(0);
  expect((await command(cwd, "verify", `offsite:${older}`, "--live")).exitCode).toBe(2);
  expect((await command(cwd, "verify", `offsite:${older}`, "--identity", file)).exitCode).toBe(0);

  flip(join(cwd, "offsite", older, "copy.json"));
  expect((await command(cwd, "verify", `offsite:${older}`)).exitCode).toBe(5);
  rmSync(join(cwd, "offsite", newer, "blocks.jsonl.age"));
  expect((await command(cwd, "verify", `offsite:${newer}`, "--quick")).exitCode).toBe(5);
});

test("a copy that is the only one left is proved by its name without the identity, and stays held", async () => {
  const { cwd, newer } = await sealed();
  rmSync(join(cwd, "backups"), { recursive: true });
  for (const named of [newer, "latest"])
    expect((await json(cwd, "verify", named)).printed, named).toMatchObject({ sound: true, depth: "stored" });
  expect((await json(cwd, "snapshots", "list")).printed.snapshots).toHaveLength(2);
});

test("without the identity copies are pruned where they were made, also when what was known of them is lost", async () => {
  const { cwd, older, newer } = await sealed();
  rmSync(join(cwd, ".contextcore", "copies"), { recursive: true });
  const prune = ["snapshots", "prune", "--place", "offsite", "--keep-last", "1"];
  const pruned = await json(cwd, ...prune, "--yes");
  expect([pruned.exitCode, pruned.printed.snapshots]).toMatchObject([
    0,
    [
      { name: newer, removed: false },
      { name: older, removed: true },
    ],
  ]);
  expect(readdirSync(join(cwd, "offsite")).filter((name) => !name.startsWith("."))).toEqual([newer]);
});

test("on a machine that knows nothing of them they are listed and proved, and a prune leaves them alone", async () => {
  const { cwd, file, older, newer, key } = await sealed();
  const other = temporaryDirectory();
  cpSync(join(cwd, "offsite"), join(other, "there"), { recursive: true });
  const place = ["--place", "./there", "--key", key];
  const listed = await json(other, "snapshots", "list", ...place);
  expect([listed.exitCode, listed.printed.snapshots, listed.printed.unreadable]).toEqual([0, [], []]);
  expect(listed.printed.sealed).toMatchObject([
    { name: older, bytes: expect.any(Number), places: [{ sound: true }] },
    { name: newer },
  ]);
  const shown = await command(other, "snapshots", "list", ...place);
  expect(shown.stdout).toMatch(new RegExp(`${newer}  encrypted .*never verified.*--identity FILE`));
  expect((await json(other, "verify", "--all", ...place)).printed).toMatchObject({
    sound: true,
    depth: "stored",
  });
  const kept = await command(other, "snapshots", "prune", ...place, "--keep-last", "1", "--yes");
  expect([kept.exitCode, kept.stderr]).toEqual([
    0,
    expect.stringContaining("name its identity with --identity"),
  ]);
  expect(existsSync(join(other, "there", older, "copy.json"))).toBe(true);
  const opened = [...place, "--identity", file];
  expect((await json(other, "snapshots", "list", ...opened)).printed.snapshots).toHaveLength(2);
  const pruned = await command(other, "snapshots", "prune", ...opened, "--keep-last", "1", "--yes");
  expect([pruned.exitCode, pruned.stderr]).toEqual([0, expect.stringContaining("removed 1 snapshot")]);
  flip(join(other, "there", newer, "traces.json.age"));
  expect((await command(other, "verify", newer, ...place)).exitCode).toBe(5);
});
