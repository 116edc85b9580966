/**
 * The seam for bytes at rest: named files in one place. A snapshot is read and verified, and its files and the progress of an
 * export or a restore are written, through these methods only. So are the kept snapshots of a place found. A place other than a
 * local directory, such as a bucket, only needs to implement them.
 *
 * What always belongs to this machine uses the local functions beside this file: the trail and its home copy, agreements,
 * trusted plugins, the configuration, files that the user named, and how a local directory with a new snapshot gets its
 * final name (`whole-directory.ts`), which is a rename, and a bucket has none. Nothing outside this folder calls the
 * system's file functions, except what `ARCHITECTURE.md` lists with the reason.
 *
 * Names have `/` between their parts and stay below the place. Errors name the file.
 */
import type { Lock } from "./lock.ts";

/** A place for files, by name. */
export interface Storage {
  /** The place, for messages, and what tells it apart from others: a directory. */
  readonly root: string;
  /** A file of this place, for messages. */
  shown(name: string): string;
  /**
   * Writes a whole file durably, or nothing, and makes the folders in its name.
   * @returns false with `ifAbsent` when the name is taken; that file stays
   */
  write(
    name: string,
    content: string | Uint8Array,
    options?: { readonly ifAbsent?: boolean },
  ): Promise<boolean>;
  /** Opens a file that grows at its end; one writer at a time. @param kept how much of an existing file to keep, bytes; 0: a new file */
  append(name: string, kept: number): Promise<GrowingFile>;
  /** Resolves when everything appended to these files, and their names, are durable. They may be closed already. */
  commit(names: readonly string[]): Promise<void>;
  /** All of a small file. @param most bytes @throws UnsafeFileError when it has more; as {@link Storage.open} */
  read(name: string, most: number): Promise<Uint8Array>;
  /** Opens a file to read parts of it. @throws an error with the code `ENOENT` when there is none */
  open(name: string): Promise<StoredFile>;
  /** All files, in any order. */
  list(): AsyncIterable<string>;
  /** What is directly in the place, files and folders, in order; nothing if the place does not exist. */
  names(): Promise<string[]>;
  /** A folder of this place as a place of its own, such as one snapshot among those that are kept. It need not exist. */
  within(name: string): Storage;
  /** `undefined` when there is none. */
  stat(name: string): Promise<FileStatus | undefined>;
  /**
   * What is wrong with files, by name, as far as can be told without reading data; absent: reading costs little. For a place whose
   * bytes come from far away, and which has a record of its own of what is there.
   * @param depth `listed`: only what a listing tells; `whole`: everything but the data
   */
  flaws?(depth: "listed" | "whole"): Promise<ReadonlyMap<string, string>>;
  /** How files are stored that nobody here can read; absent, or `undefined`: they can be read. */
  sealed?(): Promise<readonly SealedFile[] | undefined>;
  /** Files of which reading what is in them does not prove every byte that is stored, and has not by now; absent: there are none. */
  unproved?(): Promise<readonly SealedFile[]>;
  /** Removes a file; it is no error if the file does not exist. */
  remove(name: string): Promise<void>;
  /**
   * Takes the lock of this name if it is free, until it is released or this process ends. With `isRemoved` its file goes when
   * it is released. @returns `undefined` when it is not free
   */
  lock(name: string, options?: { readonly isRemoved?: boolean }): Lock | undefined;
}

/** A file as it is stored, which can be proved without understanding it. */
export interface SealedFile {
  readonly name: string;
  /** As it is stored. */
  readonly bytes: number;
  /** Reads all of it. @returns what is wrong with it */
  flaw(): Promise<string | undefined>;
}

/** A file that is written to. */
export interface GrowingFile {
  /** Appends all bytes or none; one call at a time. The buffer may be reused once this resolves. */
  append(bytes: Uint8Array): Promise<void>;
  close(): Promise<void>;
}

/** A file that is read. */
export interface StoredFile {
  /** How much it pays to read at once, even if less is needed. Bytes; default: what costs a disk as much as nothing. */
  readonly ahead?: number;
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
