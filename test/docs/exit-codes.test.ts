/** The tables of exit codes are made from their definitions, wherever they stand. `UPDATE_DOCS=1` writes them anew. */
import { expect, test } from "bun:test";
import { join, resolve } from "node:path";
import { EXIT, EXIT_MEANINGS } from "../../src/commands/exit-code.ts";
import { toManual } from "../../src/commands/manual.ts";
import { ROOT } from "../../src/commands/registry.ts";
import { run } from "../support/binary.ts";
import { temporaryDirectory } from "../support/directory.ts";
import { pages } from "./blocks.ts";

const root = resolve(import.meta.dir, "../..");
const TABLE = /(<!-- exit codes, made from src\/commands\/exit-code\.ts -->\n)([\s\S]*?)(<!-- end -->)/g;
const rows = EXIT_MEANINGS.map(([code, meaning, advice]) =>
  `| ${code} | ${meaning} | ${advice} |\n`.replace("|  |", "| |"),
);
const table = `| code | meaning | what to do |\n|---|---|---|\n${rows.join("")}`;

test("every exit code has one meaning", () => {
  expect(EXIT_MEANINGS.map(([code]) => code)).toEqual(Object.values(EXIT));
});

test("the tables in the README and docs/ are those of the definitions", async () => {
  const found: string[] = [];
  for (const page of pages) {
    const file = join(root, page);
    const text = await Bun.file(file).text();
    if (text.search(TABLE) < 0) continue;
    found.push(page);
    const made = text.replace(TABLE, `$1${table}$3`);
    if (process.env.UPDATE_DOCS && !process.env.CI) await Bun.write(file, made);
    expect(await Bun.file(file).text(), `${page}: make generated`).toBe(made);
  }
  expect(found).toEqual(["README.md", "docs/ci-and-cron.md", "docs/troubleshooting.md"]);
});

test("no page names an exit code that there is not, besides those of a program that was killed", async () => {
  const known = [...Object.values(EXIT), 128 + 9].map(String);
  for (const page of pages) {
    const text = await Bun.file(join(root, page)).text();
    for (const [said, code = ""] of text.matchAll(/exit codes? (\d+)/gi))
      expect(known, `${page}: ${said}`).toContain(code);
  }
});

test("the help and the manual page name them all", async () => {
  const { stdout } = await run(["help"], { cwd: temporaryDirectory() });
  const manual = await toManual(ROOT, "1.2.3");
  for (const [code, meaning] of EXIT_MEANINGS) {
    expect(stdout).toMatch(new RegExp(`^ +${code} +${meaning}$`, "m"));
    expect(manual).toContain(`.TP\n.B ${code}\n${meaning}\n`);
  }
});
