/** An increment reads the lines of its parent beside the walk, so the two must go in the same order. */
import { expect, test } from "bun:test";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { placeOf } from "../../../plugins/files/names.ts";
import { comesBefore, createParentLines } from "../../../plugins/files/parent-lines.ts";
import { walk } from "../../../plugins/files/walk.ts";
import { temporaryDirectory } from "../../support/directory.ts";
import { exported, project, settle } from "./project.ts";

/** Names whose order a careless comparison gets wrong, alone and as directories that have each other in them. */
const NAMES = [
  "a",
  "a!",
  "a-b",
  "a.b",
  "a0",
  "ab",
  "A",
  "ä",
  "\u{1f600}",
  "\uff5e",
  "a\\",
  "a\\b",
  ".a",
  "..a",
];
const NO_UTF8 = [Buffer.from([0x61, 0xff]), Buffer.from([0x61, 0xfe, 0x5c]), Buffer.from("é")];

function fill(root: string): void {
  for (const name of NAMES) {
    mkdirSync(`${root}/${name}`);
    for (const inner of NAMES) writeFileSync(`${root}/${name}/${inner}`, inner);
  }
  mkdirSync(`${root}/odd`);
  for (const name of NO_UTF8) writeFileSync(Buffer.concat([Buffer.from(`${root}/odd/`), name]), "odd");
}

test("paths are compared as a walk comes to them", () => {
  const root = temporaryDirectory();
  fill(root);
  const paths = [...walk({ place: placeOf(root), exclude: [], mounts: false, missed: () => {} })].map(
    ({ path }) => path,
  );
  expect(paths).toHaveLength(NAMES.length * (NAMES.length + 1) + NO_UTF8.length + 2);
  for (const [at, path] of paths.entries())
    for (const [other, than] of paths.entries())
      if (comesBefore(path, than) !== at < other) expect.unreachable(`${path} and ${than}`);
});

test("an increment has nothing but what has changed, whatever the names are", async () => {
  const { cwd, tree } = project();
  fill(tree);
  await settle();
  await exported(cwd, "--all");
  for (const name of ["a!", "a\\b"]) rmSync(`${tree}/${name}`, { recursive: true });
  for (const name of ["a b", "A!"]) writeFileSync(`${tree}/${name}`, "new");
  const next = await exported(cwd, "--since-last");
  const [archive = ""] = new Bun.Glob("files/*.tar").scanSync(next.path);
  const contents = await Bun.$`tar -tf ${next.path}/${archive}`.text();
  expect(contents.split("\n").filter((name) => name !== "")).toEqual(["A!", "a b", "./"]);
});

test("a line of an earlier snapshot that is not JSON is named as what it is", () => {
  const lines = createParentLines();
  lines.add("{not JSON\n");
  expect(() => lines.lineOf("a")).toThrow(
    "files: the snapshot that is continued has a line that is not JSON",
  );
});
