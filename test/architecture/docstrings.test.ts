/** Whoever calls an exported function need not read it: what it means stands above it. */
import { expect, test } from "bun:test";
import { sourcesUnder } from "./imports.ts";

const DECLARATION = /^export (?:default )?(?:async )?(?:function\*? ?|const )(\w*)/;

/** The names of the exported functions of this text that have no docstring; of overloads, the first one's is enough. */
function undocumented(source: string): string[] {
  const lines = source.split("\n");
  const known = new Set<string>();
  return lines.flatMap((line, index) => {
    const [head = "", name = ""] = DECLARATION.exec(line) ?? [];
    if (head === "" || known.has(name)) return [];
    if (head.includes("const") && !isFunction(lines.slice(index).join("\n"))) return [];
    known.add(name);
    return hasDocstring(lines.slice(0, index)) ? [] : [name];
  });
}

/** Whether a docstring ends directly above, or above words to the linter. */
function hasDocstring(above: readonly string[]): boolean {
  const last = above.findLastIndex((line) => !line.startsWith("// "));
  if (!above[last]?.endsWith("*/")) return false;
  return above.findLast((line) => /^\s*\/\*/.test(line))?.startsWith("/**") ?? false;
}

/** Whether a declaration by `const` begins with the parameters of a function. */
function isFunction(declaration: string): boolean {
  const value = behind(declaration, "=").replace(/^async /, "");
  const parameters = value.startsWith("<") ? behind(value, ">", 0).trimStart() : value;
  if (!parameters.startsWith("(")) return /^\w+ =>/.test(parameters);
  return /^\s*(=>|:)/.test(behind(parameters, ")", 0));
}

const BRACKETS: Readonly<Record<string, number>> = {
  "(": 1,
  "[": 1,
  "{": 1,
  "<": 1,
  ")": -1,
  "]": -1,
  "}": -1,
  ">": -1,
};

/** What follows the first `wanted` outside of all brackets, its own not counted; the `>` of an arrow is no bracket. */
function behind(text: string, wanted: string, from = 0): string {
  let depth = 0;
  for (let at = from; at < text.length; at += 1) {
    const character = text.charAt(at);
    if (character === "=" && text[at + 1] === ">") at += 1;
    else {
      depth += BRACKETS[character] ?? 0;
      if (depth === 0 && character === wanted) return text.slice(at + 1).trimStart();
    }
  }
  return "";
}

const EXPORTED = /^export (?:default )?(?:async )?(?:interface|type|class|function\*?|const) (\w+)/;

/** The names of everything that this text exports and that has no docstring. */
function unexplained(source: string): string[] {
  const lines = source.split("\n");
  const known = new Set<string>();
  return lines.flatMap((line, index) => {
    const [, name = ""] = EXPORTED.exec(line) ?? [];
    // A task and a result say in their `about` what they are.
    if (name === "" || known.has(name) || / = define(?:Task|Result)\(/.test(line)) return [];
    known.add(name);
    return hasDocstring(lines.slice(0, index)) ? [] : [name];
  });
}

test("every exported type and value says what it means", async () => {
  const sources = await sourcesUnder("src", "plugins", "web");
  const found = [...sources].flatMap(([file, source]) =>
    unexplained(source).map((name) => `${file}: ${name}`),
  );
  expect(found).toEqual([]);
});

test("a type and a value without a docstring are found, and a task and a result are not", () => {
  const source = `
export interface One {}
/** Says it. */
export type Two = 2;
export const THREE = 3;
export const four = defineTask({});
export const FIVE = defineResult({});
`;
  expect(unexplained(source)).toEqual(["One", "THREE"]);
});

test("every exported function says what it means", async () => {
  const sources = await sourcesUnder("src", "plugins", "web");
  const found = [...sources].flatMap(([file, source]) =>
    undocumented(source).map((name) => `${file}: ${name}`),
  );
  expect(found).toEqual([]);
});

test("a function without a docstring is found in every form, and nothing else is", () => {
  const source = `
/** Says it. */
export function one(): void;
export function one(a?: string): void {}
export const two = (a: (b: string) => void): void => a("x");
export const three = async <Item extends (a: string) => void>(
  item: Item,
): Promise<void> => {};
export const four: (a: string) => void = (a) => {};
export async function* five() {}
// no docstring
export default function six() {}
/* nor is this */
export function seven() {}
/** Says it. */
// biome-ignore lint: for a reason
export const eight = (a: string) => a;
export const FIELDS: Readonly<Record<string, (a: string) => void>> = { a: (b) => {} };
export const schema = v.pipe(v.string(), v.check((a) => a !== ""));
export const sum = (1 + 2) * 3;
export const nine = item => item;
`;
  expect(undocumented(source)).toEqual(["two", "three", "four", "five", "six", "seven", "nine"]);
});
