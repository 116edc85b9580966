/** Very many small files: what an export of them holds does not grow with their number. */
import { expect, test } from "bun:test";
import { appendFileSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { cleanEnv, measure } from "../../support/binary.ts";
import { project, settle } from "./project.ts";

const FILES = 250_000;
const EACH = 100;

function fill(tree: string): void {
  for (let number = 0; number < FILES; number += 1) {
    const directory = join(tree, `directory-${Math.floor(number / EACH)}`);
    if (number % EACH === 0) mkdirSync(directory);
    writeFileSync(join(directory, `file-${number}.conf`), `number = ${number}\n`);
  }
}

test("250,000 files are saved, whole and by an increment, in 150 MB beside the process", async () => {
  const { cwd, tree } = project();
  fill(tree);
  await settle();
  const options = { cwd, env: cleanEnv(cwd) };
  const alone = await measure(["export", "--all", "--dry-run"], options);
  const saved = async (...args: readonly string[]) => {
    const { stdout, stderr, peakBytes } = await measure(["export", "--json", ...args], options);
    const [{ counts, bytes }] = JSON.parse(stdout).backends;
    expect(counts, stderr).toEqual({ files: FILES, directories: FILES / EACH + 1 });
    return { bytes, peak: peakBytes - alone.peakBytes };
  };
  const whole = await saved("--all", "--compress", "zstd");
  appendFileSync(join(tree, "directory-7", "file-777.conf"), "changed = 1\n");
  const next = await saved("--since-last");
  // Of the contents one file's.
  expect(next.bytes).toBeLessThan(100e6);
  expect([whole.peak, next.peak].filter((bytes) => bytes > 150e6)).toEqual([]);
}, 300_000);
