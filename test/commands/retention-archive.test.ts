/** Old rows of a ledger move into a place: not before they are proved there, not without agreement, and back again. */
import { Database } from "bun:sqlite";
import { expect, setDefaultTimeout, test } from "bun:test";
import { existsSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { isInFiles } from "../plugins/sqlite/people.ts";
import { temporaryDirectory } from "../support/directory.ts";
import { eventsIn } from "../support/printed.ts";
import { archive, copies, DELETE, inside, project, rowsOf } from "./archive-project.ts";

setDefaultTimeout(120_000); // two cores are shared with other test files

test("old rows are saved, copied, proved there, and then removed here; the chain holds, and they come back", async () => {
  const { cwd, path } = project(DELETE);
  const before = rowsOf(path);
  const looked = await archive(cwd, "--dry-run");
  expect([looked.exitCode, looked.stdout]).toEqual([0, expect.stringMatching(/worm: 2(69|70|71) rows/)]);
  expect((await archive(cwd)).exitCode).toBe(4);
  expect([rowsOf(path), copies(cwd)]).toEqual([before, []]);

  const done = await archive(cwd, "--yes", "--json");
  expect(done.exitCode, done.stderr).toBe(0);
  const { archived } = JSON.parse(done.stdout).archives[0];
  const gone = archived.removed.rows;
  expect(archived).toMatchObject({ counts: { rows: gone }, state: "expired" });
  expect(rowsOf(path)).toEqual(before.slice(gone));
  expect(copies(cwd)).toEqual([archived.snapshot.name]);
  expect(isInFiles(path, "entry 0 ")).toBe(false);
  const note = JSON.parse(readFileSync(`${path}.archive.jsonl`, "utf8"));
  expect([note.rows, note.first.id, note.last.id, note.snapshot]).toEqual([
    gone,
    "e-0",
    `e-${gone - 1}`,
    { name: archived.snapshot.name, sha256: archived.snapshot.sha256, place: "offsite" },
  ]);
  const events = eventsIn((await inside(cwd, "audit", "--operation", "retention_archive", "--json")).stdout);
  expect(events.map(({ outcome }) => outcome).slice(-2)).toEqual(["started", "success"]);

  const exported = await inside(cwd, "export", "--all");
  expect(exported.exitCode, exported.stderr).toBe(0);
  const again = await archive(cwd, "--yes");
  expect([again.exitCode, again.stderr]).toEqual([0, expect.stringContaining("nothing was archived")]);

  rmSync(join(cwd, "backups"), { recursive: true });
  const restored = await inside(cwd, "restore", `offsite:${archived.snapshot.name}`, "--yes");
  expect(restored.exitCode, restored.stderr).toBe(0);
  expect(rowsOf(path)).toEqual(before);
  const whole = await inside(cwd, "export", "--all");
  expect(whole.exitCode, whole.stderr).toBe(0);
});

test("an archive is read beside the ledger, and its chain is proved there", async () => {
  const { cwd, path } = project(DELETE);
  const before = rowsOf(path);
  const done = await archive(cwd, "--yes", "--json");
  const { snapshot, removed } = JSON.parse(done.stdout).archives[0].archived;
  const beside = join(cwd, "read.db");
  {
    using database = new Database(path);
    const { sql } = database
      .query<{ sql: string }, []>("SELECT sql FROM sqlite_schema WHERE name = 'entries'")
      .get() ?? { sql: "" };
    using empty = new Database(beside, { create: true });
    empty.run(sql);
  }
  const elsewhere = ["--set", `backends.worm.path=${beside}`];
  const read = await inside(cwd, "restore", `offsite:${snapshot.name}`, "--yes", ...elsewhere);
  expect(read.exitCode, read.stderr).toBe(0);
  expect(rowsOf(beside)).toEqual(before.slice(0, removed.rows));
  const proved = await inside(cwd, "export", "--all", ...elsewhere);
  expect(proved.exitCode, proved.stderr).toBe(0);
  // A hash that was changed there is noticed, so the chain was looked at.
  {
    using database = new Database(beside);
    database.run("UPDATE entries SET hash = 'forged' WHERE id = 'e-7'");
  }
  expect((await inside(cwd, "export", "--all", ...elsewhere)).exitCode).toBe(3);
});

test("what cannot be let go of is not archived to be deleted, and is archived once to be kept", async () => {
  const { cwd, path } = project(DELETE);
  {
    using database = new Database(path);
    database.run(
      "CREATE TRIGGER worm BEFORE DELETE ON entries BEGIN SELECT RAISE(ABORT, 'append only'); END",
    );
  }
  const refused = await archive(cwd, "--yes");
  expect([refused.exitCode, refused.stderr]).toEqual([3, expect.stringContaining("by its trigger worm")]);
  expect(copies(cwd)).toEqual([]);
  const keep = ["--set", "archive={worm: {after: 730d, to: offsite, then: keep}}"];
  const kept = await archive(cwd, "--yes", ...keep);
  expect(kept.exitCode, kept.stderr).toBe(0);
  expect([rowsOf(path).length, copies(cwd).length]).toEqual([1_000, 1]);
  const again = await archive(cwd, "--yes", ...keep);
  expect([again.exitCode, copies(cwd).length]).toEqual([0, 1]);
});

test("with the whole file in it an archive would take the ledger's place, so nothing goes", async () => {
  const { cwd, path } = project(DELETE);
  const { exitCode, stderr } = await archive(cwd, "--yes", "--set", "backends.worm.save=both");
  expect([exitCode, stderr]).toEqual([3, expect.stringContaining("set `save: rows`")]);
  expect([rowsOf(path).length, copies(cwd)]).toEqual([1_000, []]);
});

test("nothing goes when the place cannot be written: it is owed, and goes on where it stopped", async () => {
  const { cwd, path } = project(DELETE);
  const failed = await archive(cwd, "--yes", "--set", "stores.offsite.path=worm.db/below");
  expect([failed.exitCode, failed.stderr]).toEqual([3, expect.stringContaining("worm is still here")]);
  expect(rowsOf(path)).toHaveLength(1_000);
  expect(existsSync(`${path}.archive.jsonl`)).toBe(false);
  const done = await archive(cwd, "--yes");
  expect(done.exitCode, done.stderr).toBe(0);
  expect([rowsOf(path).length < 1_000, copies(cwd).length]).toEqual([true, 1]);
});

test("an encrypted place is proved with its identity, and nothing goes without", async () => {
  const { cwd, path } = project(DELETE);
  const key = join(temporaryDirectory(), "own.key");
  const recipient = (await inside(cwd, "keys", "new", key)).stdout.trim();
  await inside(cwd, "keys", "check", "--identity", key);
  const encrypted = ["--set", `stores.offsite.encrypt=[${recipient}]`];
  const blind = await archive(cwd, "--yes", ...encrypted);
  expect([blind.exitCode, blind.stderr]).toEqual([3, expect.stringContaining("its identity is not here")]);
  expect(rowsOf(path)).toHaveLength(1_000);
  const seeing = await archive(cwd, "--yes", "--identity", key, ...encrypted);
  expect(seeing.exitCode, seeing.stderr).toBe(0);
  expect([rowsOf(path).length < 1_000, copies(cwd).length]).toEqual([true, 1]);
});

test("what is held stays, and is named; when the hold has ended it goes", async () => {
  const { cwd, path } = project(DELETE);
  const hold = ["retention", "hold"];
  await inside(cwd, ...hold, "add", "audit-2026", "--backend", "worm", "--to", "750d", "--no-export");
  const held = await archive(cwd, "--yes");
  expect([held.exitCode, held.stderr]).toEqual([0, expect.stringContaining("held by audit-2026")]);
  expect([rowsOf(path).length, copies(cwd)]).toEqual([1_000, []]);
  await inside(cwd, ...hold, "end", "audit-2026", "--yes");
  await inside(cwd, ...hold, "add", "later", "--backend", "worm", "--from", "30d", "--no-export");
  expect((await archive(cwd, "--yes")).exitCode).toBe(0);
  expect(rowsOf(path).length).toBeLessThan(1_000);
});

test("a policy under which nothing would be left, and a clock that is behind the ledger, let nothing go", async () => {
  const { cwd, path } = project(DELETE);
  {
    using database = new Database(path);
    database.run("DELETE FROM entries WHERE rowid > 200");
  }
  const all = await archive(cwd, "--yes");
  expect([all.exitCode, all.stderr]).toEqual([3, expect.stringContaining("all of it is older than")]);
  {
    using database = new Database(path);
    database.query("INSERT INTO entries VALUES ('e-x', ?, 'x', '', '')").run(Date.now() + 86_400_000);
  }
  const early = await archive(cwd, "--yes");
  expect([early.exitCode, early.stderr]).toEqual([3, expect.stringContaining("a clock that is wrong")]);
  expect([rowsOf(path).length, copies(cwd)]).toEqual([201, []]);
});

test.each([
  ["{ after: 730d, to: nowhere }", 2, "there is no store called"],
  ["{ after: 0s, to: offsite }", 2, "not between 1d and 100y"],
  ["{ after: 730d, to: offsite, then: burn }", 2, "archive.worm.then"],
])("%s", async (written, exitCode, message) => {
  const checked = await inside(project(written).cwd, "config", "check");
  expect([checked.exitCode, checked.stdout + checked.stderr]).toEqual([
    exitCode,
    expect.stringContaining(message),
  ]);
});
