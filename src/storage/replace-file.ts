/** Files of the project that we replace as a whole. */
import { randomBytes } from "node:crypto";
import { closeSync, fsyncSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { openOwnSync } from "./own-file.ts";

/**
 * Puts a text in the place of a file, all of it or nothing; permissions stay. It is written beside it first, under a name that
 * nobody can prepare: a link of that name would have us write elsewhere.
 */
export function replaceFile(path: string, text: string): void {
  const draft = `${path}.${randomBytes(8).toString("hex")}.tmp`;
  const before = statSync(path, { throwIfNoEntry: false });
  const file = openOwnSync(draft, "create", before?.isFile() ? { mode: before.mode & 0o777 } : {});
  try {
    try {
      writeFileSync(file, text);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    renameSync(draft, path);
  } catch (error) {
    rmSync(draft, { force: true });
    throw error;
  }
}
