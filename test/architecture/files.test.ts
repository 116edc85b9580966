/** Rules that each file keeps for itself. */
import { expect, test } from "bun:test";
import { sourcesUnder } from "./imports.ts";

test("only main.ts exits, and only terminal/ and main.ts print", async () => {
  const wrong: string[] = [];
  for (const [file, source] of await sourcesUnder("src", "plugins")) {
    if (/process\.exit\(/.test(source) && file !== "src/main.ts") wrong.push(`${file} exits`);
    if (/console\.(log|info|error|warn)\(/.test(source) && !file.startsWith("src/terminal/"))
      wrong.push(`${file} prints`);
  }
  expect(wrong).toEqual([]);
});

test("files stay small enough to be read at once", async () => {
  const lengths = [...(await sourcesUnder("src", "plugins"))].map(([file, source]) => ({
    file,
    lines: source.split("\n").length,
  }));
  expect(lengths.filter(({ lines }) => lines > 300)).toEqual([]);
});
