/** What is declared in the source has its place in the pages. */
import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { SIGNAL_TABLE } from "../../src/snapshot/format/signals.ts";
import { declaredBuiltIns } from "../support/built-ins.ts";

const page = (path: string): string => readFileSync(resolve(import.meta.dir, "../..", path), "utf8");

test("docs/snapshot-format.md names the file of every signal that has one", () => {
  const text = page("docs/snapshot-format.md");
  const files = Object.values(SIGNAL_TABLE).flatMap(({ lines }) => lines?.file ?? []);
  expect(files).toContain("logs.json");
  expect(files.filter((file) => !text.includes(`\`${file}\``))).toEqual([]);
});

test.each(["README.md", "docs/audit-trail.md"])("%s names every sink", async (path) => {
  const sinks = (await declaredBuiltIns()).filter(({ plugin }) => plugin.sink).map(({ name }) => name);
  expect(sinks).toContain("webhook");
  expect(sinks.filter((name) => !page(path).includes(`\`${name}\``))).toEqual([]);
});
