/** What is in the place of a database that is to be restored: a link, somebody's open file, a ruin. */
import { Database } from "bun:sqlite";
import { expect, setDefaultTimeout, test } from "bun:test";
import {
  copyFileSync,
  linkSync,
  lstatSync,
  lutimesSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { makeDatabase } from "./databases.ts";
import { exported, inside, project, restore } from "./project.ts";

setDefaultTimeout(60_000); // two cores are shared with other test files

/** A project whose database is saved, and has no task any more. */
async function emptied(path = "app.db"): Promise<{ readonly cwd: string; readonly path: string }> {
  const cwd = project("path: app.db");
  const whole = join(cwd, path);
  mkdirSync(join(whole, ".."), { recursive: true });
  makeDatabase(whole).close();
  if (path !== "app.db") symlinkSync(path, join(cwd, "app.db"));
  expect((await exported(cwd, "--all")).exitCode).toBe(0);
  using database = new Database(whole);
  database.run("DELETE FROM tasks");
  return { cwd, path: whole };
}

function tasksIn(path: string): number {
  using database = new Database(path, { readonly: true });
  return database.query<{ n: number }, []>("SELECT count(*) AS n FROM tasks").get()?.n ?? -1;
}

test("a link stays one: the database that it leads to is restored, also when that is gone", async () => {
  const { cwd, path } = await emptied("large/disk/real.db");
  expect((await restore(cwd)).exitCode).toBe(0);
  expect([lstatSync(join(cwd, "app.db")).isSymbolicLink(), tasksIn(path)]).toEqual([true, 1_201]);
  rmSync(path);
  expect((await restore(cwd)).exitCode).toBe(0);
  expect([lstatSync(join(cwd, "app.db")).isSymbolicLink(), tasksIn(path)]).toEqual([true, 1_201]);
});

test.skipIf(process.getuid?.() !== 0)("a link that another user made is not followed", async () => {
  const { cwd, path } = await emptied("real/real.db");
  const link = join(cwd, "app.db");
  Bun.spawnSync(["chown", "-h", "65534", link]);
  lutimesSync(link, 1, 1);
  const { exitCode, stdout, stderr } = await restore(cwd);
  expect([exitCode, stdout + stderr]).toEqual([1, expect.stringContaining("a link that another user made")]);
  expect(tasksIn(path)).toBe(0);
});

test("a program that has it open under another name is found, and told before anything is asked", async () => {
  const { cwd, path } = await emptied();
  const changed = readFileSync(path);
  // As a program in a container has it: by another path.
  linkSync(path, join(cwd, "other name"));
  const child = Bun.spawn(["tail", "-f", join(cwd, "other name")], { stdout: "ignore" });
  try {
    const planned = await inside(cwd, "restore", "latest", "--dry-run");
    expect(planned.stdout + planned.stderr).toMatch(/would be refused: .*app\.db is open in tail/);
    const { exitCode, stderr } = await restore(cwd);
    expect([exitCode, stderr]).toEqual([1, expect.stringMatching(/missing: .*open in tail \(process \d+\)/)]);
  } finally {
    child.kill();
    await child.exited;
  }
  expect(readFileSync(path).equals(changed)).toBe(true);
});

test.each([
  ["what is no database", (bytes: Buffer) => bytes.fill(7)],
  ["a damaged database", (bytes: Buffer) => bytes.fill(7, 100)],
])("%s is left, with a word of what to do; moved away, it makes room", async (_, damage) => {
  const { cwd, path } = await emptied();
  writeFileSync(path, damage(readFileSync(path)));
  const { exitCode, stdout, stderr } = await restore(cwd);
  expect([exitCode, stdout + stderr]).toEqual([1, expect.stringContaining("Move it away and restore again")]);
  renameSync(path, `${path}.damaged`);
  expect((await restore(cwd)).exitCode).toBe(0);
  expect(tasksIn(path)).toBe(1_201);
});

test("a database whose program has functions of its own is sound, and takes another one's place", async () => {
  const cwd = project("path: app.db");
  const path = join(cwd, "app.db");
  const made = Bun.spawnSync(["python3", "-c", WITH_COLLATION, path]);
  expect(made.stderr.toString()).toBe("");
  const { exitCode, text } = await exported(cwd, "--all");
  expect(exitCode, text).toBe(0);
  const shown = await inside(cwd, "snapshots", "show", "latest", "--json");
  expect(shown.stdout).toContain("no such collation sequence: unicase");
  const saved = readFileSync(path);
  copyFileSync(path, join(cwd, "other"));
  using database = new Database(path);
  database.run("PRAGMA user_version = 7");
  database.close();
  expect((await restore(cwd)).exitCode).toBe(0);
  // The backup counts its writes in the header, anew.
  expect(readFileSync(path).subarray(100).equals(saved.subarray(100))).toBe(true);
});

const WITH_COLLATION = `
import sqlite3, sys
database = sqlite3.connect(sys.argv[1])
database.create_collation("unicase", lambda a, b: (a > b) - (a < b))
database.execute("CREATE TABLE cards (front TEXT COLLATE unicase)")
database.execute("CREATE INDEX by_front ON cards (front)")
database.execute("CREATE TABLE loose (of INTEGER REFERENCES cards (front))")
database.execute("INSERT INTO cards VALUES ('a'), ('b')")
database.execute("INSERT INTO loose VALUES (1)")
database.commit()
`;
