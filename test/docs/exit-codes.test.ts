/** docs/exit-codes.md has every exit code, and no other page has them again. `make generated` writes it anew. */
import { expect, test } from "bun:test";
import { join, resolve } from "node:path";
import { EXIT, EXIT_MEANINGS } from "../../src/commands/exit-code.ts";
import { toManual } from "../../src/commands/man/manual.ts";
import { ROOT } from "../../src/dispatch/commands.ts";
import { run } from "../support/binary.ts";
import { temporaryDirectory } from "../support/directory.ts";
import { pages } from "./blocks.ts";
import { expectPart, tableOf } from "./generated.ts";

const root = resolve(import.meta.dir, "../..");
const PAGE = "docs/exit-codes.md";

test("every exit code has one meaning", () => {
  expect(EXIT_MEANINGS.map(([code]) => code)).toEqual(Object.values(EXIT));
});

test("docs/exit-codes.md has them all", async () => {
  const rows = EXIT_MEANINGS.map(([code, meaning, advice]) => [String(code), meaning, advice]);
  const table = tableOf(["code", "meaning", "what to do"], rows);
  await expectPart(PAGE, "exit codes, made from src/commands/exit-code.ts", table);
});

test("no other page explains them: the pages that speak of them link there", async () => {
  for (const page of pages.filter((one) => one !== PAGE)) {
    const text = await Bun.file(join(root, page)).text();
    for (const [, meaning] of EXIT_MEANINGS.slice(2)) expect(text, page).not.toContain(`| ${meaning} |`);
    if (/^#+ .*exit code/im.test(text)) expect(text, page).toContain("exit-codes.md");
  }
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
