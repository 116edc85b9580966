/**
 * What a function declares with `using` is released when the function returns, and not when a promise that it returns is
 * settled: work that still goes on then reads files that were closed, and nobody closes those that it opens anew.
 */
import { expect, test } from "bun:test";
import { sourcesUnder } from "./imports.ts";

/** Calls whose promises are returned as they are, by a function that has declared something with `using` before. */
function unawaited(source: string): string[] {
  const lines = source.split("\n");
  return lines.flatMap((line, at) => {
    const [, indent] = /^(\s*)(?:await )?using \w+ = /.exec(line) ?? [];
    if (indent === undefined) return [];
    const end = lines.findIndex((later, number) => number > at && leaves(later, indent));
    return lines.slice(at, end).filter((later) => returnsCall(later, indent));
  });
}

const leaves = (line: string, indent: string): boolean => line.trim() !== "" && !line.startsWith(indent);

/** In the same block, or as the one statement of a condition there. */
const returnsCall = (line: string, indent: string): boolean =>
  line.startsWith(indent) && /^(?:if \(.*\) )?return [\w.]+\(/.test(line.slice(indent.length));

const sources = [...(await sourcesUnder("src", "plugins", "scripts"))];
const all = sources.map(([, source]) => source).join("\n");

/** Whether a function that is called so gives a promise; one that is not found may. Its own file is asked first. */
function mayGivePromise(name: string, own: string): boolean {
  const declared = new RegExp(
    `(?:function|const) ${name}\\b[^\\n]*(?:\\n[ )}][^\\n]*){0,12}?(?:[^=]=> |\\) ?\\{|: [^\\n]* \\{)`,
  );
  const [text] = declared.exec(own) ?? declared.exec(all) ?? [];
  return text === undefined || /\basync\b|Promise</.test(text);
}

const calledIn = (line: string): string => /return (?:await )?([\w.]+)\(/.exec(line)?.[1] ?? "";

test("work is awaited before what it uses is released", () => {
  const found = sources.flatMap(([file, source]) =>
    unawaited(source)
      .filter((line) => mayGivePromise(calledIn(line), source))
      .map((line) => `${file}: ${line.trim()}`),
  );
  expect(found).toEqual([]);
});

test.each([
  ["  await using a = open();\n  return Promise.all(work);\n}", 1],
  ["  using a = open();\n  if (b) return work(a);\n  return 1;\n}", 1],
  ["  using a = open();\n  return await work(a);\n}", 0],
  ["  using a = open();\n}\n\nfunction b() {\n  return work();\n}", 0],
])("it would be found: %j", (source, count) => {
  expect(unawaited(source)).toHaveLength(count);
});
