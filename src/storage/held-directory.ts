/**
 * Directories that are other programs' and held open: what is in them is reached through them, and never by a path again, so that
 * nobody who exchanges a directory for a link meanwhile leads anywhere else. Where the system has no `/proc`, it is reached by its path.
 */
import { closeSync, constants, existsSync, openSync } from "node:fs";
import { join } from "node:path";
import { type Entry, entriesIn, entryAt } from "./entries.ts";

/** An open directory. */
export interface HeldDirectory extends Disposable {
  /** For people. */
  readonly shown: string;
  /** The path of something in it, for as long as it is open. */
  at(name: string): string;
  /** What is in it, in order. @throws what the system throws */
  entries(): ReturnType<typeof entriesIn>;
  /** What has this name; `undefined`: nothing. A link is seen as a link. @throws what the system throws */
  entry(name: string): Entry | undefined;
  readonly fd: number;
}

const { O_RDONLY, O_DIRECTORY, O_NOFOLLOW } = constants;
const hasProc = existsSync("/proc/self/fd");

/**
 * Opens a directory below another one. The path of the first may lead through links, as the user meant it; below it none is followed.
 * @throws what the system throws: ENOTDIR or ELOOP when one is a link or no directory
 */
export function holdDirectory(root: string, names: readonly string[] = []): HeldDirectory {
  let held = opened(root, root, O_RDONLY | O_DIRECTORY);
  for (const name of names) {
    using above = held;
    held = opened(above.at(name), join(above.shown, name), O_RDONLY | O_DIRECTORY | (O_NOFOLLOW ?? 0));
  }
  return held;
}

function opened(path: string, shown: string, flags: number): HeldDirectory {
  const fd = openSync(path, flags);
  const prefix = hasProc ? `/proc/self/fd/${fd}` : shown;
  const at = (name: string): string => `${prefix}/${name}`;
  return {
    fd,
    shown,
    at,
    entries: () => entriesIn(`${prefix}/.`),
    entry: (name) => entryAt(at(name)),
    [Symbol.dispose]: () => closeSync(fd),
  };
}
