/** Which files there are, and whether they are the ones that the manifest lists. */
import type { Stats } from "node:fs";
import { lstat } from "node:fs/promises";
import { join } from "node:path";
import type { Manifest } from "../snapshot/format/manifest.ts";
import { ownEntries } from "../storage/own-tree.ts";
import type { Complain } from "./block-index.ts";

/** Compares the directory with the manifest: every file, its kind and its size. */
export async function checkListing(path: string, manifest: Manifest, complain: Complain): Promise<void> {
  const expected = new Map<string, number | undefined>([
    ["manifest.json", undefined],
    [manifest.index.path, manifest.index.bytes],
    ...manifest.plugins.flatMap((plugin) => plugin.files.map((file) => [file.path, file.bytes] as const)),
  ]);
  for await (const file of ownEntries(path))
    if (!expected.has(file)) complain({ file, what: "is not in the manifest" });
  for (const [file, bytes] of expected) await checkFile(path, file, bytes, complain);
}

async function checkFile(
  path: string,
  file: string,
  bytes: number | undefined,
  complain: Complain,
): Promise<void> {
  let found: Stats;
  try {
    found = await lstat(join(path, file));
  } catch {
    return complain({ file, what: "is missing" });
  }
  if (!found.isFile()) complain({ file, what: "is not a regular file" });
  else if (bytes !== undefined && found.size !== bytes)
    complain({ file, what: `has ${found.size} bytes, the manifest says ${bytes}` });
}
