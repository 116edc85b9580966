/** Reads and durably writes the small files of a trail. System errors become a {@link TrailError}. */
import { dirname } from "node:path";
import * as durable from "../../storage/durable.ts";
import { makeOwnDirectory, readOwnSync } from "../../storage/own-file.ts";
import { type WholeFileOptions, writeWhole } from "../../storage/whole-file.ts";
import { isMissing } from "../../units/system-refusal.ts";
import { cannot } from "../format/error.ts";

/** Appends, or leaves the file as it was. Nobody else may write to it meanwhile. @throws TrailError */
export const appendText = (path: string, text: string, mode = 0o644): void =>
  attempt("write to", path, () => durable.appendDurably(path, text, mode));

/** Cuts a file back to an earlier size. @throws TrailError */
export const truncateFile = (path: string, size: number): void =>
  attempt("shorten", path, () => durable.truncateDurably(path, size));

/**
 * Writes a file whole under its final name, or not at all; creates its directory. @throws TrailError
 */
export const writeDurably = (
  path: string,
  content: string | Uint8Array,
  options: WholeFileOptions = {},
): void =>
  attempt("write", path, () => {
    makeOwnDirectory(dirname(path));
    writeWhole(path, content, { mode: 0o644, ...options });
  });

/** For files that only their owner may read. */
export const PRIVATE: WholeFileOptions = { mode: 0o600 };

/** All of a file; `undefined` when it does not exist. @param most size limit, bytes @throws TrailError */
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
