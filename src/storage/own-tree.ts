import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { isLitter } from "../units/litter.ts";

/**
 * Everything below a directory except directories, by path relative to it, with `/` between parts. Links are included, but not
 * followed. So is a directory that another program left, which we may not even be allowed to read.
 */
export async function* ownEntries(directory: string, below = ""): AsyncGenerator<string> {
  for (const entry of await readdir(join(directory, below), { withFileTypes: true })) {
    const path = below === "" ? entry.name : `${below}/${entry.name}`;
    if (entry.isDirectory() && !isLitter(entry.name)) yield* ownEntries(directory, path);
    else yield path;
  }
}
