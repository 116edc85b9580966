/** Which paths lead out of a project. */
import { isAbsolute, relative, sep } from "node:path";
import { realPath } from "../storage/real-path.ts";

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
