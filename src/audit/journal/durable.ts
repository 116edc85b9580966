/** The files of a trail, written durably: what the system refuses becomes a {@link TrailError}. */
import type { BigIntStats } from "node:fs";
import { dirname } from "node:path";
import * as durable from "../../storage/durable.ts";
import { makeOwnDirectory } from "../../storage/own-file.ts";
import { writeWhole } from "../../storage/whole-file.ts";
import { cannot } from "../format/error.ts";

/** Appends, or leaves the file as it was; nobody else may be writing to it. @throws TrailError */
export const appendDurably = (path: string, text: string, mode = 0o644): void =>
  attempt("write to", path, () => durable.appendDurably(path, text, mode));

/** Cuts a file to a size it had. @throws TrailError */
export const truncateDurably = (path: string, size: number): void =>
  attempt("shorten", path, () => durable.truncateDurably(path, size));

/**
 * A whole file under its final name, or none; its directory is made.
 * @param content or what makes it from the status of the file that it goes into @throws TrailError
 */
export const writeDurably = (
  path: string,
  content: string | Uint8Array | ((status: BigIntStats) => string),
  mode = 0o644,
): void =>
  attempt("write", path, () => {
    makeOwnDirectory(dirname(path));
    writeWhole(path, content, { mode });
  });

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
