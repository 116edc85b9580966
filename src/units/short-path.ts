import { relative } from "node:path";

/** A path for display: relative to the working directory if it is below that. */
export function shortPath(path: string, directory: string): string {
  const short = relative(directory, path);
  return short === "" || short.startsWith("..") ? path : short;
}
