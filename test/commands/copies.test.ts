/** Snapshots in a place, as a user meets them: copied, killed, listed, proved and brought back. */
import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { cpSync, existsSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { type Lab, startLab } from "../lab/lab.ts";
import { smallSnapshot } from "../snapshot/small.ts";
import { binary, cleanEnv, run } from "../support/binary.ts";
import { temporaryDirectory } from "../support/directory.ts";
import { eventsIn } from "../support/printed.ts";
import { labProject } from "../support/project.ts";
import { openSession } from "../support/pseudo-terminal.ts";

setDefaultTimeout(120_000);

const STORES = "stores:\n  offsite: { plugin: directory, path: ./offsite }\n";

/** A project without servers, with snapshots, each in which is a second older than the next. */
async function project(options: Parameters<typeof smallSnapshot>[1] = {}) {
  const cwd = temporaryDirectory({ "contextcore.yaml": `name: shop\n${STORES}` });
  const path = await smallSnapshot(join(cwd, "backups"), options);
  return { cwd, path, name: basename(path) };
}

const command = (cwd: string, ...args: string[]) => run(args, { cwd });

async function json(cwd: string, ...args: string[]) {
  const { stdout, stderr, exitCode } = await run([...args, "--json"], { cwd });
  return { printed: stdout === "" ? undefined : JSON.parse(stdout), stderr, exitCode };
}

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

test("a snapshot of which only a copy is left is still held: listed, shown, proved and taken by its name, until the copy is gone", async () => {
  const { cwd, name, path } = await project();
  await command(cwd, "snapshots", "copy", name, "--to", "offsite");
  const both = await json(cwd, "snapshots", "list");
  const places = [{ place: "offsite", verified: expect.any(String), depth: "listed", sound: true }];
  expect(both.printed.snapshots).toMatchObject([{ name, path, here: true, places }]);
  rmSync(path, { recursive: true });
  const away = await json(cwd, "snapshots", "list");
  expect(away.printed.snapshots).toMatchObject([{ name, path: `offsite:${name}`, here: false, places }]);
  expect(away.printed.coverage).toEqual(both.printed.coverage);
  for (const named of [name, name.slice(0, 8), "latest"]) {
    expect((await json(cwd, "snapshots", "show", named)).printed).toMatchObject({ snapshot: { name } });
    expect((await command(cwd, "verify", named)).exitCode).toBe(0);
  }
  const looked = await json(cwd, "snapshots", "list");
  expect(looked.printed.snapshots[0].places).toMatchObject([{ depth: "whole", sound: true }]);
  expect((await command(cwd, "snapshots", "list")).stdout).toMatch(/offsite \(verified 1m ago\)/);

  rmSync(join(cwd, "offsite", name, "logs.json"));
  const hurt = await json(cwd, "snapshots", "list", "--place", "offsite");
  expect([hurt.exitCode, hurt.stderr]).toEqual([3, expect.stringContaining("logs.json is missing")]);
  expect((await json(cwd, "snapshots", "list")).printed.snapshots).toEqual([]);
  rmSync(join(cwd, "offsite", name), { recursive: true });
  const gone = await command(cwd, "snapshots", "list", "--place", "offsite");
  expect([gone.exitCode, gone.stderr]).toEqual([3, expect.stringContaining("the copy is gone")]);
  expect((await command(cwd, "snapshots", "list", "--place", "offsite")).exitCode).toBe(0);
});

let lab: Lab;
let far: Lab;
let near: Lab;
beforeAll(async () => {
  [lab, far, near] = await Promise.all([startLab(), startLab({ empty: true }), startLab({ empty: true })]);
}, 120_000);
afterAll(async () => void (await Promise.all([lab, far, near].map((one) => one.stop()))));

const servedBy = ({ urls }: Lab): string[] =>
  ["tempo", "mimir", "loki", "grafana"].flatMap((name) => [
    "--set",
    `backends.${name}.url=${urls[name as "loki"]}`,
  ]);

test("exported, copied, deleted here, restored from the place: as from the directory, and compared and converted likewise", async () => {
  const cwd = labProject(lab, { more: STORES });
  expect((await command(cwd, "export", "-t", "25h", "--compress", "zstd")).exitCode).toBeOneOf([0, 3]);
  const [name = ""] = readdirSync(join(cwd, "backups"));
  expect((await command(cwd, "snapshots", "copy", name, "--to", "offsite")).exitCode).toBe(0);
  const kept = join(cwd, "kept", name);
  cpSync(join(cwd, "backups"), join(cwd, "kept"), { recursive: true });
  rmSync(join(cwd, "backups"), { recursive: true });
  const exported: string[] = [];
  for (const [from, into] of [
    [`offsite:${name}`, far],
    [kept, near],
  ] as const) {
    const restored = await command(cwd, "restore", from, "--yes", ...servedBy(into));
    expect(restored.exitCode, restored.stderr).toBeOneOf([0, 3]);
    const output = join(cwd, `again-${exported.length}`);
    await command(cwd, "export", "--all", "-o", output, ...servedBy(into));
    exported.push(join(output, readdirSync(output)[0] ?? ""));
  }
  const [a = "", b = ""] = exported;
  const again = await command(cwd, "snapshots", "diff", a, b);
  expect(again.exitCode, again.stdout).toBe(0);
  const counts = JSON.parse(readFileSync(join(a, "manifest.json"), "utf8")).plugins;
  expect(counts.find((one: { name: string }) => one.name === "loki").counts.entries).toBeGreaterThan(100);
  expect((await command(cwd, "snapshots", "diff", `offsite:${name}`, kept)).exitCode).toBe(0);
  const metrics = ["--to", "openmetrics", "-o"];
  await command(cwd, "snapshots", "convert", `offsite:${name}`, ...metrics, "a");
  await command(cwd, "snapshots", "convert", kept, ...metrics, "b");
  expect(readFileSync(join(cwd, "a"))).toEqual(readFileSync(join(cwd, "b")));
});

test("what only a copy holds is not exported again, and nothing is said to be in no snapshot", async () => {
  const cwd = labProject(lab, { more: STORES, only: ["loki"] });
  await command(cwd, "export", "--all");
  const name = "20260124-143000"; // the next one may begin within the same second
  renameSync(join(cwd, "backups", readdirSync(join(cwd, "backups"))[0] ?? ""), join(cwd, "backups", name));
  const before = await json(cwd, "inventory");
  await command(cwd, "snapshots", "copy", "latest", "--to", "offsite");
  rmSync(join(cwd, "backups"), { recursive: true });
  const warningsOf = ({ printed }: Awaited<ReturnType<typeof json>>): string[] =>
    printed.warnings.map(({ message }: { message: string }) => message);
  expect(warningsOf(await json(cwd, "inventory"))).toEqual(warningsOf(before));
  const again = await json(cwd, "export", "--since-last");
  expect(again.printed.backends).toMatchObject([{ backend: "loki", parent: name }]);
  const chain = await json(cwd, "verify", "latest");
  expect([chain.exitCode, chain.printed.snapshots.length], chain.stderr).toEqual([0, 2]);
});
