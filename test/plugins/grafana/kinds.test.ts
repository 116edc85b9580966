/** What is said of each kind holds together, so that a new one cannot be half there. */
import { beforeAll, expect, test } from "bun:test";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import type { Kind } from "../../../plugins/grafana/kind.ts";
import { KINDS, kindOf, rankOf } from "../../../plugins/grafana/kinds/index.ts";
import { exportAll, open, startGrafana } from "./support.ts";

let files: ReadonlyMap<string, string>;
beforeAll(async () => {
  await using grafana = await startGrafana({ seed: 1 });
  files = (await exportAll((await open(grafana)).backend)).files;
});

const kindsIn = (text: (kind: Kind) => string): string[] => KINDS.map(text);

test("every file in kinds/ has its row, and no two kinds share a name, a unit or a place", async () => {
  const directory = join(import.meta.dir, "../../../plugins/grafana/kinds");
  for (const file of readdirSync(directory).filter((name) => name !== "index.ts")) {
    const values: unknown[] = Object.values(await import(join(directory, file)));
    const kinds = values.filter((value) => typeof value === "object" && value !== null && "needs" in value);
    expect([file, kinds.length > 0, kinds.every((one) => KINDS.some((kind) => kind === one))]).toEqual([
      file,
      true,
      true,
    ]);
  }
  const place = (kind: Kind): string => ("file" in kind ? kind.file : kind.folder);
  for (const all of [kindsIn(({ name }) => name), kindsIn(({ unit }) => unit), kindsIn(place)])
    expect(new Set(all).size).toBe(KINDS.length);
});

test("the lab has something of every kind, and each file is of one", () => {
  const found = new Set([...files.keys()].map(kindOf));
  expect(KINDS.filter((kind) => !found.has(kind)).map(({ name }) => name)).toEqual([]);
  expect(found.has(undefined)).toBe(false);
});

test("what a thing refers to is put back before it", () => {
  const ranks = new Map([...files.keys()].map((file) => [kindOf(file)?.name, rankOf(file)]));
  const rankOfName = (name: string): number => ranks.get(name) ?? Number.POSITIVE_INFINITY;
  const referring = new Set<string>();
  for (const [file, text] of files) {
    const kind = kindOf(file);
    if (kind === undefined || file.endsWith(".yaml")) continue;
    const things =
      "file" in kind ? text.trimEnd().split("\n").map(kind.describe) : [kind.describe(JSON.parse(text))];
    for (const name of things.flatMap(({ refers }) => refers.map((one) => one.split("/")[0] ?? ""))) {
      referring.add(kind.name);
      // A folder in a folder: within a kind, parents come first by their paths.
      if (name !== kind.name)
        expect([kind.name, name, rankOfName(name) < rankOf(file)]).toEqual([kind.name, name, true]);
    }
  }
  expect([...referring].sort()).toEqual([
    "annotation",
    "dashboard",
    "folder",
    "library-panel",
    "playlist",
    "policy",
    "rule",
  ]);
});
