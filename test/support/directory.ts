import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { atEnd } from "./at-end.ts";

/** A fresh directory, gone when the test run ends. @param files their texts by path */
export function temporaryDirectory(files: Readonly<Record<string, string>> = {}): string {
  const directory = mkdtempSync(join(tmpdir(), "contextcore-test-"));
  made.push(directory);
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(directory, path)), { recursive: true });
    writeFileSync(join(directory, path), text);
  }
  return directory;
}

const made: string[] = [];
atEnd(() => {
  for (const directory of made.splice(0)) rmSync(directory, { recursive: true, force: true });
});
