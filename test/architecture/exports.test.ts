/** What a file exports, another one uses: what only its own file uses is not its face. */
import { expect, test } from "bun:test";
import { importsOf, sourcesUnder } from "./imports.ts";

const EXPORTED = /^export (?:async )?(?:function\*?|const|class|abstract class|interface|type) (\w+)/gm;
const NAMED = /^(?:import|export)\s+(?:type\s+)?(?:\w+,\s*)?\{([^}]*)\}\s*from\s*"(\.[^"]+)"/gm;
const LATER = /\{([^{}]*)\}\s*=\s*await import\(\s*"(\.[^"]+)"\s*\)/g;

/** The values and types that each file exports, and that no other file imports by name, or with everything. */
function unused(sources: ReadonlyMap<string, string>): string[] {
  const used = new Set<string>();
  const whole = new Set<string>();
  for (const [file, source] of sources) {
    const named = new Map<string, number>();
    for (const [, names = "", written = ""] of [...source.matchAll(NAMED), ...source.matchAll(LATER)]) {
      const [{ target = "" } = {}] = importsOf(file, `import "${written}";`);
      named.set(target, (named.get(target) ?? 0) + 1);
      for (const name of names.split(",")) used.add(`${target} ${original(name)}`);
    }
    // A file that is imported in another way may have any of its exports used.
    for (const [target, all] of Map.groupBy(importsOf(file, source), (one) => one.target))
      if (all.length > (named.get(target) ?? 0)) whole.add(target);
  }
  return [...sources].flatMap(([file, source]) =>
    whole.has(file)
      ? []
      : [...source.matchAll(EXPORTED)]
          .map(([, name = ""]) => `${file} ${name}`)
          .filter((one) => !used.has(one)),
  );
}

/** The name that is imported: `a` of `type a`, of `a as b` and of `a: b`. */
const original = (name: string): string =>
  name
    .trim()
    .replace(/^type\s+/, "")
    .replace(/(\s+as\s|:).*$/s, "");

test("every exported value and type is used by another file, or is part of the public entry", async () => {
  const sources = await sourcesUnder("src", "plugins", "web", "test", "scripts");
  const found = unused(sources).filter((one) => !/^(src\/scaffold\/template|test|scripts)\//.test(one));
  expect(found).toEqual([]);
});

test("an export that nobody imports is found, and one that is imported in whatever way is not", () => {
  const sources = new Map([
    [
      "src/a.ts",
      "export const one = 1;\nexport function two() {}\nexport class Three {}\nexport type T = 1;\nexport interface Four {}",
    ],
    ["src/b.ts", 'import { one as uno, type T } from "./a.ts";\nexport async function* four() {}'],
    ["src/c.ts", 'const { two: dos } = await import("./a.ts");'],
    ["src/d.ts", 'import * as all from "./b.ts";\nexport const five = 5;'],
    ["src/e.ts", 'export { five } from "./d.ts";'],
  ]);
  expect(unused(sources)).toEqual(["src/a.ts Three", "src/a.ts Four"]);
});
