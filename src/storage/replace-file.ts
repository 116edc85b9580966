/** Files of the project that we replace as a whole. */
import { randomBytes } from "node:crypto";
import { closeSync, fsyncSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { openOwnSync } from "./own-file.ts";

/**
 * Puts content in the place of a file, all of it or nothing; the permissions of one that was there stay. It is written beside it first, under a name that
 * nobody can prepare: a link of that name would have us write elsewhere.
 * @param mode the permissions of one that is new
 */
export function replaceFile(path: string, content: string | Uint8Array, mode?: number): void {
  const draft = `${path}.${randomBytes(8).toString("hex")}.tmp`;
  const before = statSync(path, { throwIfNoEntry: false });
  const kept = before?.isFile() ? before.mode & 0o777 : mode;
  const file = openOwnSync(draft, "create", kept === undefined ? {} : { mode: kept });
  try {
    try {
      writeFileSync(file, content);
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
