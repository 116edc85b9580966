import { closeSync, linkSync } from "node:fs";
import { dirname, join } from "node:path";
import { makeOwnDirectory, openOwnSync } from "./own-file.ts";

/** A file in one directory of ours, and the same name in another. */
interface Linked {
  readonly from: string;
  readonly to: string;
  readonly name: string;
}

/**
 * Gives a file that nobody changes in place a name in another directory, too, which costs no room and no time. The name is durable once
 * its directory is synced.
 * @returns false where the system cannot do that: it lies on another disk, or this one knows no second names
 * @throws UnsafeFileError for what is no regular file of ours, or a link leads to
 */
export function linkFile({ from, to, name }: Linked): boolean {
  const path = join(from, name);
  closeSync(openOwnSync(path, "read", { root: from }));
  makeOwnDirectory(to, dirname(join(to, name)));
  try {
    linkSync(path, join(to, name));
    return true;
  } catch {
    return false; // whoever copies it instead says what is wrong with either directory
  }
}
