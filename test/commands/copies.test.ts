/** Snapshots in a place, as a user meets them: copied, killed, damaged, somebody else's. */
import { expect, setDefaultTimeout, test } from "bun:test";
import { cpSync, existsSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { smallSnapshot } from "../snapshot/small.ts";
import { binary, cleanEnv } from "../support/binary.ts";
import { temporaryDirectory } from "../support/directory.ts";
import { eventsIn } from "../support/printed.ts";
import { openSession } from "../support/pseudo-terminal.ts";
import { command, json, project, STORES } from "./copied.ts";

setDefaultTimeout(120_000);

const filesBelow = (directory: string): string[] =>
  readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(directory.length + 1))
    .sort();

/** The contents of a directory by path; of `copy.json` without when it was made. */
const contentOf = (directory: string): Record<string, string> =>
  Object.fromEntries(
    filesBelow(directory).map((file) => {
      const text = readFileSync(join(directory, file), "latin1");
      return [
        file,
        basename(file) === "copy.json" ? text.replace(/"(created|signature)": "[^"]*"/g, "") : text,
      ];
    }),
  );

test("a copy is recorded with the checksum of its copy.json, by a key that is made and told", async () => {
  const { cwd, name } = await project();
  const copied = await json(cwd, "snapshots", "copy", "latest", "--to", "offsite");
  expect([copied.exitCode, copied.stderr]).toEqual([0, expect.stringContaining("contextcore/audit/")]);
  const text = readFileSync(join(cwd, "offsite", name, "copy.json"));
  const sha256 = new Bun.CryptoHasher("sha256").update(text).digest("hex");
  expect(copied.printed).toMatchObject({
    place: "offsite",
    copied: [{ snapshot: { name }, copy: `offsite:${name}`, sha256 }],
    lacking: [],
  });
  const events = eventsIn((await command(cwd, "audit", "--json")).stdout);
  expect(events.map(({ operation, outcome }) => `${operation} ${outcome}`)).toEqual([
    "copy started",
    "audit_keygen success",
    "copy success",
  ]);
  expect(events.at(-1)).toMatchObject({
    data_affected: [`offsite:${name}`],
    details: { copies: [{ copy: `offsite:${name}`, sha256 }] },
  });
  const again = await command(cwd, "snapshots", "copy", name, "--to", "offsite");
  expect([again.exitCode, again.stdout]).toEqual([0, expect.stringContaining("was there already")]);
});

test("killed at any moment, the same command makes the same copy of it", async () => {
  const { cwd, name } = await project({ objects: 400, entries: 400, streams: 20 });
  const whole = join(cwd, "whole");
  expect((await command(cwd, "snapshots", "copy", name, "--to", "offsite")).exitCode).toBe(0);
  cpSync(join(cwd, "offsite"), whole, { recursive: true });
  const kills: number[] = [];
  for (let round = 0; round < 5; round += 1) {
    rmSync(join(cwd, "offsite"), { recursive: true });
    const child = Bun.spawn([binary, "snapshots", "copy", name, "--to", "offsite"], {
      cwd,
      env: cleanEnv(cwd),
      stdio: ["ignore", "ignore", "ignore"],
    });
    const enough = 5 + 80 * round;
    while (child.exitCode === null && written(cwd, name) < enough) await Bun.sleep(1);
    child.kill("SIGKILL");
    await child.exited;
    kills.push(written(cwd, name));
    const listed = await json(cwd, "verify", `offsite:${name}`);
    if (!existsSync(join(cwd, "offsite", name, "copy.json"))) expect(listed.exitCode).toBe(2);
    const resumed = await command(cwd, "snapshots", "copy", name, "--to", "offsite");
    expect([resumed.exitCode, resumed.stderr]).toEqual([0, expect.stringContaining("copied 1 snapshot")]);
    expect(contentOf(join(cwd, "offsite", name))).toEqual(contentOf(join(whole, name)));
    expect((await command(cwd, "verify", `offsite:${name}`)).exitCode).toBe(0);
  }
  expect(new Set(kills).size).toBeGreaterThan(2);
});

function written(cwd: string, name: string): number {
  const folder = join(cwd, "offsite", name);
  return existsSync(folder) ? filesBelow(folder).length : 0;
}

test("a copy is named by its place, by the beginning of its name, or as the latest one", async () => {
  const { cwd, name } = await project();
  await command(cwd, "snapshots", "copy", name, "--to", "offsite");
  rmSync(join(cwd, "backups"), { recursive: true });
  for (const named of [`offsite:${name}`, `offsite:${name.slice(0, 8)}`, "offsite:latest"]) {
    const shown = await json(cwd, "snapshots", "show", named);
    expect([shown.exitCode, shown.printed?.snapshot], shown.stderr).toEqual([
      0,
      { name, path: `offsite:${name}` },
    ]);
    expect((await json(cwd, "verify", named)).printed).toMatchObject({ sound: true });
  }
  const wrong = {
    "offsite:20200101-000000": "there is no copy 20200101-000000 in offsite",
    "offsit:latest": "there is no place offsit",
    "offsite:": "there is no copy",
  };
  for (const [named, message] of Object.entries(wrong)) {
    const refused = await command(cwd, "verify", named);
    expect([named, refused.exitCode, refused.stderr]).toEqual([named, 2, expect.stringContaining(message)]);
  }
  expect((await command(cwd, "snapshots", "copy", "latest", "--to", "nowhere")).exitCode).toBe(2);
});

