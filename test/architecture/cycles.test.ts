/** No file is needed to start a file that it needs itself. */
import { expect, test } from "bun:test";
import { type Import, importsOf, importsUnder } from "./imports.ts";

/**
 * The files that import one another, each group sorted. Only imports by which one file must run before another one count: what is
 * imported later runs later, and a type is gone by then (a command's helpers take the type of its call from the command's own
 * arguments, which is written only once that way).
 */
function cycles(imports: readonly Import[]): string[][] {
  const targets = Map.groupBy(
    imports.filter(({ kind, isLocal }) => kind === "value" && isLocal),
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

test("a cycle is found, and what is no cycle is not", () => {
  const files = {
    "a.ts": 'import { b } from "./b.ts";\nimport { d } from "./d.ts";',
    "b.ts": 'import { c, type D } from "./c.ts";',
    "c.ts": 'export * from "./a.ts";',
    "d.ts":
      'import type { A } from "./a.ts";\nimport {\n  type B,\n} from "./b.ts";\nconst a = import("./a.ts");',
    "e.ts": 'import "./e.ts";',
  };
  const imports = Object.entries(files).flatMap(([file, source]) => importsOf(file, source));
  expect(cycles(imports)).toEqual([["a.ts", "b.ts", "c.ts"], ["e.ts"]]);
});
