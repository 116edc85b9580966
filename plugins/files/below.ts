/**
 * Directories that are open: what is in them is reached through them and never by a path again, so that nobody who exchanges a
 * directory for a link meanwhile can lead anywhere else. Where the system has no `/proc`, it is reached by its path.
 */
import { closeSync, constants, existsSync, openSync } from "node:fs";

/** An open directory. */
export interface Directory extends Disposable {
  readonly fd: number;
  /** The path of something in it. */
  at(name: Uint8Array): Buffer;
}

const { O_RDONLY, O_DIRECTORY, O_NOFOLLOW } = constants;
const SLASH = Buffer.from("/");
const hasProc = existsSync("/proc/self/fd");

/** Opens a directory by its path, through links as the user may have meant it. @throws the system's error */
export const openRoot = (path: string): Directory => opened(Buffer.from(path), O_RDONLY | O_DIRECTORY);

/** Opens a directory in another one, and no link. @throws the system's error: `ENOTDIR` or `ELOOP` when it is none */
export const openIn = (directory: Directory, name: Uint8Array): Directory =>
  opened(directory.at(name), O_RDONLY | O_DIRECTORY | O_NOFOLLOW);

function opened(path: Buffer, flags: number): Directory {
  const fd = openSync(path, flags);
  const prefix = hasProc ? Buffer.from(`/proc/self/fd/${fd}/`) : Buffer.concat([path, SLASH]);
  return {
    fd,
    at(name) {
      const whole = Buffer.allocUnsafe(prefix.length + name.length);
      whole.set(prefix);
      whole.set(name, prefix.length);
      return whole;
    },
    [Symbol.dispose]: () => closeSync(fd),
  };
}
