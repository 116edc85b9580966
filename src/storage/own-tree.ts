import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { isLitter } from "./litter.ts";

/**
 * Everything below a directory but the directories themselves, relative to it, `/` between parts. A link is one of them,
 * whatever it leads to: none is walked; so is a directory that another program left, which may not even be ours to read.
 */
export async function* ownEntries(directory: string, below = ""): AsyncGenerator<string> {
  for (const entry of await readdir(join(directory, below), { withFileTypes: true })) {
    const path = below === "" ? entry.name : `${below}/${entry.name}`;
    if (entry.isDirectory() && !isLitter(entry.name)) yield* ownEntries(directory, path);
    else yield path;
  }
}
