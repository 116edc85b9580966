import { readdir } from "node:fs/promises";
import { join } from "node:path";

/**
 * Everything below a directory except directories, by path relative to it, with `/` between parts. Links are included, but not
 * followed.
 */
export async function* ownEntries(directory: string, below = ""): AsyncGenerator<string> {
  for (const entry of await readdir(join(directory, below), { withFileTypes: true })) {
    const path = below === "" ? entry.name : `${below}/${entry.name}`;
    if (entry.isDirectory()) yield* ownEntries(directory, path);
    else yield path;
  }
}
