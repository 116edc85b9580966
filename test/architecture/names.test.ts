/** A name means one thing, wherever it is met. */
import { expect, test } from "bun:test";
import { sourcesUnder } from "./imports.ts";

const EXPORTED = /^export (?:async )?(?:interface|type|class|function\*?|const) (\w+)/gm;

/** The exported names that more than one of these files declares, each with those files. */
function shared(sources: ReadonlyMap<string, string>): Record<string, string[]> {
  const declared = [...sources].flatMap(([file, source]) =>
    [...new Set([...source.matchAll(EXPORTED)].map(([, name = ""]) => name))].map((name) => ({ name, file })),
  );
  const groups = [...Map.groupBy(declared, ({ name }) => name)].filter(([, files]) => files.length > 1);
  return Object.fromEntries(groups.map(([name, files]) => [name, files.map(({ file }) => file).sort()]));
}

test("no two files export different things under one name", async () => {
  const sources = await sourcesUnder("src");
  // What is written for a new plugin is never loaded here.
  const ours = new Map([...sources].filter(([file]) => !file.startsWith("src/scaffold/template/")));
  expect(shared(ours)).toEqual({});
});

test("a name that two files declare is found, of types and of values, and overloads and re-exports are not", () => {
  const sources = new Map([
    ["a.ts", "export interface Part {}\nexport function one(): void;\nexport function one(a?: string) {}"],
    ["b.ts", 'export type Part = string;\nexport const two = 2;\nexport { one } from "./a.ts";'],
    ["c.ts", "export async function two() {}\nconst one = 1;"],
  ]);
  expect(shared(sources)).toEqual({ Part: ["a.ts", "b.ts"], two: ["b.ts", "c.ts"] });
});
