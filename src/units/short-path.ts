import { relative } from "node:path";

/** How a path is shown: relative to the working directory when it lies below it. */
export function shortPath(path: string, directory: string): string {
  const short = relative(directory, path);
  return short === "" || short.startsWith("..") ? path : short;
}
