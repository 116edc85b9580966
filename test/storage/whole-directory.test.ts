/** A directory appears with all that it holds, and goes with its name first. */
import { expect, test } from "bun:test";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import {
  beginDirectory,
  namesIn,
  publishDirectory,
  publishInto,
  removeDirectory,
} from "../../src/storage/whole-directory.ts";
import { temporaryDirectory } from "../support/directory.ts";

test("it is begun once, with those above it, and appears under its name with all that it holds", async () => {
  const at = join(temporaryDirectory(), "above/kept");
  const partial = join(at, ".one.partial");
  expect(await beginDirectory(partial)).toBe(true);
  expect(await beginDirectory(partial)).toBe(false);
  writeFileSync(join(partial, "file"), "text");
  await publishDirectory(partial, join(at, "one"));
  expect(readdirSync(at)).toEqual(["one"]);
  expect(readFileSync(join(at, "one/file"), "utf8")).toBe("text");
});

test("what is in the way of its name stays", async () => {
  const at = temporaryDirectory({ "one/mine": "kept", ".one.partial/file": "new" });
  await expect(publishDirectory(join(at, ".one.partial"), join(at, "one"))).rejects.toThrow("ENOTEMPTY");
  expect(readFileSync(join(at, "one/mine"), "utf8")).toBe("kept");
});

test("what is moved into a directory that is there leaves nothing of the one that it was in", async () => {
  const at = temporaryDirectory({ "there/.hidden": "kept", ".there.partial/a/b": "text" });
  await publishInto(join(at, ".there.partial"), join(at, "there"));
  expect(readdirSync(at)).toEqual(["there"]);
  expect(await namesIn(join(at, "there"))).toEqual([".hidden", "a"]);
});

test("its name is gone before its files are: one that cannot be renamed keeps both", async () => {
  const at = temporaryDirectory({ "one/file": "text", "two/file": "text", "doomed/in the way": "" });
  const seen: boolean[] = [];
  await removeDirectory(join(at, "one"), join(at, ".one.removed"), () => {
    seen.push(existsSync(join(at, "one")), existsSync(join(at, ".one.removed/file")));
  });
  expect(seen).toEqual([false, true]);
  await expect(removeDirectory(join(at, "two"), join(at, "doomed"), () => seen.push(true))).rejects.toThrow();
  expect(seen).toHaveLength(2);
  expect(readdirSync(at).sort()).toEqual(["doomed", "two"]);
});

test("a directory that is not there has no names; a file that stands there is an error", async () => {
  const at = temporaryDirectory({ file: "" });
  mkdirSync(join(at, "b"));
  expect(await namesIn(join(at, "none"))).toEqual([]);
  expect(await namesIn(at)).toEqual(["b", "file"]);
  await expect(namesIn(join(at, "file"))).rejects.toThrow("ENOTDIR");
});
