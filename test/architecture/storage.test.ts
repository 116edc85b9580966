/** Bytes at rest go through `src/storage/`: only what ARCHITECTURE.md lists, with its reason, calls the system's file functions beside it. */
import { expect, test } from "bun:test";
import { join } from "node:path";
import { root, sourcesUnder } from "./imports.ts";

const TOUCHES = /["'`](?:node:)?fs(?:\/promises)?["'`]|\bBun\s*\.\s*(?:file|write|mmap)\b/;

/** The first column of the table below this heading. */
async function listed(): Promise<string[]> {
  const page = await Bun.file(join(root, "ARCHITECTURE.md")).text();
  const [, section = ""] = /^## What touches files\n([\s\S]*?)^## /m.exec(page) ?? [];
  const cells = section.split("\n").flatMap((line) => /^\| (`.*?`) \|/.exec(line)?.[1] ?? []);
  return cells.flatMap((cell) => [...cell.matchAll(/`([^`]+)`/g)].map(([, path = ""]) => path));
}

const touching: readonly string[] = [...(await sourcesUnder("src", "plugins"))].flatMap(([file, source]) =>
  TOUCHES.test(source) ? file : [],
);

test("files are touched in src/storage/ and where the table says, and nowhere else", async () => {
  const places = ["src/storage/", ...(await listed())];
  expect(touching.filter((file) => !places.some((place) => file.startsWith(place)))).toEqual([]);
});

test("every place of the table touches files", async () => {
  const places = await listed();
  expect(places.length).toBeGreaterThan(0);
  expect(places.filter((place) => !touching.some((file) => file.startsWith(place)))).toEqual([]);
});

test.each([
  'import { rmSync } from "node:fs";',
  'import { rm } from "fs/promises";',
  'const { rm } = await import("node:fs/promises");',
  "await Bun.write(path, text)",
  "Bun.file(path).text()",
])("it would be found: %s", (line) => {
  expect(TOUCHES.test(line)).toBe(true);
});
