import { lstatSync, readlinkSync, realpathSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";

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
