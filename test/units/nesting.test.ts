import { expect, test } from "bun:test";
import { parseYaml } from "../../src/contract/yaml.ts";
import { parseManifest } from "../../src/snapshot/format/manifest.ts";
import { textNestsDeeper } from "../../src/units/nesting.ts";

const lists = (levels: number): string => `${"[".repeat(levels)}${"]".repeat(levels)}`;

test("levels of a JSON text are counted, and brackets within its strings are not", () => {
  expect(textNestsDeeper(lists(3), 3)).toBe(false);
  expect(textNestsDeeper(lists(4), 3)).toBe(true);
  expect(textNestsDeeper(JSON.stringify(["[[[\\", '"{{{', {}]), 2)).toBe(false);
  expect(() => parseManifest(`{"a":${lists(3_000_000)}}`, "m")).toThrow("m: nests deeper than 100 levels");
});

test("YAML has bounds: of its size, and of its levels, in every notation", () => {
  const deep = [
    lists(200),
    "- ".repeat(200),
    Array.from({ length: 200 }, (_, level) => `${" ".repeat(level)}a:`).join("\n"),
    "[".repeat(1_000_000),
  ];
  for (const text of deep) expect(() => parseYaml(text)).toThrow("nests deeper than 100 levels");
  expect(() => parseYaml(`a: ${"x".repeat(3 << 20)}`)).toThrow("are not read");
  expect(parseYaml(`${lists(90)}\n`)).toBeArray();
  const rules = Array.from({ length: 500 }, () => `- expr: 'x =~ "[[[{"'\n  for: |\n    [[[ {{ .x\n`).join(
    "",
  );
  expect(parseYaml(rules)).toHaveLength(500);
});
