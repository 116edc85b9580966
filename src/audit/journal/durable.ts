/**
 * Files that survive a crash: what is written is on the disk, or not there at all. Everything here is synchronous: one
 * append is a handful of calls of some microseconds around one wait for the disk, which threads would only make longer.
 */
import {
  type BigIntStats,
  closeSync,
  fdatasyncSync,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  openSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { dirname } from "node:path";
import { makeOwnDirectory, openOwnSync, type Purpose } from "../../storage/own-file.ts";
import { cannot } from "../format/error.ts";

/**
 * Appends and waits for the disk; nobody else may be writing to the file. What was written of a failed append is taken
 * back. @throws TrailError
 */
export function appendDurably(path: string, text: string, mode = 0o644): void {
  attempt("write to", path, () => {
    withFile(path, "append", mode, (file) => {
      const { size } = fstatSync(file);
      try {
        writeFileSync(file, text);
        fdatasyncSync(file);
      } catch (error) {
        takeBack(file, size);
        throw error;
      }
      if (size === 0) syncDirectory(dirname(path));
    });
  });
}

/** The failure that led here is the one to tell; what then stays behind is set aside as an unfinished line. */
function takeBack(file: number, size: number): void {
  try {
    ftruncateSync(file, size);
  } catch {}
}

/** Cuts a file to a size it had and waits until the disk has that. @throws TrailError */
export function truncateDurably(path: string, size: number): void {
  attempt("shorten", path, () => {
    withFile(path, "change", undefined, (file) => {
      ftruncateSync(file, size);
      fsyncSync(file);
    });
  });
}

/**
 * A whole file under its final name, or none: temporary name, fsync, rename, fsync of the directory.
 * @param content or what makes it from the status of the file that it goes into @throws TrailError
 */
export function writeDurably(
  path: string,
  content: string | Uint8Array | ((status: BigIntStats) => string),
  mode = 0o644,
): void {
  const temporary = `${path}.${process.pid}.tmp`;
  attempt("write", path, () => {
    makeOwnDirectory(dirname(path));
    try {
      withFile(temporary, "create", mode, (file) => {
        const whole = typeof content === "function" ? content(fstatSync(file, { bigint: true })) : content;
        writeFileSync(file, whole);
        fsyncSync(file);
      });
      renameSync(temporary, path);
    } catch (error) {
      rmSync(temporary, { force: true });
      throw error;
    }
  });
  syncDirectory(dirname(path));
}

/** Makes a directory and its parents where they are missing. @throws TrailError */
export function makeDirectory(path: string, mode = 0o777): void {
  attempt("make", path, () => makeOwnDirectory(path, path, mode));
}

/** Makes the names in a directory durable. A system where directories cannot be opened for this does so by itself. */
export function syncDirectory(path: string): void {
  try {
    const directory = openSync(path, "r");
    try {
      fsyncSync(directory);
    } finally {
      closeSync(directory);
    }
  } catch {}
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

function attempt(doing: string, path: string, work: () => void): void {
  try {
    work();
  } catch (cause) {
    throw cannot(doing, path, cause);
  }
}
