/** One person's files are found by their paths, and taken away: each only if it is still the same, and nothing else. */
import { describe, expect, test } from "bun:test";
import {
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import fc from "fast-check";
import files from "../../../plugins/files/index.ts";
import { openSubject } from "../../../src/conformance/subject.ts";
import type { Found } from "../../../src/contract/contract.ts";
import { NEVER } from "../../../src/units/time-limit.ts";
import { temporaryDirectory } from "../../support/directory.ts";

/** Makes a tree of files, each with its own name in it. */
function treeOf(...names: readonly string[]): string {
  const path = temporaryDirectory();
  for (const name of names) {
    mkdirSync(dirname(join(path, name)), { recursive: true });
    writeFileSync(join(path, name), name);
  }
  return path;
}

async function open(path: string, options: Readonly<Record<string, unknown>> = {}) {
  const subject = openSubject({
    declaration: files,
    origin: "built-in",
    face: "backend",
    options: { path, ...options },
  });
  const backend = await subject.backend();
  return {
    find: (where: string, id = "4711"): Promise<Found[]> =>
      Array.fromAsync(backend.find?.({ id, where }, NEVER) ?? []),
    erase: async (found: readonly Found[]) => (await backend.erase?.({ id: "4711", found }, NEVER))?.outcomes,
  };
}

const counts = (found: readonly Found[]) => Object.fromEntries(found.map(({ unit, count }) => [unit, count]));
const left = (path: string): string[] => readdirSync(path, { recursive: true, encoding: "utf8" }).sort();

describe("a path is theirs", () => {
  const tree = treeOf(
    "users/12/a/b",
    "users/123/a",
    "logs/12.json",
    "logs/deep/12.json",
    "logs/112.json",
    "out/order-12-last.csv",
    "out/order-123.csv",
    "out/12_draft.csv",
  );
  test.each([
    ["users/{id}", { files: 1, directories: 2 }],
    ["users/{id}/**", { files: 1, directories: 2 }],
    ["/users/{id}/", { files: 1, directories: 2 }],
    ["{id}.json", { files: 2 }],
    ["logs/{id}.json", { files: 1 }],
    ["logs/**/{id}.json", { files: 2 }],
    ["out/*{id}*", { files: 1 }],
    ["out/order-{id}", {}],
    ["out/order-{id}?.csv", {}],
    ["**/{id}", { files: 1, directories: 2 }],
  ])("%s", async (where, expected) => {
    const { find } = await open(tree);
    expect(counts(await find(where, "12"))).toEqual(expected);
  });

  test.each([
    ["users/12", "it has no {id}"],
    ["users/{id,x}", "{ has no meaning in it"],
    ["users/[{id}]", "[ has no meaning in it"],
  ])("%s says nothing", async (where, message) => {
    const { find } = await open(tree);
    expect(find(where, "12")).rejects.toThrow(message);
  });

  test.each(["", "*", "..", "%-"])("%p is no identifier", async (id) => {
    const { find } = await open(tree);
    expect(find("users/{id}", id)).rejects.toThrow("matches no word");
  });

  test("an identifier leads nowhere else", async () => {
    const { find } = await open(join(tree, "logs"));
    expect(find("{id}", "../users/12")).rejects.toThrow("with a slash is in no name");
  });
});

test("whatever the identifier has in it is no pattern, and no neighbour goes", () =>
  fc.assert(
    fc.asyncProperty(
      fc.stringMatching(/^[a-z0-9*?\\.+()^$ é-]{2,12}$/).filter((id) => /[a-z0-9]/.test(id)),
      async (id) => {
        const others = ["x1", `${id}1`, `1${id}`, "deep"].filter(
          (name) => name !== id && !/^\.+$/.test(name),
        );
        const tree = treeOf(`users/${id}/letter`, ...others.map((name) => `users/${name}/letter`));
        const { find, erase } = await open(tree);
        await erase(await find("users/{id}", id));
        expect(await find("users/{id}", id)).toEqual([]);
        expect(readdirSync(join(tree, "users")).sort()).toEqual([...new Set(others)].sort());
        rmSync(tree, { recursive: true });
      },
    ),
    { numRuns: 60 },
  ));

test("what is left out of snapshots is found, too", async () => {
  const { find } = await open(treeOf("cache/4711/a"), { exclude: ["cache/**"] });
  expect(counts(await find("cache/{id}"))).toEqual({ files: 1, directories: 1 });
});

test("nothing tells the identifier, and what is left keeps its time", async () => {
  const tree = treeOf("users/4711/a", "users/5/a");
  utimesSync(join(tree, "users"), 1_000_000_000, 1_000_000_000);
  const { find, erase } = await open(tree);
  const found = await find("users/{id}");
  expect(found.map(({ where }) => where)).toEqual(Array(2).fill("paths like users/{id}"));
  expect(await erase(found)).toEqual([
    { state: "erased", count: 1 },
    { state: "erased", count: 1 },
  ]);
  expect(left(tree)).toEqual(["users", "users/5", "users/5/a"]);
  expect(statSync(join(tree, "users")).mtimeMs).toBe(1_000_000_000_000);
  // Asked again, it is still gone.
  expect((await erase(found))?.map(({ state }) => state)).toEqual(["erased", "erased"]);
});

describe("what has changed since it was found stays", () => {
  test("another file of that name", async () => {
    const tree = treeOf("users/4711.txt", "new");
    const { find, erase } = await open(tree);
    const found = await find("users/{id}.txt");
    renameSync(join(tree, "new"), join(tree, "users/4711.txt"));
    expect(await erase(found)).toEqual([
      { state: "owed", count: 1, reason: expect.stringContaining("something else has their names") },
    ]);
    expect(existsSync(join(tree, "users/4711.txt"))).toBe(true);
    expect((await erase(await find("users/{id}.txt")))?.[0]?.state).toBe("erased");
  });

  test("a link in the place of a directory leads nowhere", async () => {
    const [tree, outside] = [treeOf("users/4711/a"), treeOf("a")];
    const { find, erase } = await open(tree);
    const found = await find("users/{id}/**");
    rmSync(join(tree, "users/4711"), { recursive: true });
    symlinkSync(outside, join(tree, "users/4711"));
    expect((await erase(found))?.map(({ state }) => state)).toEqual(["owed", "owed"]);
    expect(existsSync(join(outside, "a"))).toBe(true);
  });

  test("a directory with something new in it", async () => {
    const tree = treeOf("users/4711/a");
    const { find, erase } = await open(tree);
    const found = await find("users/{id}");
    writeFileSync(join(tree, "users/4711/b"), "new");
    expect(await erase(found)).toEqual([
      { state: "erased", count: 1 },
      { state: "owed", count: 1, reason: expect.stringContaining("was not found before") },
    ]);
    expect(left(join(tree, "users/4711"))).toEqual(["b"]);
  });
});

test("a file with a name that was not found stays, and one of which every name was found goes", async () => {
  const tree = treeOf("users/4711/a", "users/4711/b");
  linkSync(join(tree, "users/4711/a"), join(tree, "backup"));
  linkSync(join(tree, "users/4711/b"), join(tree, "users/4711/c"));
  const { find, erase } = await open(tree);
  const outcomes = await erase(await find("users/{id}"));
  expect(outcomes?.map(({ state }) => state).sort()).toEqual(["erased", "erased", "impossible", "owed"]);
  expect(outcomes?.find(({ state }) => state === "impossible")?.reason).toContain("other names");
  expect(left(tree)).toEqual(["backup", "users", "users/4711", "users/4711/a"]);
});

test("more than one reference holds", async () => {
  const tree = treeOf(...Array.from({ length: 1_203 }, (_, n) => `users/4711/${n}/letter`));
  const { find, erase } = await open(tree);
  const found = await find("users/{id}");
  expect(found.reduce((sum, { count }) => sum + count, 0)).toBe(2 * 1_203 + 1);
  expect((await erase(found))?.every(({ state }) => state === "erased")).toBe(true);
  expect(left(tree)).toEqual(["users"]);
});
