/** Every place has the list of what was erased, sealed as everything there is: on an empty machine nothing of it comes back. */
import { expect, setDefaultTimeout, test } from "bun:test";
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fill, inside, machine, OFF, saved, treeOf } from "../commands/machine.ts";
import { temporaryDirectory } from "../support/directory.ts";
import { erase } from "./erase-some.ts";

setDefaultTimeout(120_000);

const ETC = { backends: `${OFF}  etc: { plugin: files, path: etc }\n` };
const TREE = { plugin: "etc", file: "files/tree.jsonl" };

/** A machine whose copies lie in a place with a file that was erased here since. */
async function erasedThere(stored = "", identity?: string) {
  const lost = machine({ ...ETC, stored });
  if (identity !== undefined) await inside(lost.cwd, "keys", "check", "--identity", identity);
  fill(lost.cwd);
  const key = await saved(lost.cwd);
  const [name = ""] = readdirSync(join(lost.cwd, "backups"));
  const count = erase(lost.cwd, join(lost.cwd, "backups", name), TREE, (content) =>
    content.includes("two.conf"),
  );
  expect(count).toBe(1);
  await inside(lost.cwd, "snapshots", "copy", "latest", "--to", "offsite");
  return { ...lost, key, name, stored };
}

/** An empty machine that restores from that place. */
async function restoredElsewhere(
  { place, key, stored }: { readonly place: string; readonly key: string; readonly stored: string },
  ...args: readonly string[]
) {
  const found = machine({ ...ETC, place, stored });
  const done = await inside(
    found.cwd,
    "restore",
    "latest",
    "--place",
    "offsite",
    "--key",
    key,
    "--yes",
    ...args,
  );
  return { ...found, done, files: existsSync(join(found.cwd, "etc")) ? treeOf(join(found.cwd, "etc")) : {} };
}

const objectsIn = (place: string): string[] =>
  readdirSync(join(place, "erased"), { recursive: true, withFileTypes: true })
    .filter((one) => one.isFile())
    .map((one) => join(one.parentPath, one.name).slice(place.length + 1))
    .sort();

test("an empty machine that restores from the place leaves it out, and an older copy elsewhere does not bring it back", async () => {
  const lost = await erasedThere();
  expect(objectsIn(lost.place)).toEqual([
    expect.stringMatching(/^erased\/[0-9a-f]{16}\/1-1-1\.tags$/),
    expect.stringMatching(/^erased\/[0-9a-f]{16}\/key$/),
  ]);
  const { done, files } = await restoredElsewhere(lost);
  expect(done.exitCode, done.stderr).toBe(0);
  expect(Object.keys(files)).toEqual(["app/one.conf", "motd"]);
  expect(done.stderr).toContain("left out: etc: 1 ");

  const older = temporaryDirectory();
  const copied = Bun.spawnSync(["cp", "-R", join(lost.cwd, "backups", lost.name), older]);
  expect(copied.exitCode).toBe(0);
  rmSync(join(lost.cwd, "etc"), { recursive: true });
  const here = await inside(lost.cwd, "restore", join(older, lost.name), "--yes");
  expect(here.exitCode, here.stderr).toBe(0);
  expect(Object.keys(treeOf(join(lost.cwd, "etc")))).toEqual(["app/one.conf", "motd"]);
});

test("encrypted copies have it encrypted, to the same recipients", async () => {
  const identity = join(temporaryDirectory(), "backup.key");
  const recipient = (await inside(temporaryDirectory(), "keys", "new", identity)).stdout.trim();
  const lost = await erasedThere(`, encrypt: [${recipient}]`, identity);
  for (const name of objectsIn(lost.place)) {
    expect(name).toEndWith(".age");
    expect(readFileSync(join(lost.place, name)).toString("latin1")).toStartWith("age-encryption.org/v1\n");
  }
  const { done, files } = await restoredElsewhere(lost, "--identity", identity);
  expect([done.exitCode, Object.keys(files)], done.stderr).toEqual([0, ["app/one.conf", "motd"]]);
});

