/**
 * Files that are ours: what lies in `.contextcore`, in the home copy, in a snapshot, in a restore's directory. Whoever made
 * that directory may have put something else there, so no link is followed and nothing but a regular file is opened: a link
 * would have us read or write what lies elsewhere, a FIFO would hold the command for ever. The directory that the user
 * named may itself be reached through links; the one that we made in it, and all below, may not.
 */
import {
  accessSync,
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  mkdirSync,
  openSync,
  readSync,
  realpathSync,
  rmSync,
  type Stats,
} from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { dirname, join, relative, sep } from "node:path";
import { systemCode } from "../units/system-refusal.ts";
import { UnsafeFileError } from "./unsafe-file.ts";

/**
 * - `read`: a file that is there.
 * - `change`: the same, to write in it.
 * - `overwrite`: to write over from its beginning; made when it is not there.
 * - `append`: to write at its end; made when it is not there.
 * - `create`: a new file in the place of whatever has its name.
 */
export type Purpose = "read" | "change" | "overwrite" | "append" | "create";

/** How a file of ours is opened. */
export interface OwnFileOptions {
  /** The directory that we made, from which on every directory down to the file is looked at; default the file's own. */
  readonly root?: string;
  /** Permissions of a file that is made. */
  readonly mode?: number | undefined;
}

const { O_RDONLY, O_RDWR, O_APPEND, O_CREAT, O_EXCL, O_NOFOLLOW, O_NONBLOCK } = constants;

const FLAGS: Readonly<Record<Purpose, number>> = {
  read: O_RDONLY,
  change: O_RDWR,
  overwrite: O_RDWR | O_CREAT,
  append: O_RDWR | O_APPEND | O_CREAT,
  create: O_RDWR | O_CREAT | O_EXCL,
};

/** Windows has neither: what is missing is 0 there, and links are looked for beforehand. */
const SAFELY = (O_NOFOLLOW ?? 0) | (O_NONBLOCK ?? 0);

/** @returns a descriptor, which the caller closes @throws UnsafeFileError; what the system throws */
export function openOwnSync(path: string, purpose: Purpose, options: OwnFileOptions = {}): number {
  prepare(path, purpose, options);
  const file = explained(path, () => openSync(path, FLAGS[purpose] | SAFELY, options.mode));
  try {
    requireOwn(path, purpose, fstatSync(file));
    return file;
  } catch (error) {
    closeSync(file);
    throw error;
  }
}

/** As {@link openOwnSync}. */
export async function openOwn(
  path: string,
  purpose: Purpose,
  options: OwnFileOptions = {},
): Promise<FileHandle> {
  prepare(path, purpose, options);
  const handle = await open(path, FLAGS[purpose] | SAFELY, options.mode).catch((error) =>
    explained(path, () => {
      throw error;
    }),
  );
  try {
    requireOwn(path, purpose, await handle.stat());
    return handle;
  } catch (error) {
    await handle.close();
    throw error;
  }
}

/**
 * Makes an empty file where there is none. One that is there is looked at and not opened: on POSIX systems a process that
 * closes a file lets go of all its locks on it.
 * @throws UnsafeFileError; what the system throws, also where the file may not be written to
 */
export function requireOwnFile(path: string): void {
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (found === undefined) closeSync(openOwnSync(path, "append"));
  else {
    requireOwnDirectories(dirname(path));
    if (found.isSymbolicLink()) throw isLink(path);
    requireOwn(path, "append", found);
    accessSync(path, constants.W_OK);
  }
}

/** All of a file. @param most so many bytes at most @throws UnsafeFileError; what the system throws */
export function readOwnSync(path: string, most: number, options: OwnFileOptions = {}): Buffer {
  const file = openOwnSync(path, "read", options);
  try {
    const { size } = fstatSync(file);
    if (size > most) throw new UnsafeFileError(path, `has ${size} bytes; more than ${most} are not read`);
    const bytes = Buffer.allocUnsafe(size);
    let filled = 0;
    for (let read = -1; read !== 0 && filled < size; filled += read)
      read = readSync(file, bytes, filled, size - filled, filled);
    return bytes.subarray(0, filled);
  } finally {
    closeSync(file);
  }
}

/** As text. */
export const readOwnText = (path: string, most: number, options: OwnFileOptions = {}): string =>
  readOwnSync(path, most, options).toString();

/**
 * The text of a file that is not ours: the way to it may lead over links, but at its end is a regular file.
 * @param most so many bytes at most @throws UnsafeFileError; what the system throws
 */
export const readNamedText = (path: string, most: number): string => readOwnText(realpathSync(path), most);

/**
 * Looks at every directory from `root` down to `path`; what is not there yet is left alone.
 * @throws UnsafeFileError for one that is a link, or no directory
 */
export function requireOwnDirectories(root: string, path: string = root): void {
  const names = path === root ? [] : relative(root, path).split(sep);
  let directory = root;
  for (const name of ["", ...names]) {
    directory = join(directory, name);
    const found = lstatSync(directory, { throwIfNoEntry: false });
    if (found === undefined) return;
    if (found.isSymbolicLink()) throw isLink(directory);
    if (!found.isDirectory()) throw new UnsafeFileError(directory, "is not a directory", NO_DIRECTORY);
  }
}

/** Makes a directory, and those between `root` and it. @throws UnsafeFileError as {@link requireOwnDirectories} */
export function makeOwnDirectory(root: string, path: string = root, mode?: number): void {
  requireOwnDirectories(root, path);
  mkdirSync(path, { recursive: true, mode });
}

/** Makes a directory in one that is there. @returns false: something has that name already */
export function makeNewDirectory(path: string): boolean {
  try {
    mkdirSync(path);
    return true;
  } catch (error) {
    if (systemCode(error) === "EEXIST") return false;
    throw error;
  }
}

/**
 * Where a directory is that the user named: the way there may lead over links, from there on none is followed. One that is
 * not there yet keeps its name.
 */
export function namedDirectory(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}

function prepare(path: string, purpose: Purpose, { root = dirname(path) }: OwnFileOptions): void {
  requireOwnDirectories(root, dirname(path));
  if (purpose === "create") rmSync(path, { force: true });
  else if (O_NOFOLLOW === undefined && lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink())
    throw isLink(path);
}

function requireOwn(path: string, purpose: Purpose, found: Stats): void {
  if (!found.isFile()) throw isOther(path, found);
  // What is written here would be written under its other name, too.
  if (purpose !== "read" && found.nlink > 1)
    throw new UnsafeFileError(path, "has a second name (a hard link), and is not written to");
}

function kindOf(found: Stats): string {
  if (found.isFIFO()) return "a FIFO";
  return found.isSocket() ? "a socket" : "a device";
}

const NO_DIRECTORY = "Something that is not a directory stands in the way: move it.";

const isOther = (path: string, found: Stats): UnsafeFileError =>
  found.isDirectory()
    ? new UnsafeFileError(path, "is a directory", "A directory stands where the file should be: move it.")
    : new UnsafeFileError(path, `is ${kindOf(found)}, not a regular file`);

const isLink = (path: string): UnsafeFileError =>
  new UnsafeFileError(path, "is a symbolic link, and none is followed there");

/** The system's word for what it did not open, as a sentence. */
function explained<Result>(path: string, work: () => Result): Result {
  try {
    return work();
  } catch (error) {
    const found = lstatSync(path, { throwIfNoEntry: false });
    if (found?.isSymbolicLink()) throw isLink(path);
    if (found !== undefined && !found.isFile() && !found.isDirectory()) throw isOther(path, found);
    throw error;
  }
}
