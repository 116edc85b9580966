/** No file needs one that needs it itself. */
import { expect, test } from "bun:test";
import { dirname } from "node:path";
import { type Import, importsOf, importsUnder } from "./imports.ts";

/**
 * The files that import one another, each group sorted: whatever the import is of, and whenever it is made. Files of which each
 * needs the other, be it for a type, are one thought in two places.
 */
function cycles(imports: readonly Import[]): string[][] {
  const targets = Map.groupBy(
    imports.filter(({ isLocal }) => isLocal),
    ({ file }) => file,
  );
  const reached = (start: string): Set<string> => {
    const found = new Set<string>();
    const waiting = [start];
    for (let file = waiting.pop(); file !== undefined; file = waiting.pop()) {
      for (const { target } of targets.get(file) ?? []) {
        if (found.has(target)) continue;
        found.add(target);
        waiting.push(target);
      }
    }
    return found;
  };
  const reach = new Map([...targets.keys()].map((file) => [file, reached(file)]));
  const groups = [...reach]
    .filter(([file, found]) => found.has(file))
    .map(([file, found]) =>
      [...found]
        .filter((other) => reach.get(other)?.has(file))
        .sort()
        .join(" "),
    );
  return [...new Set(groups)].map((group) => group.split(" "));
}

test("no files import one another", async () => {
  const imports = [...(await importsUnder("src")), ...(await importsUnder("plugins"))];
  expect(imports.filter(({ isLocal }) => isLocal).length).toBeGreaterThan(1_000);
  expect(cycles(imports)).toEqual([]);
});

test("the folders of a plugin import one way", async () => {
  const folders = (await importsUnder("plugins"))
    .map((one) => ({ ...one, file: dirname(one.file), target: dirname(one.target) }))
    .filter(({ file, target }) => file !== target && [file, target].every(isInsidePlugin));
  expect(folders.length).toBeGreaterThan(50);
  expect(cycles(folders)).toEqual([]);
});

/** Whether it is a folder of a plugin, not the plugin's own. */
const isInsidePlugin = (folder: string): boolean => /^plugins\/[^/]+\//.test(folder);

test("a cycle is found, of values, of types and of what is imported later, and what is no cycle is not", () => {
  const files = {
    "a.ts": 'import { b } from "./b.ts";\nimport { f } from "./f.ts";',
    "b.ts": 'import { c } from "./c.ts";',
    "c.ts": 'export * from "./a.ts";',
    "d.ts": 'import type { E } from "./e.ts";',
    "e.ts": 'import {\n  type D,\n} from "./d.ts";',
    "f.ts": 'const g = import("./g.ts");',
    "g.ts": 'import { f } from "./f.ts";',
    "h.ts": 'import "./h.ts";',
    "i.ts": 'import { a } from "./a.ts";\nimport { c } from "./c.ts";',
  };
  const imports = Object.entries(files).flatMap(([file, source]) => importsOf(file, source));
  expect(cycles(imports)).toEqual([["a.ts", "b.ts", "c.ts"], ["d.ts", "e.ts"], ["f.ts", "g.ts"], ["h.ts"]]);
});
