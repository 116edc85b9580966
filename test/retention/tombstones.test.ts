/** Tombstones: what was erased is known again, by whoever has the record and the key, and by nobody else. */
import { expect, test } from "bun:test";
import { chmodSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { TombstoneError } from "../../src/retention/tombstones/error.ts";
import { openTombstones } from "../../src/retention/tombstones/tombstones.ts";
import { isThere } from "../../src/storage/entries.ts";
import { UnsafeFileError } from "../../src/storage/unsafe-file.ts";
import { temporaryDirectory } from "../support/directory.ts";

const LOGS = { plugin: "loki", file: "logs.json" };
const inside = (directory: string, name: string): string => join(directory, ".contextcore", name);

test("a project where nothing was erased gets no file, and nothing was erased in it", () => {
  const directory = temporaryDirectory();
  using tombstones = openTombstones({ directory });
  expect(tombstones.isErased(LOGS, "a line")).toBe(false);
  expect(tombstones.size).toBe(0);
  expect(isThere(join(directory, ".contextcore"))).toBe(false);
});

test("what was erased is known to every process that begins later, of its backend and its file alone", () => {
  const directory = temporaryDirectory();
  const first = openTombstones({ directory });
  first.add(LOGS, ["one", "two", "two"]);
  first.add(LOGS, ["two", "three"]);
  first.close();
  using later = openTombstones({ directory });
  expect(["one", "two", "three", "four"].map((content) => later.isErased(LOGS, content))).toEqual([
    true,
    true,
    true,
    false,
  ]);
  expect(later.isErased({ ...LOGS, plugin: "loki-eu" }, "one")).toBe(false);
  expect(later.isErased({ ...LOGS, file: "loki/rules.json" }, "one")).toBe(false);
  expect(later.size).toBe(3);
});

test("an open one soon knows what another process adds, also where there was nothing before", () => {
  const directory = temporaryDirectory();
  using reader = openTombstones({ directory });
  expect(reader.isErased(LOGS, "one")).toBe(false);
  using writer = openTombstones({ directory });
  writer.add(LOGS, ["one"]);
  expect(reader.isErased(LOGS, "one")).toBe(true);
  writer.add(LOGS, ["two"]);
  soonKnows(reader, "two");
  reader.add(LOGS, ["three"]);
  expect(reader.isErased(LOGS, "three")).toBe(true);
  soonKnows(writer, "three");
});

function soonKnows(tombstones: ReturnType<typeof openTombstones>, content: string): void {
  const deadline = performance.now() + 5_000;
  while (!tombstones.isErased(LOGS, content) && performance.now() < deadline);
  expect(tombstones.isErased(LOGS, content)).toBe(true);
}

test("no file of it holds what was erased, and each is its owner's alone", () => {
  const directory = temporaryDirectory();
  using tombstones = openTombstones({ directory });
  const content = "a-line-that-nobody-may-find";
  tombstones.add(LOGS, [content]);
  for (const name of ["erased.db", "erased.db-wal", "erased.key"]) {
    expect(readFileSync(inside(directory, name)).includes(content)).toBe(false);
    expect(statSync(inside(directory, name)).mode & 0o777).toBe(0o600);
  }
});

test("two projects have two keys: the tombstones of one say nothing to the other", () => {
  const [one, other] = [temporaryDirectory(), temporaryDirectory()];
  for (const directory of [one, other]) {
    using tombstones = openTombstones({ directory });
    tombstones.add(LOGS, ["a line"]);
  }
  const keys = [one, other].map((directory) => readFileSync(inside(directory, "erased.key"), "utf8"));
  expect(keys[0]).not.toBe(keys[1]);
  writeFileSync(inside(one, "erased.key"), keys[1] ?? "");
  using mixed = openTombstones({ directory: one });
  expect(mixed.isErased(LOGS, "a line")).toBe(false);
});

test("without its key, with a damaged one or a damaged list, it is said and nothing is taken for kept", () => {
  const directory = temporaryDirectory();
  const first = openTombstones({ directory });
  first.add(LOGS, ["a line"]);
  first.close();
  const asked = (): boolean => {
    using tombstones = openTombstones({ directory });
    return tombstones.isErased(LOGS, "a line");
  };
  const key = readFileSync(inside(directory, "erased.key"), "utf8");
  writeFileSync(inside(directory, "erased.key"), key.slice(2));
  expect(asked).toThrow(TombstoneError);
  writeFileSync(inside(directory, "erased.key"), key);
  chmodSync(inside(directory, "erased.key"), 0o644);
  expect(asked).toThrow(UnsafeFileError);
  rmSync(inside(directory, "erased.key"));
  expect(asked).toThrow("is gone");
  writeFileSync(inside(directory, "erased.key"), key, { mode: 0o600 });
  expect(asked()).toBe(true);
  writeFileSync(inside(directory, "erased.db"), "no database at all, and longer than a page's header is");
  expect(asked).toThrow(TombstoneError);
});

test("of many none is forgotten, and of what was never erased none is taken for it", () => {
  const directory = temporaryDirectory();
  const contents = Array.from({ length: 60_000 }, (_, n) => `line ${n}`);
  {
    using tombstones = openTombstones({ directory });
    tombstones.add(LOGS, contents);
  }
  using later = openTombstones({ directory });
  expect(later.size).toBe(contents.length);
  expect(contents.filter((content) => !later.isErased(LOGS, content))).toEqual([]);
  expect(contents.filter((content) => later.isErased(LOGS, `${content}x`))).toEqual([]);
});
