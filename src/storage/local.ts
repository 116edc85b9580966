/** A directory on this machine as storage. */
import { type FileHandle, lstat, rm } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import { syncDirectory } from "../contract/sync-directory.ts";
import { isMissing, systemCode } from "../units/system-refusal.ts";
import { entriesBelow } from "./entries.ts";
import { type Lock, tryLock } from "./lock.ts";
import { makeOwnDirectory, openOwn, readOwnSync } from "./own-file.ts";
import type { FileStatus, GrowingFile, Storage, StoredFile } from "./storage.ts";
import { tryRemove } from "./unsynced.ts";
import { namesIn } from "./whole-directory.ts";
import { writePieces } from "./whole-file.ts";

/** What to throw when the system refuses to write. */
type Refuse = (path: string, cause: unknown) => unknown;

/**
 * The files below a directory, which need not exist yet. No link in or below it is followed.
 * @param refuse makes the errors; default: what the system throws, or UnsafeFileError
 */
export function localStorage(root: string, refuse: Refuse = (_, cause) => cause): Storage {
  const writing = async <Result>(name: string, work: (path: string) => Promise<Result>): Promise<Result> => {
    const path = join(root, name);
    try {
      return await work(path);
    } catch (cause) {
      throw refuse(path, cause);
    }
  };
  /** Directories whose new names may not be on the disk yet. */
  const folders = new Set<string>();
  return {
    root,
    shown: (name) => join(root, name),
    write: (name, content, options) =>
      writing(name, (path) => {
        // A place that somebody has removed does not come back with a single file in it.
        if (dirname(path) !== root) makeOwnDirectory(root, dirname(path));
        return writePieces(path, [content], options);
      }),
    append: (name, kept) =>
      writing(name, async (path) => {
        if (kept === 0) makeOwnDirectory(root, dirname(path));
        const handle = await openOwn(path, kept === 0 ? "create" : "change", { root });
        if (kept > 0) await handle.truncate(kept).catch((error) => closed(handle, error));
        else for (const folder of foldersOf(root, name)) folders.add(folder);
        return growingFile(handle, kept, (work) => writing(name, work));
      }),
    async commit(names) {
      await eachOf(names, (name) => writing(name, (path) => syncFile(path, root)));
      const made = [...folders];
      folders.clear();
      await eachOf(made, (folder) => writing(relative(root, folder), syncDirectory));
    },
    read: async (name, most) => readOwnSync(join(root, name), most, { root }),
    open: async (name) => storedFile(await openOwn(join(root, name), "read", { root })),
    list: () => entriesBelow(root),
    names: () => namesIn(root),
    within: (name) => localStorage(join(root, name), refuse),
    stat: (name) => statusOf(join(root, name)),
    remove: (name) => writing(name, (path) => rm(path, { force: true })),
    lock(name, { isRemoved = false } = {}) {
      const path = join(root, name);
      try {
        const lock = tryLock(path);
        return lock !== undefined && isRemoved ? removedWith(lock, path) : lock;
      } catch (cause) {
        throw refuse(path, cause);
      }
    },
  };
}

/** The same lock, whose file goes while it is still held: afterwards it may be somebody else's. */
const removedWith = (lock: Lock, path: string): Lock => ({
  isInPlace: lock.isInPlace,
  release() {
    const stays = lock.isInPlace() && !tryRemove(path);
    lock.release();
    // Windows removes no open file: not this one until now, and not that of who has taken the lock since, to whom it is left empty.
    if (stays) tryRemove(path);
  },
});

/** A few at a time, because there may be thousands of small files. */
async function eachOf(all: readonly string[], work: (one: string) => Promise<void>): Promise<void> {
  for (let first = 0; first < all.length; first += 16)
    await Promise.all(all.slice(first, first + 16).map(work));
}

/** The folders from the root down to the file's own. */
const foldersOf = (root: string, name: string): string[] =>
  name.split("/").map((_, depth, parts) => join(root, ...parts.slice(0, depth)));

async function syncFile(path: string, root: string): Promise<void> {
  const handle = await openOwn(path, "change", { root });
  try {
    await handle.datasync();
  } finally {
    await handle.close();
  }
}

async function closed(handle: FileHandle, error: unknown): Promise<never> {
  await handle.close();
  throw error;
}

/** A given storage, or the one for a directory. */
export const storageAt = (place: Storage | string): Storage =>
  typeof place === "string" ? localStorage(place) : place;

/** @param start its present size @param told makes the error to throw */
function growingFile(
  handle: FileHandle,
  start: number,
  told: (work: () => Promise<void>) => Promise<void>,
): GrowingFile {
  let size = start;
  return {
    append: (bytes) =>
      told(async () => {
        await writeAll(handle, bytes, size).catch((error) => takeBack(handle, size, error));
        size += bytes.length;
      }),
    close: () => handle.close(),
  };
}

/** Continues a write that the system cut short. */
async function writeAll(handle: FileHandle, bytes: Uint8Array, position: number): Promise<void> {
  for (let done = 0; done < bytes.length; ) {
    const { bytesWritten } = await handle.write(bytes, done, bytes.length - done, position + done);
    done += bytesWritten;
  }
}

/** Ignores its own failure, because the original one is reported. Leftover bytes are cut off by whoever continues the file. */
async function takeBack(handle: FileHandle, size: number, error: unknown): Promise<never> {
  await handle.truncate(size).catch(() => {});
  throw error;
}

const storedFile = (handle: FileHandle): StoredFile => ({
  size: async () => (await handle.stat()).size,
  async read(buffer, position) {
    for (let done = 0; done < buffer.length; ) {
      const { bytesRead } = await handle.read(buffer, done, buffer.length - done, position + done);
      if (bytesRead === 0) return done;
      done += bytesRead;
    }
    return buffer.length;
  },
  close: () => handle.close(),
});

async function statusOf(path: string): Promise<FileStatus | undefined> {
  try {
    const found = await lstat(path);
    return { bytes: found.size, isRegular: found.isFile() };
  } catch (error) {
    if (isMissing(error) || systemCode(error) === "ENOTDIR") return undefined;
    throw error;
  }
}
