/**
 * Small changes that do not wait for the disk, because after a power cut the older state is as good: whoever makes one can make
 * it again.
 */
import { closeSync, lutimesSync, rmSync, writeFileSync, writeSync } from "node:fs";
import { openOwnSync } from "./own-file.ts";

/** Creates a small file in place of whatever has its name. @throws UnsafeFileError; what the system throws */
export function createNote(path: string, text: string): void {
  const file = openOwnSync(path, "create");
  try {
    writeFileSync(file, text);
  } finally {
    closeSync(file);
  }
}

/**
 * Writes over the beginning of a file, in a single call; the file is created if there is none.
 * @param text at least as long as what it replaces @param mode permissions of a new file
 * @throws UnsafeFileError; what the system throws
 */
export function overwriteStart(path: string, text: string, mode: number): void {
  const file = openOwnSync(path, "overwrite", { mode });
  try {
    writeSync(file, text, 0);
  } finally {
    closeSync(file);
  }
}

/** Removes a file, or a link to one; it is no error if nothing has that name. @throws what the system throws */
export const removeFile = (path: string): void => rmSync(path, { force: true });

/** Like {@link removeFile}. @returns false when the system refuses, as Windows does for a file that is open */
export function tryRemove(path: string): boolean {
  try {
    removeFile(path);
    return true;
  } catch {
    return false;
  }
}

/** Sets the time of a file's last change to now. A link is not followed. @throws what the system throws */
export function touch(path: string): void {
  const now = Date.now() / 1000;
  lutimesSync(path, now, now);
}
