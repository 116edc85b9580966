/** The service's database: its owner's alone, brought up to date once, and told apart from what is none. */
import { expect, test } from "bun:test";
import { chmodSync, readFileSync, statSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { DatabaseError, openDatabase, openDatabaseToRead } from "../../src/service/database.ts";
import { UnsafeFileError } from "../../src/storage/unsafe-file.ts";
import { temporaryDirectory } from "../support/directory.ts";

const fileOf = (project: string): string => join(project, ".contextcore", "service.db");

const RUN =
  "INSERT INTO runs (id, kind, state, params, user, via, host, created_at, heartbeat_at) VALUES (?, 'export', 'queued', ?, 'kim', 'api', 'here', 0, 0)";

test("a new one is its owner's alone, and so is what SQLite puts beside it", () => {
  const project = temporaryDirectory();
  const database = openDatabase(project);
  database.run(RUN, ["1", "{}"]);
  for (const suffix of ["", "-wal", "-shm"])
    expect(statSync(`${fileOf(project)}${suffix}`).mode & 0o777).toBe(0o600);
  expect(statSync(join(project, ".contextcore")).mode & 0o777).toBe(0o700);
  database.close(true);
});

test("what was written is there at the next start, and for a reader at the same time", () => {
  const project = temporaryDirectory();
  expect(openDatabaseToRead(project)).toBeUndefined();
  const first = openDatabase(project);
  first.run(RUN, ["1", "{}"]);
  const second = openDatabase(project);
  second.run(RUN, ["2", "{}"]);
  const reader = openDatabaseToRead(project);
  expect(reader?.query("SELECT id FROM runs ORDER BY id").all()).toEqual([{ id: "1" }, { id: "2" }]);
  expect(() => reader?.run("DELETE FROM runs")).toThrow("readonly");
  for (const one of [first, second, reader]) one?.close();
});

test("a run is ended with an outcome, or not at all", () => {
  const database = openDatabase(temporaryDirectory());
  database.run(RUN, ["1", "{}"]);
  expect(() => database.run("UPDATE runs SET state = 'ended'")).toThrow("CHECK");
  expect(() => database.run("UPDATE runs SET state = 'sleeping'")).toThrow("CHECK");
  database.run("UPDATE runs SET state = 'ended', outcome = 'success', ended_at = 1");
  database.close();
});

test("what is deleted leaves no text in the file", () => {
  const project = temporaryDirectory();
  const database = openDatabase(project);
  const text = "a-word-that-nobody-may-find";
  database.run(RUN, ["1", JSON.stringify({ text })]);
  database.run("PRAGMA wal_checkpoint(TRUNCATE)");
  expect(readFileSync(fileOf(project)).includes(text)).toBe(true);
  database.run("DELETE FROM runs");
  database.run("PRAGMA wal_checkpoint(TRUNCATE)");
  expect(readFileSync(fileOf(project)).includes(text)).toBe(false);
  database.close();
});

test("one of a later version is left alone", () => {
  const project = temporaryDirectory();
  const database = openDatabase(project);
  database.run("PRAGMA user_version = 1000");
  database.close(true);
  expect(() => openDatabase(project)).toThrow("another version");
  expect(() => openDatabaseToRead(project)).toThrow("another version");
});

test.each([openDatabase, openDatabaseToRead])("what is no database of ours is told: %p", (open) => {
  const project = temporaryDirectory({
    ".contextcore/service.db": "something else, and longer than a header of SQLite".repeat(9),
  });
  expect(() => open(project)).toThrow(UnsafeFileError);
  chmodSync(fileOf(project), 0o600);
  expect(() => open(project)).toThrow(DatabaseError);
  const linked = temporaryDirectory({ other: "" });
  openDatabase(linked).close(true);
  const away = temporaryDirectory({ ".contextcore/none": "" });
  symlinkSync(fileOf(linked), fileOf(away));
  expect(() => open(away)).toThrow(UnsafeFileError);
});

test("a log of SQLite's that is a link to elsewhere is not written through", () => {
  const project = temporaryDirectory({ other: "mine" });
  openDatabase(project).close(true);
  symlinkSync(join(project, "other"), `${fileOf(project)}-wal`);
  expect(() => openDatabase(project).run(RUN, ["1", "{}"])).toThrow();
  expect(readFileSync(join(project, "other"), "utf8")).toBe("mine");
});
