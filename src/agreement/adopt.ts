/**
 * Recognizes projects that were in use before this program asked for agreement; these need none. The home's record of their
 * trail was written by a version that did not ask. Later versions mark what they write, so each project is adopted only once.
 */
import { resolve } from "node:path";
import { openHome } from "../audit/journal/home.ts";
import { hasEvent } from "../audit/journal/segments.ts";
import { entryAt } from "../storage/entries.ts";
import { realPath } from "../storage/real-path.ts";
import { isBelow } from "./outside.ts";

/** Where the trail is, and the home that remembers it. */
export interface Places {
  /** The trail's file, absolute. */
  readonly file: string;
  /** `~/.contextcore` */
  readonly home: string;
}

/**
 * Whether the home has known this very directory's trail since before agreement was asked for. Only the home decides: it
 * names the path, the file's inode and the hash of an event that must be in the trail, and its copy must have that event,
 * too. A trail that came with a clone, or with another project at the same path, is a different file.
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
  const found = entryAt(file);
  return found?.kind === "file" && Number(found.ino) === ino && isBelow(realPath(file), realPath(project));
}
