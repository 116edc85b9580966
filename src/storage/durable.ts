/**
 * Writes that survive a power cut. The synchronous part is a few calls of microseconds around one wait for the disk, which
 * threads would only lengthen.
 */
import {
  closeSync,
  fdatasyncSync,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  renameSync,
  writeFileSync,
} from "node:fs";
import { dirname } from "node:path";
import { syncDirectorySync } from "../contract/sync-directory.ts";
import { openOwnSync, type Purpose } from "./own-file.ts";

/**
 * Appends and waits for the disk. Nobody else may write to the file meanwhile. A failed append is undone.
 * @param mode permissions of a new file @throws UnsafeFileError; what the system throws
 */
export function appendDurably(path: string, text: string, mode?: number): void {
  withFile(path, "append", mode, (file) => {
    const { size } = fstatSync(file);
    try {
      writeFileSync(file, text);
      fdatasyncSync(file);
    } catch (error) {
      takeBack(file, size);
      throw error;
    }
    if (size === 0) syncDirectorySync(dirname(path));
  });
}

/** Ignores its own failure, because the original one is reported. Leftover bytes are set aside later as an unfinished line. */
function takeBack(file: number, size: number): void {
  try {
    ftruncateSync(file, size);
  } catch {}
}

/** Truncates a file to an earlier size and waits for the disk. @throws UnsafeFileError; what the system throws */
export function truncateDurably(path: string, size: number): void {
  withFile(path, "change", undefined, (file) => {
    ftruncateSync(file, size);
    fsyncSync(file);
  });
}

/** Gives a file another name in its directory, also over one that has it, and waits for the disk. @throws what the system throws */
export function renameDurably(path: string, to: string): void {
  renameSync(path, to);
  syncDirectorySync(dirname(path));
}

function withFile(
  path: string,
  purpose: Purpose,
  mode: number | undefined,
  work: (file: number) => void,
): void {
  const file = openOwnSync(path, purpose, { mode });
  try {
    work(file);
  } finally {
    closeSync(file);
  }
}
