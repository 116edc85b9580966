/**
 * Projects that were in use before this program asked for agreement are not asked about: the home's witness of their trail
 * was written by a version that did not ask. Every later one marks what it writes, so that this happens once.
 */
import { lstatSync } from "node:fs";
import { resolve } from "node:path";
import { openHome } from "../audit/journal/home.ts";
import { hasEvent } from "../audit/journal/segments.ts";
import { isBelow, realPath } from "./outside.ts";

/** Where the trail is, and who bears witness to it. */
export interface Places {
  /** The trail's file, absolute. */
  readonly file: string;
  /** `~/.contextcore` */
  readonly home: string;
}

/**
 * Whether the home has known the trail of this very directory since before anything was asked. The home's word counts
 * alone: it names the path, the file's inode and the hash of an event that must stand in the trail, and its copy must have
 * that event, too. A trail that came with a clone, or with another project at the same path, is another file.
 * @param project its directory
 */
export function wasInUse({ file, home }: Places, project: string): boolean {
  if (isBelow(realPath(resolve(home)), realPath(project))) return false;
  const witness = openHome(home, file);
  const head = witness.readEarlyHead();
  if (head === undefined || head.file !== file || !isSameFile(file, project, head.ino)) return false;
  if (!hasEvent(file, head)) return false;
  for (const _ of witness.copiesUpTo(head.hash)) return true;
  return false;
}

function isSameFile(file: string, project: string, ino: number): boolean {
  const status = lstatSync(file, { throwIfNoEntry: false });
  return status?.isFile() === true && status.ino === ino && isBelow(realPath(file), realPath(project));
}
