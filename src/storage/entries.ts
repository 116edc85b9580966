/** What is there, seen without opening it. A link is seen as a link; what it leads to is not looked at. */
import {
  accessSync,
  type BigIntStats,
  constants,
  type Dirent,
  existsSync,
  lstatSync,
  readdirSync,
  type Stats,
  statSync,
} from "node:fs";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { isLitter } from "../units/litter.ts";
import { isMissing, systemCode } from "../units/system-refusal.ts";

/** `other`: a FIFO, a socket or a device. */
type EntryKind = "file" | "directory" | "link" | "other";

/** What has a name in a directory. */
export interface Entry {
  readonly kind: EntryKind;
  /** The user that it belongs to; 0 on Windows. */
  readonly uid: number;
  /** With its device and `bornNs`: which file it is. The number alone may be given to the next file. */
  readonly ino: bigint;
  readonly dev: bigint;
  /** When it was made, ns since the epoch. Whoever prepares files can choose neither this nor `ino`. */
  readonly bornNs: bigint;
  readonly bytes: number;
  /** When it was last written to or touched, ms since the epoch. */
  readonly changedMs: number;
  /** When anything of it last changed, also its owner or who may read it, ns since the epoch. Nobody can set it back. */
  readonly touchedNs: bigint;
}

/** What has this name; `undefined` when nothing has. @throws what the system throws, such as EACCES */
export function entryAt(path: string): Entry | undefined {
  const found = lstatSync(path, { bigint: true, throwIfNoEntry: false });
  return found && entryOf(found);
}

/**
 * Which file it is, how long, and when it or who may read it last changed: where this is the same, so is what is in it, as far as the
 * clock of the disk tells changes apart. Empty: there is none. Where the system does not tell, see {@link isUnmarked}, why not.
 */
export function fileMark(path: string): string {
  try {
    const found = entryAt(path);
    if (found === undefined) return "";
    return `${found.dev}:${found.ino}:${found.bornNs}:${found.bytes}:${found.changedMs}:${found.touchedNs}`;
  } catch (error) {
    const code = systemCode(error);
    return code === "ENOTDIR" ? "" : `${UNMARKED}${code}`;
  }
}

const UNMARKED = "?";

/** Whether a {@link fileMark} says nothing of what is in the file: it may not be seen, or its disk is not well. */
export const isUnmarked = (mark: string): boolean => mark.startsWith(UNMARKED);

/** What the system says about an entry, in our words. */
export const entryOf = (found: BigIntStats): Entry => ({
  kind: kindOf(found),
  uid: Number(found.uid),
  ino: found.ino,
  dev: found.dev,
  bornNs: found.birthtimeNs,
  bytes: Number(found.size),
  changedMs: Number(found.mtimeMs),
  touchedNs: found.ctimeNs,
});

/** Whether a path leads to something, through links, too. False also when the way to it is closed to us. */
export const isThere = (path: string): boolean => existsSync(path);

/**
 * What a path leads to, through links, too. `circle`: its links lead to one another. `undefined`: nothing, or the way to it is
 * closed to us.
 */
export function targetKind(path: string): EntryKind | "circle" | undefined {
  try {
    const found = statSync(path, { throwIfNoEntry: false });
    return found && kindOf(found);
  } catch (error) {
    return systemCode(error) === "ELOOP" ? "circle" : undefined;
  }
}

/** The names in a directory and what has them, in order; none if it is not there. @throws what the system throws */
export function entriesIn(path: string): { readonly name: string; readonly kind: EntryKind }[] {
  try {
    const found = readdirSync(path, { withFileTypes: true });
    return found
      .map((entry) => ({ name: entry.name, kind: kindOf(entry) }))
      .sort((a, b) => (a.name < b.name ? -1 : 1));
  } catch (error) {
    if (isMissing(error)) return [];
    throw error;
  }
}

function kindOf(
  found: Pick<Dirent | Stats | BigIntStats, "isFile" | "isDirectory" | "isSymbolicLink">,
): EntryKind {
  if (found.isFile()) return "file";
  if (found.isDirectory()) return "directory";
  return found.isSymbolicLink() ? "link" : "other";
}

/**
 * Everything below a directory except directories, by path relative to it, with `/` between parts. Links are included, but not
 * followed. So is a directory that another program left, which we may not even be allowed to read.
 */
export async function* entriesBelow(directory: string, below = ""): AsyncGenerator<string> {
  for (const entry of await readdir(join(directory, below), { withFileTypes: true })) {
    const path = below === "" ? entry.name : `${below}/${entry.name}`;
    if (entry.isDirectory() && !isLitter(entry.name)) yield* entriesBelow(directory, path);
    else yield path;
  }
}

/** @throws what the system throws when nothing can be made in this directory, or its names cannot be reached */
export const requireWritable = (directory: string): void =>
  accessSync(directory, constants.W_OK | constants.X_OK);

/** Who may do what with a file, as `chmod` has it; `undefined` where there is none. A link counts for what it leads to. */
export function permissionsOf(path: string): number | undefined {
  const found = statSync(path, { throwIfNoEntry: false });
  return found && found.mode & 0o7777;
}
