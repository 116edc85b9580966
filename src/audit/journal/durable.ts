/** The small files of a trail, read and written durably: what the system refuses becomes a {@link TrailError}. */
import type { BigIntStats } from "node:fs";
import { dirname } from "node:path";
import * as durable from "../../storage/durable.ts";
import { makeOwnDirectory, readOwnSync } from "../../storage/own-file.ts";
import { type WholeFileOptions, writeWhole } from "../../storage/whole-file.ts";
import { isMissing } from "../../units/system-refusal.ts";
import { cannot } from "../format/error.ts";

/** Appends, or leaves the file as it was; nobody else may be writing to it. @throws TrailError */
export const appendText = (path: string, text: string, mode = 0o644): void =>
  attempt("write to", path, () => durable.appendDurably(path, text, mode));

/** Cuts a file to a size it had. @throws TrailError */
export const truncateFile = (path: string, size: number): void =>
  attempt("shorten", path, () => durable.truncateDurably(path, size));

/**
 * A whole file under its final name, or none; its directory is made.
 * @param content or what makes it from the status of the file that it goes into @throws TrailError
 */
export const writeDurably = (
  path: string,
  content: string | Uint8Array | ((status: BigIntStats) => string),
  options: WholeFileOptions = {},
): void =>
  attempt("write", path, () => {
    makeOwnDirectory(dirname(path));
    writeWhole(path, content, { mode: 0o644, ...options });
  });

/** For what nobody but its user may read. */
export const PRIVATE: WholeFileOptions = { mode: 0o600 };

/** All of a file; `undefined` when there is none. @param most bytes @throws TrailError */
export function readIfThere(path: string, most: number): Buffer | undefined {
  try {
    return readOwnSync(path, most);
  } catch (cause) {
    if (isMissing(cause)) return undefined;
    throw cannot("read", path, cause);
  }
}

/** Makes a directory and its parents where they are missing. @throws TrailError */
export const makeDirectory = (path: string, mode = 0o777): void =>
  attempt("make", path, () => makeOwnDirectory(path, path, mode));

function attempt(doing: string, path: string, work: () => void): void {
  try {
    work();
  } catch (cause) {
    throw cannot(doing, path, cause);
  }
}
