import { expect } from "bun:test";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";

const folder = resolve(import.meta.dir, "../commands/golden");

/**
 * Compares the whole text with `test/commands/golden/NAME.txt`. `UPDATE_GOLDEN=1` writes the file instead; read what
 * changed before it is committed.
 */
export function expectGolden(name: string, text: string): void {
  const path = join(folder, `${name}.txt`);
  if (process.env.UPDATE_GOLDEN && !process.env.CI) {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
  }
  const written = existsSync(path) ? readFileSync(path, "utf8") : `(${path} is not there)`;
  expect(
    text,
    `${path}: \`make generated\` writes help texts anew, UPDATE_GOLDEN=1 with this test any text`,
  ).toBe(written);
}