test("a place alone is every copy in it, and parts of its data are read by turns", async () => {
  const { cwd, name } = await project({ entries: 200, streams: 10, objects: 20 });
  const newer = basename(await smallSnapshot(join(cwd, "backups")));
  await command(cwd, "snapshots", "copy", name, newer, "--to", "offsite");
  const whole = await json(cwd, "verify", "offsite");
  expect([whole.exitCode, whole.printed.snapshots.map((one: { name: string }) => one.name)]).toEqual([
    0,
    [name, newer],
  ]);
  const read: number[] = [];
  for (let part = 1; part <= 3; part += 1) {
    const { printed } = await json(cwd, "verify", "offsite", `--read-data=${part}/3`);
    read.push(printed.blocksReadTotal);
  }
  expect(Math.min(...read)).toBeGreaterThan(0);
  expect(read.reduce((sum, one) => sum + one)).toBe(whole.printed.blocksTotal);
  const logs = join(cwd, "offsite", name, "logs.json");
  const bytes = readFileSync(logs);
  writeFileSync(logs, bytes.fill((bytes[50] ?? 0) ^ 4, 50, 51));
  const exits: number[] = [];
  for (let part = 1; part <= 3; part += 1)
    exits.push((await command(cwd, "verify", "offsite", `--read-data=${part}/3`)).exitCode);
  expect(exits.sort()).toEqual([0, 0, 5]);
  expect((await command(cwd, "verify", "nowhere")).exitCode).toBe(2);
});

test("where the only copy cannot be read, who wants the latest is told why", async () => {
  const { cwd, name } = await project();
  await command(cwd, "snapshots", "copy", name, "--to", "offsite");
  writeFileSync(join(cwd, "offsite", name, "manifest.json"), "{");
  const { exitCode, stderr } = await command(cwd, "restore", "offsite:latest", "--dry-run");
  const why = `${name}: offsite:${name}/manifest.json is not as copy.json says`;
  expect([exitCode, stderr]).toEqual([2, expect.stringContaining(why)]);
});

test("what somebody does to a copy is found", async () => {
  const { cwd, name } = await project();
  await command(cwd, "snapshots", "copy", name, "--to", "offsite");
  const folder = join(cwd, "offsite", name);
  const kept = join(cwd, "kept");
  cpSync(folder, kept, { recursive: true });
  const changes: Readonly<Record<string, () => void>> = {
    "logs.json: is missing": () => rmSync(join(folder, "logs.json")),
    checksum: () => {
      const bytes = readFileSync(join(folder, "logs.json"));
      writeFileSync(join(folder, "logs.json"), bytes.fill((bytes[50] ?? 0) ^ 4, 50, 51));
    },
    "more.json: is not in copy.json": () => writeFileSync(join(folder, "more.json"), "{}"),
    "changed after it was signed": () => {
      const text = readFileSync(join(folder, "copy.json"), "utf8");
      writeFileSync(join(folder, "copy.json"), text.replace('"bytes":', '"bytes": '));
    },
  };
  for (const [message, change] of Object.entries(changes)) {
    change();
    const found = await command(cwd, "verify", `offsite:${name}`);
    expect([message, found.exitCode, found.stdout + found.stderr]).toEqual([
      message,
      5,
      expect.stringContaining(message),
    ]);
    rmSync(folder, { recursive: true });
    cpSync(kept, folder, { recursive: true });
  }
  expect((await command(cwd, "verify", `offsite:${name}`)).exitCode).toBe(0);
});

test("a copy of another project is believed only with its public key, or once a person has said so", async () => {
  const { cwd, name } = await project();
  const keygen = await json(cwd, "audit", "keygen");
  const { publicKey } = keygen.printed;
  await command(cwd, "snapshots", "copy", name, "--to", "offsite");
  const other = temporaryDirectory({ "contextcore.yaml": `name: other\n${STORES}` });
  cpSync(join(cwd, "offsite"), join(other, "offsite"), { recursive: true });
  const show = ["snapshots", "show", "offsite:latest"];
  const refused = await command(other, ...show);
  expect([refused.exitCode, refused.stderr]).toEqual([4, expect.stringContaining(publicKey)]);
  expect((await command(other, "verify", `offsite:${name}`)).exitCode).toBe(4);
  expect((await command(other, ...show, "--key", publicKey)).exitCode).toBe(0);
  for (const [answer, exit] of [
    ["n", 4],
    ["y", 0],
  ] as const) {
    const session = openSession(show, { cwd: other });
    await session.waitFor(publicKey);
    await session.waitFor("Is this the public key");
    session.type(answer);
    expect(await session.exited).toBe(exit);
  }
});

test("a copy that somebody else has put there stops nobody from using the others, and is told", async () => {
  const { cwd, name } = await project();
  await command(cwd, "snapshots", "copy", name, "--to", "offsite");
  const other = await project();
  const planted = "20991231-235959";
  renameSync(other.path, join(dirname(other.path), planted));
  await command(other.cwd, "snapshots", "copy", planted, "--to", "offsite");
  cpSync(join(other.cwd, "offsite", planted), join(cwd, "offsite", planted), { recursive: true });
  const why = `${planted}: the copy of ${planted} is signed with a key that this project does not know`;
  for (const meant of ["offsite", "offsite:latest"]) {
    const { exitCode, stdout, stderr } = await command(cwd, "verify", meant);
    expect([meant, exitCode, stderr]).toEqual([meant, 3, expect.stringContaining(why)]);
    expect(stdout).toContain(`offsite:${name}  sound`);
  }
  expect((await command(cwd, "snapshots", "show", "offsite:latest")).stdout).toContain(`offsite:${name}`);
  expect((await command(cwd, "verify", `offsite:${planted}`)).exitCode).toBe(4);
  rmSync(join(cwd, "offsite", name), { recursive: true });
  const alone = await command(cwd, "verify", "offsite:latest");
  expect([alone.exitCode, alone.stderr]).toEqual([4, expect.stringContaining("add --key")]);
});
