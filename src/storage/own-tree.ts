import { readdir } from "node:fs/promises";
import { join } from "node:path";

/**
 * Everything below a directory but the directories themselves, relative to it, `/` between parts. A link is one of them,
 * whatever it leads to: none is walked.
 */
export async function* ownEntries(directory: string, below = ""): AsyncGenerator<string> {
  for (const entry of await readdir(join(directory, below), { withFileTypes: true })) {
    const path = below === "" ? entry.name : `${below}/${entry.name}`;
    if (entry.isDirectory()) yield* ownEntries(directory, path);
    else yield path;
  }
}
