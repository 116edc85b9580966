import { closeSync, fstatSync, readSync } from "node:fs";
import { type OwnFileOptions, openOwnSync } from "./own-file.ts";

/** A file of ours that is open for reading, and stays the same file if its name is given to another. Close it, or dispose of it. */
export interface OwnReader extends Disposable {
  /** Its size when it was opened, bytes. */
  readonly size: number;
  /** Device and inode: which file it is. */
  readonly dev: number;
  readonly ino: number;
  /**
   * Reads into the buffer, from `position` of the file.
   * @param length at most so many bytes; default: the buffer's
   * @returns how many were read @throws what the system throws
   */
  read(buffer: Uint8Array, position: number, length?: number): number;
  close(): void;
}

/** Opens a file of ours to read parts of it, without waiting for other work. @throws UnsafeFileError; what the system throws */
export function openOwnReader(path: string, options: OwnFileOptions = {}): OwnReader {
  const file = openOwnSync(path, "read", options);
  const { size, dev, ino } = fstatSync(file);
  const close = (): void => closeSync(file);
  return {
    size,
    dev,
    ino,
    read: (buffer, position, length = buffer.length) => readSync(file, buffer, 0, length, position),
    close,
    [Symbol.dispose]: close,
  };
}
