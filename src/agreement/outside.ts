/** Which paths lead out of a project. */
import { lstatSync, readlinkSync, realpathSync } from "node:fs";
import { basename, dirname, isAbsolute, join, relative, resolve, sep } from "node:path";

/** Maximum number of consecutive links before it counts as a cycle, as in the system. */
const LINKS_MAX = 40;

/** Where a path really leads, through every link, even if the target does not exist yet. */
export function realPath(path: string, links = 0): string {
  try {
    return realpathSync(path);
  } catch {
    const target = targetOf(path);
    if (target !== undefined && links < LINKS_MAX) return realPath(resolve(dirname(path), target), links + 1);
    return dirname(path) === path ? path : join(realPath(dirname(path), links), basename(path));
  }
}

/** A link's target; `undefined` for anything else. */
function targetOf(path: string): string | undefined {
  try {
    return lstatSync(path).isSymbolicLink() ? readlinkSync(path) : undefined;
  } catch {
    return undefined;
  }
}

/** Whether a path lies in a directory as both are written, ignoring links. */
export function isBelow(path: string, directory: string): boolean {
  const way = relative(directory, path);
  return way !== ".." && !way.startsWith(`..${sep}`) && !isAbsolute(way);
}

/** Whether a path really lies in the project. Its `.git` does not come with a clone, and is the user's own. */
export function isInside(path: string, project: string): boolean {
  const [real, root] = [realPath(path), realPath(project)];
  return isBelow(real, root) && !relative(root, real).toLowerCase().split(sep).includes(".git");
}
