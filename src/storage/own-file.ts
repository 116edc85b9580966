/**
 * Our own files: in `.contextcore`, the home copy, a snapshot, or a restore's directory. Somebody may have prepared that
 * directory, so no link is followed and only regular files are opened. A link could make us read or write files elsewhere,
 * and a FIFO could block the command for ever. The directory that the user named may be reached through links; the one that
 * we made in it, and everything below, may not.
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
import { isMissing, systemCode } from "../units/system-refusal.ts";
import { targetKind } from "./entries.ts";
import { UnsafeFileError } from "./unsafe-file.ts";

/**
 * - `read`: read an existing file.
 * - `change`: write into an existing file.
 * - `overwrite`: write from the beginning; created if it does not exist.
 * - `append`: write at the end; created if it does not exist.
 * - `create`: create a new file in place of whatever has its name.
 */
export type Purpose = "read" | "change" | "overwrite" | "append" | "create";

/** How a file of ours is opened. */
export interface OwnFileOptions {
  /** The directory that we made. It and every directory from there down to the file is checked; default the file's own. */
  readonly root?: string;
  /** Permissions of a new file. */
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

/** Windows has neither flag, so both are 0 there and links are checked beforehand. */
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

/** Like {@link openOwnSync}. */
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
 * Creates an empty file if there is none. An existing one is checked but not opened, because on POSIX systems a process that
 * closes a file releases all its locks on it.
 * @param mode permissions of a new file; an existing one must not grant others more
 * @throws UnsafeFileError; what the system throws, also if the file may not be written to
 */
export function requireOwnFile(path: string, mode?: number): void {
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (found === undefined) {
    closeSync(openOwnSync(path, "append", { mode }));
    return;
  }
  requireOwnDirectories(dirname(path));
  if (found.isSymbolicLink()) throw isLink(path);
  requireOwn(path, "append", found);
  if (mode !== undefined) requireMode(path, mode, found);
  try {
    accessSync(path, constants.W_OK);
  } catch (error) {
    if (!isMissing(error)) throw error;
    requireOwnFile(path, mode); // it was removed in between
  }
}

/** Windows has no such permissions. */
function requireMode(path: string, mode: number, found: Stats): void {
  const granted = found.mode & 0o777;
  if (process.platform === "win32" || (granted & ~mode) === 0) return;
  const wanted = mode.toString(8);
  throw new UnsafeFileError(
    path,
    `has permissions ${granted.toString(8)}, and what is in it is its owner's alone`,
    `If you made it: chmod ${wanted} ${path}; if not, remove it.`,
  );
}

/** Fills the buffer from `position` of an open file. @returns how many bytes were read: fewer only at its end */
export function fillSync(file: number, buffer: Uint8Array, position: number): number {
  for (let done = 0; done < buffer.length; ) {
    const read = readSync(file, buffer, done, buffer.length - done, position + done);
    if (read === 0) return done;
    done += read;
  }
  return buffer.length;
}

/** All of a file. @param most size limit, bytes @throws UnsafeFileError; what the system throws */
export function readOwnSync(path: string, most: number, options: OwnFileOptions = {}): Buffer {
  const file = openOwnSync(path, "read", options);
  try {
    const { size } = fstatSync(file);
    if (size > most) throw new UnsafeFileError(path, `has ${size} bytes, and the limit is ${most}`);
    const bytes = Buffer.allocUnsafe(size);
    return bytes.subarray(0, fillSync(file, bytes, 0));
  } finally {
    closeSync(file);
  }
}

/** The same as text. */
export const readOwnText = (path: string, most: number, options: OwnFileOptions = {}): string =>
  readOwnSync(path, most, options).toString();

/**
 * All of a file that is not ours. Its path may lead through links, but must end at a regular file.
 * @param most size limit, bytes @throws UnsafeFileError; what the system throws
 */
export const readNamed = (path: string, most: number): Buffer => readOwnSync(realpathSync(path), most);

/** The same as text. */
export const readNamedText = (path: string, most: number): string => readNamed(path, most).toString();

/**
 * Checks every directory from `root` down to `path`; those that do not exist yet are skipped.
 * @throws UnsafeFileError when one is a link, or not a directory
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

/** Creates a directory, and those between `root` and it. @throws UnsafeFileError like {@link requireOwnDirectories} */
export function makeOwnDirectory(root: string, path: string = root, mode?: number): void {
  requireOwnDirectories(root, path);
  mkdirSync(path, { recursive: true, mode });
}

/** Creates a directory that the user named, and those above it where they are missing. @throws what the system throws */
export const makeNamedDirectory = (path: string): void => void mkdirSync(path, { recursive: true });

/** Creates a directory in an existing one. @returns false when something has that name already */
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
 * The real path of what the user named. The way to it may lead through links; below it, none is followed. The path of what
 * does not exist yet stays as it is.
 */
export function namedPath(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}

/**
 * A new file takes the place of a file or a link. A device, a pipe or a directory is left alone, and so is a link that leads to
 * one of the first two: `/dev/stdout`.
 * @throws UnsafeFileError
 */
export function requireReplaceable(path: string): void {
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (found === undefined || found.isFile()) return;
  if (found.isDirectory()) throw isOther(path, found);
  if (!found.isSymbolicLink())
    throw new UnsafeFileError(path, `is ${kindOf(found)}, not a regular file`, ANOTHER);
  if (targetKind(path) === "other")
    throw new UnsafeFileError(path, "leads to a device or a pipe, not to a regular file", ANOTHER);
}

/** What is there is somebody's, and not in the way. */
const ANOTHER = "Name another file; where a command takes `-o`, `-` is stdout.";

function prepare(path: string, purpose: Purpose, { root = dirname(path) }: OwnFileOptions): void {
  requireOwnDirectories(root, dirname(path));
  if (purpose === "create") rmSync(path, { force: true });
  else if (O_NOFOLLOW === undefined && lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink())
    throw isLink(path);
}

function requireOwn(path: string, purpose: Purpose, found: Stats): void {
  if (!found.isFile()) throw isOther(path, found);
  // Whatever is written here would also change the file under its other name.
  if (purpose !== "read" && found.nlink > 1)
    throw new UnsafeFileError(path, "has a second name (a hard link), so it is not written to");
}

function kindOf(found: Stats): string {
  if (found.isFIFO()) return "a FIFO";
  return found.isSocket() ? "a socket" : "a device";
}

const NO_DIRECTORY = "Something else is in the way: move it.";

const isOther = (path: string, found: Stats): UnsafeFileError =>
  found.isDirectory()
    ? new UnsafeFileError(path, "is a directory", "A directory is where the file should be: move it.")
    : new UnsafeFileError(path, `is ${kindOf(found)}, not a regular file`);

const isLink = (path: string): UnsafeFileError =>
  new UnsafeFileError(path, "is a symbolic link, which is not followed there");

/** Turns a system error about an unsafe file into a sentence. */
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