test.each([
  ["its key is gone", (place: string, key: string) => rmSync(join(place, key))],
  [
    "a batch is gone",
    (place: string, _: string, tags: string) => {
      // As if there had been one before it.
      writeFileSync(join(place, tags.replace("1-1-1", "2-2-1")), readFileSync(join(place, tags)));
      rmSync(join(place, tags));
    },
  ],
  [
    "one bit of it is another",
    (place: string, _: string, tags: string) => {
      const bytes = readFileSync(join(place, tags));
      bytes[0] = (bytes[0] ?? 0) ^ 1;
      writeFileSync(join(place, tags), bytes);
    },
  ],
])("a place is refused when %s, unless that is said, and then the trail has it", async (_, damage) => {
  const lost = await erasedThere();
  const [tags = "", key = ""] = objectsIn(lost.place);
  damage(lost.place, key, tags);
  const refused = await restoredElsewhere(lost);
  expect([refused.done.exitCode, refused.done.stderr]).toEqual([
    4,
    expect.stringContaining("--ignore-erasures"),
  ]);
  expect(refused.files).toEqual({});
  const { cwd, done, files } = await restoredElsewhere(lost, "--ignore-erasures");
  expect([done.exitCode, Object.keys(files).length], done.stderr).toEqual([0, 3]);
  expect(readFileSync(join(cwd, ".contextcore", "audit.jsonl"), "utf8")).toContain(
    '"ignored_erasures":["offsite"]',
  );
});

test("a recovery leaves it out and finds everything there; it is refused where that cannot be told", async () => {
  const lost = await erasedThere();
  const recovered = async (...args: string[]) => {
    const found = machine({ ...ETC, place: lost.place });
    const words = ["recover", "--from", "offsite", "--key", lost.key, "--yes", ...args];
    return { ...found, done: await inside(found.cwd, ...words) };
  };
  const { cwd, done } = await recovered();
  expect(done.exitCode, done.stdout + done.stderr).toBe(0);
  expect(Object.keys(treeOf(join(cwd, "etc")))).toEqual(["app/one.conf", "motd"]);
  for (const name of objectsIn(lost.place)) if (name.endsWith("key")) rmSync(join(lost.place, name));
  const refused = await recovered();
  expect([refused.done.exitCode, existsSync(join(refused.cwd, "etc"))]).toEqual([4, false]);
  expect((await recovered("--ignore-erasures")).done.exitCode).toBe(0);
});

test("what is erased later is added there, and each batch is written once", async () => {
  const lost = await erasedThere();
  const before = treeOf(join(lost.place, "erased"));
  const snapshot = join(lost.cwd, "backups", lost.name);
  erase(lost.cwd, snapshot, TREE, (content) => content.includes("motd"));
  erase(lost.cwd, snapshot, TREE, (content) => content.includes("motd"));
  await inside(lost.cwd, "snapshots", "copy", "latest", "--to", "offsite");
  expect(treeOf(join(lost.place, "erased"))).toMatchObject(before);
  expect(objectsIn(lost.place).map((name) => name.split("/").at(-1))).toEqual([
    "1-1-1.tags",
    "2-3-1.tags",
    "key",
  ]);
  const { files } = await restoredElsewhere(lost);
  expect(Object.keys(files)).toEqual(["app/one.conf"]);
  const pruned = await inside(
    lost.cwd,
    "snapshots",
    "prune",
    "--place",
    "offsite",
    "--keep-last",
    "1",
    "--yes",
  );
  expect([pruned.exitCode, objectsIn(lost.place).length], pruned.stderr).toEqual([0, 3]);
});

test("a list that cannot be read is told, and stops no copy", async () => {
  const lost = await erasedThere();
  rmSync(join(lost.cwd, ".contextcore", "erased.key"));
  rmSync(join(lost.place, "erased"), { recursive: true });
  const copied = await inside(lost.cwd, "snapshots", "copy", "latest", "--to", "offsite");
  expect([copied.exitCode, copied.stderr]).toEqual([
    0,
    expect.stringContaining("offsite did not get the list of what was erased"),
  ]);
});
