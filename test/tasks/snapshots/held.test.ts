/** What is held is read once: what has not changed is not read again, what has is, and the index may be lost or damaged. */
import { Database } from "bun:sqlite";
import { afterEach, beforeEach, expect, setDefaultTimeout, test } from "bun:test";
import {
  chmodSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { loadConfig } from "../../../src/config/load.ts";
import { readKept } from "../../../src/snapshot/catalog/kept.ts";
import { fileMark } from "../../../src/storage/entries.ts";
import { readHeld } from "../../../src/tasks/snapshots/held.ts";
import { keptHeldRows } from "../../../src/tasks/snapshots/held-rows.ts";
import { copiesKnownTo, holdingsOf } from "../../../src/tasks/snapshots/holdings.ts";
import { smallSnapshot } from "../../snapshot/small.ts";
import { binary, cleanEnv, run } from "../../support/binary.ts";
import { temporaryDirectory } from "../../support/directory.ts";

setDefaultTimeout(60_000);

let cwd: string;
const backups = (...path: string[]) => join(cwd, "backups", ...path);
const index = () => join(cwd, ".contextcore", "snapshots.db");
const config = () => loadConfig({ directory: cwd, env: {} });

beforeEach(async () => {
  const stores = ["usb", "nas"].map((name) => `  ${name}: { plugin: directory, path: ./${name} }\n`);
  cwd = temporaryDirectory({ "contextcore.yaml": `name: shop\nstores:\n${stores.join("")}` });
  mkdirSync(backups());
  for (let made = 0; made < 3; made += 1) await smallSnapshot(backups());
});
afterEach(() => rmSync(cwd, { recursive: true, force: true }));

async function held() {
  using rows = keptHeldRows(cwd);
  return await readHeld(await config(), rows);
}

/** The same by the way that reads everything. */
async function asRead() {
  const { snapshots, unreadable } = await readKept(await holdingsOf(await config()));
  return {
    snapshots: snapshots.map(({ path, manifest }) => [path, manifest.sha256]),
    unreadable: unreadable.map(({ path, reason }) => ({ path, reason })),
    copies: await copiesKnownTo(await config()).list(),
  };
}

async function expectAsRead(): Promise<void> {
  const { snapshots, unreadable, copies } = await held();
  expect({
    unreadable,
    copies,
    snapshots: snapshots.map(({ path, manifest }) => [path, manifest.sha256]),
  }).toEqual(await asRead());
}

/** Changes a file, and what was read of it before counts for what is in it now: so it shows whether it is read again. */
function changeUnseen(path: string): void {
  writeFileSync(path, " ");
  using rows = keptHeldRows(cwd);
  const row = [...rows.all()].find((one) => one.path === path);
  if (row === undefined) throw new Error(`nothing was read of ${path}`);
  rows.change([{ ...row, mark: fileMark(path) }], []);
}

/** Root may read everything: without these rights it is as anybody else. */
const AS_ANYBODY =
  process.getuid?.() === 0 ? ["setpriv", "--bounding-set", "-dac_override,-dac_read_search"] : [];

/** `snapshots list` by somebody who may not read everything. */
function listedByAnybody() {
  const command = [...AS_ANYBODY, binary, "snapshots", "list", "--json"];
  const { exitCode, stdout } = Bun.spawnSync(command, { cwd, env: cleanEnv(cwd), stderr: "ignore" });
  return { exitCode, ...JSON.parse(stdout.toString()) };
}

test("a manifest is read once, and again when it has changed", async () => {
  const before = await held();
  expect(before.snapshots).toHaveLength(3);
  const names = readdirSync(backups()).sort();
  for (const name of names) changeUnseen(backups(name, "manifest.json"));
  expect(await held()).toEqual(before);
  const now = new Date(Date.now() + 5_000);
  utimesSync(backups(names[1] ?? "", "manifest.json"), now, now);
  const { snapshots, unreadable } = await held();
  expect(snapshots).toEqual([before.snapshots[0], before.snapshots[2]].flatMap((one) => one ?? []));
  expect(unreadable).toEqual([
    { path: backups(names[1] ?? ""), reason: expect.stringContaining("not valid JSON") },
  ]);
});

test("whatever comes, goes, is damaged or is only elsewhere, it is what reading everything gives", async () => {
  await expectAsRead();
  for (const place of ["usb", "nas"])
    expect((await run(["snapshots", "copy", "latest", "--to", place], { cwd })).exitCode).toBe(0);
  await expectAsRead();
  const newest = readdirSync(backups()).sort().at(-1) ?? "";
  rmSync(backups(newest), { recursive: true });
  await expectAsRead();
  expect((await held()).snapshots.map(({ isHere }) => isHere)).toEqual([true, true, false]);
  const state = join(cwd, ".contextcore/copies/usb", `${newest}.json`);
  writeFileSync(state, readFileSync(state, "utf8").replace('"sound":true', '"sound":false'));
  await expectAsRead();
  mkdirSync(backups("20270101-000000"));
  const oldest = readdirSync(backups()).sort()[0] ?? "";
  writeFileSync(backups(oldest, "manifest.json"), "{}");
  await smallSnapshot(backups());
  await expectAsRead();
  writeFileSync(join(cwd, "contextcore.yaml"), "name: shop\n");
  await expectAsRead();
});

test.each([
  ["is gone", () => rmSync(index())],
  ["is no database", () => writeFileSync(index(), "x".repeat(10_000))],
  [
    "is a folder",
    () => {
      rmSync(index());
      mkdirSync(index());
    },
  ],
] as const)("where the index %s, everything is read", async (_, harm) => {
  const before = await held();
  for (const end of ["-wal", "-shm"]) rmSync(`${index()}${end}`, { force: true });
  harm();
  expect(await held()).toEqual(before);
  expect(await held()).toEqual(before);
});

test("an index that another process holds for long is passed over, and stays; one that is no database goes", async () => {
  const before = await held();
  const other = new Database(index());
  other.run("BEGIN EXCLUSIVE");
  expect(await held()).toEqual(before);
  other.run("ROLLBACK");
  other.close();
  expect(readdirSync(join(cwd, ".contextcore"))).toContain("snapshots.db");
  for (const end of ["-wal", "-shm"]) rmSync(`${index()}${end}`, { force: true });
  writeFileSync(index(), "x".repeat(10_000), { mode: 0o600 });
  await held();
  expect(readdirSync(join(cwd, ".contextcore"))).not.toContain("snapshots.db");
});

test("a command that only looks leaves no index behind, and uses the one that there is", async () => {
  const list = async () => JSON.parse((await run(["snapshots", "list", "--json"], { cwd })).stdout).snapshots;
  const before = await list();
  expect(readdirSync(cwd)).not.toContain(".contextcore");
  await held();
  for (const name of readdirSync(backups())) changeUnseen(backups(name, "manifest.json"));
  expect(await list()).toEqual(before);
});

test("what the system refused to read for a moment is read again, though nothing of the file has changed", async () => {
  const before = await held();
  const [name = ""] = readdirSync(backups()).sort();
  const elsewhere = join(cwd, "elsewhere");
  rmSync(index());
  renameSync(backups(name), elsewhere);
  symlinkSync(elsewhere, backups(name));
  const refused = await held();
  expect(refused.unreadable).toEqual([
    { path: backups(name), reason: expect.stringContaining("symbolic link") },
  ]);
  expect(refused.isPassing).toBe(true);
  rmSync(backups(name));
  renameSync(elsewhere, backups(name));
  expect(await held()).toEqual(before);
});

test("who may read a file and who may not is seen", () => {
  const path = join(cwd, "contextcore.yaml");
  const before = fileMark(path);
  chmodSync(path, 0o640);
  expect(fileMark(path)).not.toBe(before);
});

test("a snapshot that may not be looked into hides no other", async () => {
  symlinkSync("20270101-000000", backups("20270101-000000"));
  await expectAsRead();
  rmSync(backups("20270101-000000"));
  const [name = ""] = readdirSync(backups()).sort();
  chmodSync(backups(name), 0);
  const { exitCode, snapshots, unreadable } = listedByAnybody();
  chmodSync(backups(name), 0o700);
  expect([exitCode, snapshots.length, unreadable]).toEqual([
    expect.any(Number),
    2,
    [expect.objectContaining({ reason: expect.stringContaining("permission denied") })],
  ]);
});

test("what is known of a copy and cannot be read for a moment is known again afterwards", async () => {
  const [name = ""] = readdirSync(backups()).sort();
  expect((await run(["snapshots", "copy", name, "--to", "usb"], { cwd })).exitCode).toBe(0);
  rmSync(backups(name), { recursive: true });
  const before = await held();
  expect(before.copies).toHaveLength(1);
  const files = ["json", "manifest.json"].map((end) =>
    join(cwd, ".contextcore/copies/usb", `${name}.${end}`),
  );
  const now = new Date(Date.now() + 5_000);
  for (const path of files) utimesSync(path, now, now);
  for (const path of files) chmodSync(path, 0);
  expect(listedByAnybody().snapshots).toHaveLength(2);
  for (const path of files) chmodSync(path, 0o600);
  expect(await held()).toEqual(before);
});
