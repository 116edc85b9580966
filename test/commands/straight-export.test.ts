/** `export -o PLACE` as a user meets it: what would lie in a directory and be copied from there lies in the place alone. */
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { existsSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { contentsOf } from "../copies/straight.ts";
import { type Lab, startLab } from "../lab/lab.ts";
import { binary, cleanEnv, run } from "../support/binary.ts";
import { temporaryDirectory } from "../support/directory.ts";
import { eventsIn } from "../support/printed.ts";
import { labProject } from "../support/project.ts";
import { command, filesBelow, json, openedWithAge, STORES } from "./copied.ts";

setDefaultTimeout(120_000);

let lab: Lab;
let empty: Lab;
beforeAll(async () => {
  [lab, empty] = await Promise.all([startLab(), startLab({ empty: true })]);
}, 120_000);
afterAll(async () => void (await Promise.all([lab.stop(), empty.stop()])));

const snapshotsIn = (directory: string): string[] =>
  existsSync(directory) ? readdirSync(directory).filter((name) => !name.startsWith(".")) : [];

/** A time that all exports of a test have in common, and that the lab has data of. */
const hours = (count: number): string => new Date(Date.now() - count * 3_600_000).toISOString();
const span = (): string[] => ["--from", hours(6), "--to", hours(1)];

/** The contents of a local export of the same. */
async function contentsHere(cwd: string, ...flags: string[]): Promise<Record<string, string>> {
  const directory = temporaryDirectory();
  const exported = await command(cwd, "export", ...flags, "-o", directory);
  expect(exported.exitCode, exported.stderr).toBeOneOf([0, 3]);
  return contentsOf(join(directory, snapshotsIn(directory)[0] ?? ""));
}

/** Everything that lies in the folder is in `copy.json`, or is it. */
function expectNothingElse(folder: string): void {
  const { objects } = JSON.parse(readFileSync(join(folder, "copy.json"), "utf8"));
  expect(filesBelow(folder)).toEqual(
    [...objects.map(({ name }: { name: string }) => name), "copy.json"].sort(),
  );
}

test("it is what a local export is, counts as held, is recorded, and nothing else is written here", async () => {
  const cwd = labProject(lab, { more: STORES });
  const range = span();
  const local = await contentsHere(cwd, ...range);
  const before = filesBelow(cwd).filter((file) => !file.startsWith(".contextcore/"));
  const exported = await json(cwd, "export", ...range, "-o", "offsite");
  expect(exported.exitCode, exported.stderr).toBeOneOf([0, 3]);
  const { name, path } = exported.printed.snapshot;
  expect([path, exported.printed.copied]).toEqual([`offsite:${name}`, []]);
  const folder = join(cwd, "offsite", name);
  expect(await contentsOf(folder)).toEqual(local);
  expectNothingElse(folder);
  const now = filesBelow(cwd).filter((file) => !/^(\.contextcore|offsite)\//.test(file));
  expect(now).toEqual(before);
  expect(Bun.spawnSync(["sha256sum", "-c", "--quiet", "SHA256SUMS"], { cwd: folder }).exitCode).toBe(0);

  expect((await command(cwd, "verify", path)).exitCode).toBe(0);
  const listed = await json(cwd, "snapshots", "list");
  expect(listed.printed.snapshots).toMatchObject([
    { name, path, here: false, places: [{ place: "offsite", sound: true }] },
  ]);
  expect((await json(cwd, "snapshots", "show", "latest")).printed.snapshot).toEqual({ name, path });
  const event = eventsIn((await command(cwd, "audit", "--json")).stdout).at(-1);
  const sha256 = new Bun.CryptoHasher("sha256").update(readFileSync(join(folder, "copy.json"))).digest("hex");
  expect(event).toMatchObject({
    operation: "export",
    export_path: path,
    details: { copies: [{ copy: path, sha256 }] },
  });

  const restored = await command(
    cwd,
    "restore",
    path,
    "--plugin",
    "loki",
    "--yes",
    "--set",
    `backends.loki.url=${empty.urls.loki}`,
  );
  expect(restored.exitCode, restored.stderr).toBeOneOf([0, 3]);
  const again = await contentsHere(
    cwd,
    ...range,
    "--plugin",
    "loki",
    "--set",
    `backends.loki.url=${empty.urls.loki}`,
  );
  const linesOf = (text = "") => text.split("\n").length;
  expect(linesOf(again["loki logs.json"])).toBe(linesOf(local["loki logs.json"]));
});

/** A project of files and a ledger, with a key for its place if that is encrypted. */
async function ownData(isEncrypted: boolean) {
  const cwd = temporaryDirectory({ "etc/a.conf": "a = 1\n", "etc/sub/b.conf": "b = 2\n" });
  writeFileSync(join(cwd, "etc/large"), crypto.getRandomValues(Buffer.alloc(60_000)));
  const key = join(temporaryDirectory(), "identity");
  const recipient = (await command(cwd, "keys", "new", key)).stdout.trim();
  const rule = isEncrypted ? `, encrypt: [${recipient}]` : "";
  const off = ["tempo", "mimir", "loki", "grafana"].map((one) => `  ${one}: { enabled: false }\n`).join("");
  writeFileSync(
    join(cwd, "contextcore.yaml"),
    `name: shop\nbackends:\n${off}  files: { path: ./etc }\nstores:\n  offsite: { plugin: directory, path: ./offsite${rule} }\n`,
  );
  return { cwd, key };
}

test("encrypted: only its recipients read it, with age alone; it is restored from there, and an increment continues it", async () => {
  const { cwd, key } = await ownData(true);
  const refused = await command(cwd, "export", "--all", "-o", "offsite");
  expect([refused.exitCode, refused.stderr]).toEqual([
    4,
    expect.stringContaining("keys check --identity FILE"),
  ]);
  expect(existsSync(join(cwd, "offsite"))).toBe(false);
  await command(cwd, "keys", "check", "--identity", key);
  const first = await json(cwd, "export", "--all", "-o", "offsite");
  expect(first.exitCode, first.stderr).toBe(0);
  const { name, path } = first.printed.snapshot;
  const folder = join(cwd, "offsite", name);
  expect(filesBelow(folder).filter((file) => !file.endsWith(".age"))).toEqual(["SHA256SUMS", "copy.json"]);
  expectNothingElse(folder);
  expect(Object.keys(await contentsOf(openedWithAge(folder, key)))).toContain("files files/tree.jsonl");
  expect((await command(cwd, "verify", path, "--identity", key)).exitCode).toBe(0);

  // What the first one holds of them nobody here can read, so all of them are saved again.
  const second = await json(cwd, "export", "--since-last", "-o", "offsite");
  expect([second.exitCode, second.stderr]).toEqual([
    0,
    expect.stringContaining("only its recipients can read"),
  ]);
  expect(second.printed.backends[0].parent).toBeUndefined();

  rmSync(join(cwd, "etc"), { recursive: true });
  const restored = await command(cwd, "restore", path, "--identity", key, "--yes");
  expect(restored.exitCode, restored.stderr).toBe(0);
  expect(readFileSync(join(cwd, "etc/sub/b.conf"), "utf8")).toBe("b = 2\n");
});

test("in the clear an increment continues the one before, and holds what has changed", async () => {
  const { cwd } = await ownData(false);
  const first = await json(cwd, "export", "--all", "-o", "offsite");
  writeFileSync(join(cwd, "etc/a.conf"), "a = 3\n");
  const second = await json(cwd, "export", "--since-last", "-o", "offsite");
  expect([second.exitCode, second.printed.backends[0].parent]).toEqual([0, first.printed.snapshot.name]);
  expect((await command(cwd, "verify", "--place", "offsite", "latest")).exitCode).toBe(0);
  rmSync(join(cwd, "etc"), { recursive: true });
  expect((await command(cwd, "restore", "offsite:latest", "--yes")).exitCode).toBe(0);
  expect(readFileSync(join(cwd, "etc/a.conf"), "utf8")).toBe("a = 3\n");
});

describe.each([[false], [true]])("killed with -9, encrypted: %p", (isEncrypted) => {
  test("at several points, it is finished from there and is the same", async () => {
    const cwd = labProject(lab, { more: STORES });
    const key = join(temporaryDirectory(), "identity");
    if (isEncrypted) {
      const recipient = (await command(cwd, "keys", "new", key)).stdout.trim();
      await command(cwd, "keys", "check", "--identity", key);
      const text = readFileSync(join(cwd, "contextcore.yaml"), "utf8");
      writeFileSync(
        join(cwd, "contextcore.yaml"),
        text.replace("path: ./offsite", `path: ./offsite, encrypt: [${recipient}]`),
      );
    }
    const range = span();
    const expected = await contentsHere(cwd, ...range);
    const place = join(cwd, "offsite");
    let kills = 0;
    for (const enough of [1, 12, 40, 90]) {
      rmSync(place, { recursive: true, force: true });
      const child = Bun.spawn([binary, "export", ...range, "-o", "offsite"], {
        cwd,
        env: cleanEnv(cwd),
        stdio: ["ignore", "ignore", "ignore"],
      });
      const isBegun = (): boolean => filesBelow(place).some((file) => /\/plan\.json(\.age)?$/.test(file));
      while (child.exitCode === null && !(isBegun() && objectsIn(place) >= enough)) await Bun.sleep(1);
      child.kill("SIGKILL");
      await child.exited;
      const [name = ""] = snapshotsIn(place);
      if (existsSync(join(place, name, "copy.json"))) continue;
      kills += 1;
      const resumed = await json(cwd, "export", "--resume", "-o", "offsite");
      expect(resumed.exitCode, resumed.stderr).toBeOneOf([0, 3]);
      expect(resumed.printed.snapshot).toEqual({ name, path: `offsite:${name}` });
      expectNothingElse(join(place, name));
      const folder = isEncrypted ? openedWithAge(join(place, name), key) : join(place, name);
      expect(await contentsOf(folder)).toEqual(expected);
      const identity = isEncrypted ? ["--identity", key] : [];
      expect((await command(cwd, "verify", `offsite:${name}`, ...identity)).exitCode).toBe(0);
    }
    expect(kills).toBeGreaterThan(1);
  });
});

test("what an export has left that nobody finishes goes with a prune of the place that is told so, two days later", async () => {
  const cwd = labProject(lab, { more: STORES });
  const place = join(cwd, "offsite");
  expect((await command(cwd, "export", "--all", "--plugin", "loki", "-o", "offsite")).exitCode).toBe(0);
  const before = filesBelow(place);
  const child = Bun.spawn([binary, "export", ...span(), "-o", "offsite"], {
    cwd,
    env: cleanEnv(cwd),
    stdio: ["ignore", "ignore", "ignore"],
  });
  while (child.exitCode === null && !filesBelow(place).some((file) => file.includes("commits/")))
    await Bun.sleep(1);
  child.kill("SIGKILL");
  await child.exited;
  expect(filesBelow(place).length).toBeGreaterThan(before.length);
  const prune = ["snapshots", "prune", "--place", "offsite", "--keep-last", "9", "--yes"];
  const old = new Date(Date.now() - 3 * 86_400_000);
  for (const file of filesBelow(place)) utimesSync(join(place, file), old, old);
  const left = await command(cwd, ...prune);
  expect([left.exitCode, left.stderr]).toEqual([
    expect.any(Number),
    expect.stringContaining("was interrupted"),
  ]);
  expect(filesBelow(place).length).toBeGreaterThan(before.length);
  const pruned = await command(cwd, ...prune, "--unfinished");
  expect(pruned.exitCode, pruned.stderr).toBe(0);
  expect(filesBelow(place).filter((file) => !file.startsWith("."))).toEqual(before);
});

/** What is finished, not what is being written. */
const objectsIn = (place: string): number =>
  filesBelow(place).filter((file) => !/(^|\/)\.|probe/.test(file)).length;

test("a dry run says where it would go, and writes nothing", async () => {
  const cwd = labProject(lab, { more: STORES, only: ["loki"] });
  const planned = await json(cwd, "export", "--all", "-o", "offsite", "--dry-run");
  expect([planned.exitCode, planned.printed]).toMatchObject([0, { place: "offsite" }]);
  expect(planned.printed.directory).toBeUndefined();
  expect(existsSync(join(cwd, "offsite"))).toBe(false);
  expect((await command(cwd, "export", "--all", "-o", "offsite", "--dry-run")).stdout).toContain(
    "to offsite: ",
  );
});

test("what is no place, has nothing to resume, or lets nobody write is told", async () => {
  const cwd = labProject(lab, { more: STORES, only: ["loki"] });
  const wrong = {
    "-o offsit:": "there is no place offsit",
    "--resume -o offsite": "there is no interrupted export in offsite",
    "--resume offsite:20260124-143000": "cannot be resumed",
    "-o nothing://here": "is no place that is known",
  };
  await command(cwd, "audit", "keygen");
  for (const [flags, message] of Object.entries(wrong)) {
    const refused = await run(["export", ...flags.split(" ")], { cwd });
    expect([flags, refused.stderr]).toEqual([flags, expect.stringContaining(message)]);
    expect(refused.exitCode).toBeOneOf([1, 2]);
  }
  writeFileSync(join(cwd, "offsite"), "not a directory");
  const full = await command(cwd, "export", "--all", "-o", "offsite");
  expect([full.exitCode, full.stderr]).toEqual([1, expect.stringContaining("offsite")]);
  expect(existsSync(join(cwd, "backups"))).toBe(false);
  // The directory of the same name is named as a path.
  rmSync(join(cwd, "offsite"));
  expect((await command(cwd, "export", "--all", "-o", "./offsite")).exitCode).toBe(0);
  expect(snapshotsIn(join(cwd, "offsite"))).toHaveLength(1);
  expect(filesBelow(join(cwd, "offsite")).some((file) => file.endsWith("copy.json"))).toBe(false);
});
