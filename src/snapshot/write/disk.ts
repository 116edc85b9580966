/** Writing so that it is there after a power cut, or fails with a sentence that says what to do. */
import { type FileHandle, open, rename } from "node:fs/promises";
import { dirname } from "node:path";
import { openOwn } from "../../storage/own-file.ts";
import { UnsafeFileError } from "../../storage/unsafe-file.ts";
import { SnapshotError, systemCode } from "../format/errors.ts";

/** Writes all of `bytes` at `position`; a write that the system cut short is continued. */
export async function writeAll(handle: FileHandle, bytes: Uint8Array, position: number): Promise<void> {
  for (let done = 0; done < bytes.length; ) {
    const { bytesWritten } = await handle.write(bytes, done, bytes.length - done, position + done);
    done += bytesWritten;
  }
}

/** Makes a closed file's bytes durable. */
export async function syncFile(path: string): Promise<void> {
  const handle = await openOwn(path, "change");
  try {
    await handle.sync();
  } catch (error) {
    throw writeFailure(path, error);
  } finally {
    await handle.close();
  }
}

/** Makes a directory's entries durable. Windows has no such call and needs none. */
export async function syncDirectory(path: string): Promise<void> {
  if (process.platform === "win32") return;
  const handle = await open(path, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Puts a whole file in place: the old one or the new one is there, never a part. */
export async function writeAtomically(path: string, text: string): Promise<void> {
  const temporary = `${path}.tmp`;
  try {
    const handle = await openOwn(temporary, "create");
    try {
      await writeAll(handle, Buffer.from(text), 0);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(temporary, path);
    await syncDirectory(dirname(path));
  } catch (error) {
    throw writeFailure(path, error);
  }
}

const CAUSES: Readonly<Record<string, { readonly what: string; readonly hint: string }>> = {
  ENOSPC: { what: "the disk is full", hint: "Make room on that disk" },
  EDQUOT: { what: "the disk quota is used up", hint: "Make room within the quota" },
  EFBIG: { what: "the file is larger than the system allows", hint: "Use --max-file-size" },
  EROFS: { what: "the disk is read-only", hint: "Choose another directory with -o" },
  EACCES: { what: "permission denied", hint: "Choose a directory you may write, with -o" },
  EPERM: { what: "permission denied", hint: "Choose a directory you may write, with -o" },
  ENOTDIR: { what: "a part of that path is a file", hint: "Choose another directory with -o" },
  ENOENT: { what: "the system lets nothing be made there", hint: "Choose another directory with -o" },
  ENAMETOOLONG: { what: "the path is too long", hint: "Choose a shorter one with -o" },
  ELOOP: { what: "symbolic links on that path lead in a circle", hint: "Choose another directory with -o" },
  EEXIST: { what: "a file of that name is in the way", hint: "Choose another directory with -o" },
};

/** A failed write as a person reads it. */
export function writeFailure(path: string, error: unknown): Error {
  if (error instanceof SnapshotError) return error;
  if (error instanceof UnsafeFileError)
    return new SnapshotError(`cannot write ${path}: ${error.message}`, { cause: error, hint: error.hint });
  const code = systemCode(error);
  const known = code === undefined ? undefined : CAUSES[code];
  const what = known?.what ?? (error instanceof Error ? error.message : String(error));
  return new SnapshotError(`cannot write ${path}: ${what}`, {
    cause: error,
    ...(known === undefined ? {} : { hint: `${known.hint}.` }),
  });
}
