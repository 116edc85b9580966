/**
 * Bytes at rest: files under names in one place. The files of a snapshot are written and read through these methods. That a
 * snapshot is a directory, which gets its name when it is whole and loses it before its files go, is `whole-directory.ts`:
 * another place than this machine's disk needs its own way to do that. The trail and the configuration are this machine's by
 * nature: they use the local functions that {@link localStorage} is made of.
 *
 * Names have `/` between their parts and stay below the place. What a method throws names the file.
 */
import type { Lock } from "./lock.ts";

/** A place for files, by name. */
export interface Storage {
  /** The place, for messages: a directory. */
  readonly root: string;
  /** Puts a whole file in its place, durably, or nothing. @returns false: with `ifAbsent`, when the name is taken; it stays */
  write(
    name: string,
    content: string | Uint8Array,
    options?: { readonly ifAbsent?: boolean },
  ): Promise<boolean>;
  /** A file that grows at its end; one writer at a time. @param kept so much of what is there stays, bytes; 0: a new file */
  append(name: string, kept: number): Promise<GrowingFile>;
  /** Resolves when all that was appended to these files, and their names, are durable. They may be closed by then. */
  commit(names: readonly string[]): Promise<void>;
  /** All of a small file. @param most bytes @throws UnsafeFileError when it has more */
  read(name: string, most: number): Promise<Uint8Array>;
  /** A file whose parts are read. */
  open(name: string): Promise<StoredFile>;
  /** Every file, in no order. */
  list(): AsyncIterable<string>;
  /** `undefined` when there is none. */
  stat(name: string): Promise<FileStatus | undefined>;
  /** Removes a file; one that is not there is as good as removed. */
  remove(name: string): Promise<void>;
  /**
   * Takes the lock of this name if it is free, until it is released or this process ends. With `isRemoved` its file goes when
   * it is released. @returns `undefined` when it is not free
   */
  lock(name: string, options?: { readonly isRemoved?: boolean }): Lock | undefined;
}

/** A file that is written to. */
export interface GrowingFile {
  /** Adds bytes at its end, all or none of them; one call after another. The bytes may be used again when it resolves. */
  append(bytes: Uint8Array): Promise<void>;
  close(): Promise<void>;
}

/** A file that is read. */
export interface StoredFile {
  size(): Promise<number>;
  /** Fills the buffer with what stands at `position`. @returns how many bytes there were: fewer only where the file ends */
  read(buffer: Uint8Array, position: number): Promise<number>;
  close(): Promise<void>;
}

/** What is known of a file without opening it. */
export interface FileStatus {
  readonly bytes: number;
  /** False for a link, a directory and everything else that no file of ours is. */
  readonly isRegular: boolean;
}
