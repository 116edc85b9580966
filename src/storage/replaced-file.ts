/** A file of another program's that is replaced by what was made of it: the new one is whole, on the disk and read back before the old one goes. */
import { randomBytes } from "node:crypto";
import {
  closeSync,
  constants,
  fchmodSync,
  fchownSync,
  fstatSync,
  fsyncSync,
  futimesSync,
  linkSync,
  openSync,
  renameSync,
  rmSync,
  unlinkSync,
  writeSync,
} from "node:fs";
import { systemCode } from "../units/system-refusal.ts";
import { type Entry, entryAt, entryOf } from "./entries.ts";
import type { HeldDirectory } from "./held-directory.ts";
import { fillSync } from "./own-file.ts";

const { O_RDONLY, O_RDWR, O_CREAT, O_EXCL, O_NOFOLLOW, O_NONBLOCK } = constants;
const SAFELY = (O_NOFOLLOW ?? 0) | (O_NONBLOCK ?? 0);

/** A file that is open for reading, and stays the same file if its name is given to another. */
export interface OpenedFile extends Disposable {
  readonly fd: number;
  /** What it is now. */
  entry(): Entry;
  /** Fills the buffer. @returns how many bytes were read: fewer only at its end */
  read(buffer: Uint8Array, position: number): number;
}

/** Opens a file in a directory, and no link. @throws what the system throws */
export const openIn = (directory: HeldDirectory, name: string): OpenedFile =>
  opened(openSync(directory.at(name), O_RDONLY | SAFELY));

const opened = (fd: number): OpenedFile => ({
  fd,
  entry: () => entryOf(fstatSync(fd, { bigint: true })),
  read: (buffer, position) => fillSync(fd, buffer, position),
  [Symbol.dispose]: () => closeSync(fd),
});

/** What is to stand in the place of a file, without a name of its own yet. */
interface Replacement extends Disposable {
  write(bytes: Uint8Array): void;
  /** Waits for the disk. @returns what was written, to be read back */
  finish(): OpenedFile;
  /** Gives it this name unless something has it. @returns whether it has it now */
  keep(name: string): boolean;
}

/**
 * Begins one, with the owner, the permissions and the time of the file that it is made of. Disposing of it removes what was not kept.
 * @throws what the system throws
 */
export function beginReplacement(directory: HeldDirectory, of: OpenedFile): Replacement {
  const draft = directory.at(`.contextcore-${randomBytes(12).toString("hex")}.partial`);
  const fd = openSync(draft, O_RDWR | O_CREAT | O_EXCL | SAFELY, 0o600);
  return {
    write(bytes) {
      for (let done = 0; done < bytes.length; ) done += writeSync(fd, bytes, done, bytes.length - done);
    },
    finish() {
      dress(fd, of.fd);
      fsyncSync(fd);
      return { ...opened(fd), [Symbol.dispose]: () => {} };
    },
    keep: (own) => namedIfFree(draft, directory.at(own)) && requireNamed(fd, directory.entry(own)),
    [Symbol.dispose]() {
      closeSync(fd);
      rmSync(draft, { force: true });
    },
  };
}

/** Whether a name is that of something unfinished of ours, which a run that was killed may have left. */
export const isDraft = (name: string): boolean => /^\.contextcore-[0-9a-f]{24}\.partial$/.test(name);

function dress(file: number, like: number): void {
  const { uid, gid, mode, atimeMs, mtimeMs } = fstatSync(like);
  if (process.getuid?.() === 0) fchownSync(file, uid, gid);
  fchmodSync(file, mode & 0o777);
  futimesSync(file, atimeMs / 1_000, mtimeMs / 1_000);
}

/** @throws an error when somebody has exchanged the draft for something else */
function requireNamed(file: number, named: Entry | undefined): true {
  const { dev, ino } = fstatSync(file, { bigint: true });
  if (named?.dev === dev && named.ino === ino) return true;
  throw new Error("what was written was exchanged for something else");
}

function namedIfFree(draft: string, path: string): boolean {
  try {
    linkSync(draft, path);
    return true;
  } catch (error) {
    if (systemCode(error) === "EEXIST") return false;
    if (systemCode(error) !== "EPERM" && systemCode(error) !== "ENOTSUP") throw error;
  }
  // A file system without hard links.
  if (entryAt(path) !== undefined) return false;
  renameSync(draft, path);
  return true;
}

/** Waits until what is in a file that another run wrote is on the disk. */
export const syncFile = ({ fd }: OpenedFile): void => fsyncSync(fd);

/** Removes a name. @throws what the system throws */
export const removeIn = (directory: HeldDirectory, name: string): void => unlinkSync(directory.at(name));

/** Waits until the names in a directory are on the disk. */
export function syncHeld({ fd }: HeldDirectory): void {
  try {
    fsyncSync(fd);
  } catch (error) {
    // Some network file systems cannot.
    if (systemCode(error) !== "EINVAL") throw error;
  }
}
