/** Files that survive a crash: what is written is on the disk, or not there at all. */
import { type FileHandle, mkdir, open, rename, unlink } from "node:fs/promises";
import { dirname } from "node:path";
import { cannot, type TrailError } from "./error.ts";

/** Text that was appended to a file, is not yet known to be on the disk, and can still be taken back. */
export interface PendingAppend {
  /** Waits for the disk. @returns why it cannot be durable, if it cannot */
  settle(): Promise<TrailError | undefined>;
  /** Keeps the text, or cuts the file to what it was. */
  end(keep: boolean): Promise<void>;
}

/** Appends; nobody else may be writing to the file. @throws TrailError after taking back what was written */
export async function startAppend(path: string, text: string, mode = 0o644): Promise<PendingAppend> {
  const file = await attempt("write to", path, () => openCreating(path, mode));
  const { size } = await file.stat();
  const pending: PendingAppend = {
    async settle() {
      const failure = await file.datasync().catch((cause: unknown) => cannot("write to", path, cause));
      if (failure === undefined && size === 0) await syncDirectory(dirname(path));
      return failure ?? undefined;
    },
    async end(keep) {
      if (!keep) await file.truncate(size).catch(() => undefined); // the failure that led here is the one to tell
      await file.close();
    },
  };
  try {
    await file.appendFile(text);
    return pending;
  } catch (cause) {
    await pending.end(false);
    throw cannot("write to", path, cause);
  }
}

/** Cuts a file to a size it had and waits until the disk has that. @throws TrailError */
export const truncateDurably = (path: string, size: number): Promise<void> =>
  attempt("shorten", path, async () => {
    const file = await open(path, "r+");
    try {
      await file.truncate(size);
      await file.sync();
    } finally {
      await file.close();
    }
  });

/** A whole file under its final name, or none: temporary name, fsync, rename, fsync of the directory. @throws TrailError */
export async function writeDurably(path: string, content: string | Uint8Array, mode = 0o644): Promise<void> {
  const temporary = `${path}.${process.pid}.tmp`;
  try {
    await attempt("write", path, () => writeSynced(temporary, content, mode));
    await attempt("write", path, () => rename(temporary, path));
  } catch (error) {
    await unlink(temporary).catch(() => undefined); // it may never have been there
    throw error;
  }
  await syncDirectory(dirname(path));
}

async function writeSynced(path: string, content: string | Uint8Array, mode: number): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const file = await open(path, "w", mode);
  try {
    await file.writeFile(content);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** Makes a directory and its parents where they are missing. @throws TrailError */
export async function makeDirectory(path: string, mode = 0o777): Promise<void> {
  await attempt("make", path, () => mkdir(path, { recursive: true, mode }));
}

/** Makes names in a directory durable. One that cannot be opened for this (Windows) does so by itself. */
export async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path, "r").catch(() => undefined);
  await directory?.sync().catch(() => undefined);
  await directory?.close();
}

async function openCreating(path: string, mode: number): Promise<FileHandle> {
  await mkdir(dirname(path), { recursive: true });
  return open(path, "a", mode);
}

async function attempt<Result>(doing: string, path: string, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (cause) {
    throw cannot(doing, path, cause);
  }
}
