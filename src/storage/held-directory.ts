/**
 * Directories that are other programs' and held open: what is in them is reached through them, and never by a path again, so that
 * nobody who exchanges a directory for a link meanwhile leads anywhere else. Where the system has no `/proc`, it is reached by its path.
 */
import { closeSync, constants, existsSync, fstatSync, openSync, readFileSync } from "node:fs";
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
 * Opens a directory below another one. The path of the first may lead through links, as the user meant it; below it none is followed,
 * and nothing that is mounted is entered.
 * @throws what the system throws: ENOTDIR or ELOOP when one is a link or no directory; an error when something is mounted there
 */
export function holdDirectory(root: string, names: readonly string[] = []): HeldDirectory {
  let held = opened(root, root, O_RDONLY | O_DIRECTORY);
  for (const name of names) {
    using above = held;
    held = below(above, name);
  }
  return held;
}

function below(above: HeldDirectory, name: string): HeldDirectory {
  const held = opened(above.at(name), join(above.shown, name), O_RDONLY | O_DIRECTORY | (O_NOFOLLOW ?? 0));
  if (mountOf(held) === mountOf(above)) return held;
  held[Symbol.dispose]();
  throw new Error("something else is mounted there");
}

/** A part of the same file system that is mounted a second time is told apart by the system's number of the mount. */
function mountOf({ fd }: HeldDirectory): string {
  const said = hasProc ? readFileSync(`/proc/self/fdinfo/${fd}`, "utf8") : "";
  return `${fstatSync(fd, { bigint: true }).dev} ${/^mnt_id:\s*(\d+)/m.exec(said)?.[1] ?? ""}`;
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
