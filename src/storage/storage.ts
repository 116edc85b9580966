/**
 * Bytes at rest: named files in one place. A snapshot is written and read only through these methods, so a place other than a
 * local directory only needs to implement them. The trail and the configuration always belong to this machine: they use
 * the local functions behind {@link localStorage}.
 *
 * Names have `/` between their parts and stay below the place. Errors name the file.
 */
import type { Lock } from "./lock.ts";

/** A place for files, by name. */
export interface Storage {
  /** The place, for messages: a directory. */
  readonly root: string;
  /** Writes a whole file durably, or nothing. @returns false with `ifAbsent` when the name is taken; that file stays */
  write(
    name: string,
    content: string | Uint8Array,
    options?: { readonly ifAbsent?: boolean },
  ): Promise<boolean>;
  /** Opens a file that grows at its end; one writer at a time. @param kept how much of an existing file to keep, bytes; 0: a new file */
  append(name: string, kept: number): Promise<GrowingFile>;
  /** Resolves when everything appended to these files, and their names, are durable. They may be closed already. */
  commit(names: readonly string[]): Promise<void>;
  /** All of a small file. @param most bytes @throws UnsafeFileError when it has more */
  read(name: string, most: number): Promise<Uint8Array>;
  /** Opens a file to read parts of it. */
  open(name: string): Promise<StoredFile>;
  /** All files, in any order. */
  list(): AsyncIterable<string>;
  /** `undefined` when there is none. */
  stat(name: string): Promise<FileStatus | undefined>;
  /** Removes a file; it is no error if the file does not exist. */
  remove(name: string): Promise<void>;
  /**
   * Takes the lock of this name if it is free, until it is released or this process ends. With `isRemoved` its file goes when
   * it is released. @returns `undefined` when it is not free
   */
  lock(name: string, options?: { readonly isRemoved?: boolean }): Lock | undefined;
}

/** A file that is written to. */
export interface GrowingFile {
  /** Appends all bytes or none; one call at a time. The buffer may be reused once this resolves. */
  append(bytes: Uint8Array): Promise<void>;
  close(): Promise<void>;
}

/** A file that is read. */
export interface StoredFile {
  size(): Promise<number>;
  /** Fills the buffer from `position`. @returns how many bytes were read: fewer only at the end of the file */
  read(buffer: Uint8Array, position: number): Promise<number>;
  close(): Promise<void>;
}

/** What is known about a file without opening it. */
export interface FileStatus {
  readonly bytes: number;
  /** False for a link, a directory, or anything else that is not a regular file. */
  readonly isRegular: boolean;
}
