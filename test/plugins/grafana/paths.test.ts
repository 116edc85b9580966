/** Whatever people call things: every file has a path of its own, and every file system takes it. */
import { expect, test } from "bun:test";
import type { DashboardFolder as Folder } from "contextcore";
import fc from "fast-check";
import { directoryOf, filePaths, folderPaths } from "../../../plugins/grafana/paths.ts";
import { pathObjection } from "../../../src/snapshot/format/paths.ts";

const ODD = [
  "",
  ".",
  "..",
  "/",
  "../..",
  "a/b",
  "con",
  "CON.json",
  "NUL",
  "x.json",
  "X.JSON",
  "ß",
  "SS",
  "é",
  "e\u0301",
  "🚀",
  " . ",
  "a\u0000b",
  "\\",
  "A",
  "a",
  "A-1",
  "日本語".repeat(60),
  "x".repeat(5000),
];
const title = fc.oneof(fc.constantFrom(...ODD), fc.string({ unit: "binary", maxLength: 40 }), fc.string());
const uid = fc.oneof(
  fc.stringMatching(/^[A-Za-z0-9_-]{1,40}$/),
  fc.constantFrom("a", "A", "1", "a-1", "A-1"),
);

/** A forest: each folder lies in an earlier one, or at the root, or in one that is not there. */
const folders: fc.Arbitrary<Folder[]> = fc
  .uniqueArray(fc.record({ uid, title, above: fc.nat() }), { selector: (one) => one.uid, maxLength: 25 })
  .map((drawn) =>
    drawn.map(({ above, ...folder }, index) => {
      const parentUid = above % 5 === 0 ? "gone" : drawn[above % (index + 2)]?.uid;
      return parentUid === undefined || parentUid === folder.uid ? folder : { ...folder, parentUid };
    }),
  );

const folded = (path: string): string => path.normalize("NFC").toUpperCase();

test("any folders and titles: paths are safe and unique, whatever the file system does with case", () => {
  fc.assert(
    fc.property(
      folders,
      fc.uniqueArray(fc.record({ uid, title, folder: fc.nat() }), { selector: (one) => one.uid }),
      (tree, drawn) => {
        const directories = folderPaths(tree);
        expect(directories.size).toBe(tree.length);
        const items = drawn.map(({ folder, ...item }) => {
          const inside = tree[folder % (tree.length + 1)]?.uid ?? (folder % 2 === 0 ? "" : "not-seen");
          return { ...item, directory: directoryOf(directories, inside, item.title) };
        });
        const paths = filePaths("dashboards", items);
        const all = [...paths.values()];
        expect(paths.size).toBe(drawn.length);
        expect(new Set(all.map(folded)).size).toBe(drawn.length);
        for (const path of all) expect(pathObjection("grafana", path, "object")).toBeUndefined();
        const above = new Set(all.flatMap((path) => parents(path)).map(folded));
        for (const path of all) expect(above.has(folded(path))).toBe(false);
      },
    ),
    { numRuns: 300 },
  );
});

/** The directories that a path lies in: none of them may be a file. */
const parents = (path: string): string[] =>
  path
    .split("/")
    .slice(0, -1)
    .map((_, index, parts) => parts.slice(0, index + 1).join("/"));

test("any folders: no two have the same directory", () => {
  fc.assert(
    fc.property(folders, (tree) => {
      const all = [...folderPaths(tree).values()].map((parts) => folded(parts.join("/")));
      expect(new Set(all).size).toBe(tree.length);
    }),
    { numRuns: 300 },
  );
});

test("titles stay readable", () => {
  const paths = folderPaths([
    { uid: "a", title: "Team / Nord" },
    { uid: "b", title: "team / nord" },
    { uid: "c", title: "Sub", parentUid: "b" },
    { uid: "d", title: "x.json" },
  ]);
  expect([...paths.values()].map((parts) => parts.join("/"))).toEqual([
    "Team _ Nord",
    "team _ nord-b",
    "team _ nord-b/Sub",
    "x_json",
  ]);
  const files = filePaths("dashboards", [
    { uid: "Ab", title: "Überblick" },
    { uid: "aB", title: "Überblick" },
  ]);
  expect([...files.values()]).toEqual([
    "grafana/dashboards/Überblick-Ab.json",
    expect.stringMatching(/^grafana\/dashboards\/Überblick-aB-[0-9a-f]{8}\.json$/),
  ]);
});

test("folders that lie in each other come to lie at the root", () => {
  const paths = folderPaths([
    { uid: "a", title: "A", parentUid: "b" },
    { uid: "b", title: "B", parentUid: "a" },
    { uid: "c", title: "C", parentUid: "a" },
  ]);
  expect([...paths.keys()].sort()).toEqual(["a", "b", "c"]);
});
