/** Comparing what is made from declarations with what lies in the repository; `make generated` writes it anew. */
import { expect } from "bun:test";
import { join, resolve } from "node:path";

const root = resolve(import.meta.dir, "../..");

/** A page that is made as a whole. */
export async function expectPage(page: string, made: string): Promise<void> {
  const file = Bun.file(join(root, page));
  if (process.env.UPDATE_DOCS && !process.env.CI) await Bun.write(file, made);
  expect(await file.text(), `${page}: make generated`).toBe(made);
}

/** A part of a page, between a comment that says what it is made from and `<!-- end -->`. */
export async function expectPart(page: string, comment: string, made: string): Promise<void> {
  const text = await Bun.file(join(root, page)).text();
  const start = text.indexOf(`<!-- ${comment} -->\n`);
  expect(start, `${page} has no <!-- ${comment} -->`).toBeGreaterThan(-1);
  const end = text.indexOf("<!-- end -->", start);
  const before = `${text.slice(0, start)}<!-- ${comment} -->\n`;
  await expectPage(page, before + made + text.slice(end));
}

/** A table in Markdown. */
export function tableOf(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string =>
    `|${cells.map((cell) => (cell === "" ? " " : ` ${cell} `)).join("|")}|\n`;
  return `${line(head)}|${head.map(() => "---").join("|")}|\n${rows.map(line).join("")}`;
}
