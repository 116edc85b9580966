/**
 * The only way to create a whole file: it is written beside its place under another name, flushed to the disk, and then
 * renamed. Its name refers to the old file or the new one, never to a part.
 */
import { randomBytes } from "node:crypto";
import {
  closeSync,
  fstatSync,
  fsync,
  fsyncSync,
  linkSync,
  lstatSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { dirname } from "node:path";
import { promisify } from "node:util";
import { syncDirectorySync } from "../contract/sync-directory.ts";
import { type Entry, entryOf } from "./entries.ts";
import { openOwnSync, requireReplaceable } from "./own-file.ts";

/** What differs from file to file, each for a reason. */
export interface WholeFileOptions {
  /** Permissions of a new file; default: the system's. */
  readonly mode?: number | undefined;
  /** Keeps the permissions of an existing file. */
  readonly keepsMode?: boolean;
  /** Leaves an existing entry of that name alone, whatever it is. */
  readonly ifAbsent?: boolean;
  /** False: does not wait for the disk, because an older state is acceptable after a power cut. */
  readonly isDurable?: boolean;
  /** The temporary name. By default unpredictable, so that nobody can prepare a link of that name. */
  readonly draft?: string;
}

/** A file without its final name yet: keep it or drop it. */
interface Draft {
  /** The descriptor to write to. */
  readonly file: number;
  /** Gives it its final name. @returns false when the name is taken; that file stays */
  keep(): boolean;
  /** Discards it; does nothing once it is kept. */
  drop(): void;
}

/** Begins a file. @throws UnsafeFileError; what the system throws */
function openDraft(path: string, options: WholeFileOptions = {}): Draft {
  const { isDurable = true, ifAbsent = false } = options;
  const { draft = `${path}.${randomBytes(8).toString("hex")}.tmp` } = options;
  if (!ifAbsent) requireReplaceable(path);
  const file = createDraft(draft, path, options);
  let isOpen = true;
  const close = (): void => {
    if (isOpen) closeSync(file);
    isOpen = false;
  };
  return {
    file,
    keep() {
      if (isDurable) fsyncSync(file);
      close();
      const isKept = !ifAbsent || namedIfFree(draft, path);
      if (!ifAbsent) named(path, () => renameSync(draft, path));
      if (isDurable && isKept) syncDirectorySync(dirname(path));
      return isKept;
    },
    drop() {
      close();
      rmSync(draft, { force: true });
    },
  };
}

const createDraft = (draft: string, path: string, options: WholeFileOptions): number =>
  named(path, () => openOwnSync(draft, "create", { mode: modeOf(path, options) }));

/** The system's error names the file that was asked for, not the temporary one. */
function named<Result>(path: string, work: () => Result): Result {
  try {
    return work();
  } catch (error) {
    throw error instanceof Error && "path" in error ? Object.assign(error, { path }) : error;
  }
}

/**
 * Writes a whole file, or nothing.
 * @param content or a function that makes it from what the system says of the new file
 * @returns false with `ifAbsent` when something has that name @throws UnsafeFileError; what the system throws
 */
export function writeWhole(
  path: string,
  content: string | Uint8Array | ((made: Entry) => string),
  options: WholeFileOptions = {},
): boolean {
  const draft = openDraft(path, options);
  try {
    const made = (): Entry => entryOf(fstatSync(draft.file, { bigint: true }));
    writeFileSync(draft.file, typeof content === "function" ? content(made()) : content);
    return draft.keep();
  } catch (error) {
    draft.drop();
    throw error;
  }
}

const untilOnDisk = promisify(fsync);

/** The same for content that arrives in pieces; waiting for the disk does not block anything else. @throws like {@link writeWhole} */
export async function writePieces(
  path: string,
  pieces: AsyncIterable<string | Uint8Array> | Iterable<string | Uint8Array>,
  options: WholeFileOptions = {},
): Promise<boolean> {
  const draft = openDraft(path, options);
  try {
    for await (const piece of pieces) writeFileSync(draft.file, piece);
    await untilOnDisk(draft.file);
    return draft.keep();
  } catch (error) {
    draft.drop();
    throw error;
  }
}

function modeOf(path: string, { mode, keepsMode = false }: WholeFileOptions): number | undefined {
  const before = keepsMode ? statSync(path, { throwIfNoEntry: false }) : undefined;
  return before?.isFile() ? before.mode & 0o777 : mode;
}

/** Links the draft to its final name, which fails if that exists, and removes the draft's name. Some file systems have no hard links. */
function namedIfFree(draft: string, path: string): boolean {
  try {
    linkSync(draft, path);
  } catch {
    if (lstatSync(path, { throwIfNoEntry: false }) === undefined) {
      renameSync(draft, path);
      return true;
    }
    rmSync(draft);
    return false;
  }
  rmSync(draft);
  return true;
}
