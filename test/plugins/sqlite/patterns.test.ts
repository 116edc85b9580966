/** Many databases by a pattern: one in a bad state costs itself, and nothing is written outside of the pattern's directory. */
import { Database } from "bun:sqlite";
import { expect, setDefaultTimeout, test } from "bun:test";
import { chmodSync, existsSync, mkdirSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { binary, cleanEnv } from "../../support/binary.ts";
import { temporaryDirectory } from "../../support/directory.ts";
import { makeDatabase, makeLedger } from "./databases.ts";
import { exported, inside, ledger, project, restore } from "./project.ts";

setDefaultTimeout(60_000); // two cores are shared with other test files

/** A project with these databases below `data`. */
function withDatabases(
  names: readonly string[],
  options = "",
): { readonly cwd: string; readonly data: string } {
  const cwd = project(`path: "data/**/*.db"${options}`);
  const data = join(cwd, "data");
  for (const name of names) {
    mkdirSync(join(data, name, ".."), { recursive: true });
    makeDatabase(join(data, name)).close();
  }
  return { cwd, data };
}

test("encrypted, damaged, locked and unreadable databases are named, and the others are saved", async () => {
  const { cwd, data } = withDatabases(["a.db", "closed/in.db", "locked.db", "mine.db", "z.db"]);
  writeFileSync(join(data, "encrypted.db"), `SQLite format 3\0${"\u0001".repeat(8_000)}`);
  for (const name of ["closed", "mine.db"]) chmodSync(join(data, name), 0);
  using locked = new Database(join(data, "locked.db"));
  locked.run("BEGIN EXCLUSIVE");
  // Root may read everything: without these rights it is as anybody else.
  const user =
    process.getuid?.() === 0 ? ["setpriv", "--bounding-set", "-dac_override,-dac_read_search"] : [];
  const command = [...user, binary, "export", "--all", "--json"];
  const { exitCode, stdout } = Bun.spawnSync(command, { cwd, env: cleanEnv(cwd) });
  const { backends } = JSON.parse(stdout.toString());
  chmodSync(join(data, "closed"), 0o700);
  const named: string[] = backends[0].problems.flatMap(({ items }: { items: string[] }) => items);
  expect([exitCode, backends[0].counts]).toEqual([3, { databases: 2 }]);
  for (const name of ["encrypted.db", "locked.db", "mine.db", "closed"])
    expect(named).toContainEqual(expect.stringContaining(join(data, name)));
  const { stderr: shown } = await inside(cwd, "inventory");
  expect(shown).toContain("encrypted.db is not a SQLite database, or it is encrypted");
});

test("a database without the ledger's table costs its own rows", async () => {
  const { cwd, data } = withDatabases(["other.db"], `, save: rows, ledger: ${ledger}`);
  makeLedger(join(data, "worm.db"), 10).close();
  const { exitCode, worm, text } = await exported(cwd, "--all");
  expect([exitCode, worm.counts, text]).toEqual([
    3,
    { rows: 10 },
    expect.stringContaining("has no table entries"),
  ]);
  const looked = await inside(cwd, "inventory");
  expect([looked.exitCode, looked.stderr]).toEqual([0, expect.stringContaining("has no table entries")]);
});

test("nothing is written through a link below the directory, and all others are restored", async () => {
  const { cwd, data } = withDatabases(["a.db", "deep/b.db", "c.db"]);
  expect((await exported(cwd, "--all")).exitCode).toBe(0);
  rmSync(data, { recursive: true });
  mkdirSync(data);
  const outside = temporaryDirectory();
  symlinkSync(outside, join(data, "deep"));
  symlinkSync(join(outside, "c.db"), join(data, "c.db"));
  const { exitCode, stderr } = await restore(cwd);
  expect([exitCode, stderr]).toEqual([3, expect.stringContaining("nothing is written through it")]);
  expect([existsSync(join(data, "a.db")), readdirSync(outside)]).toEqual([true, []]);
});
