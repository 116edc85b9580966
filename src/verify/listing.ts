/** Which files there are, and whether they are the ones that the manifest lists. */

import { basename } from "node:path";
import type { Manifest } from "../snapshot/format/manifest.ts";
import type { Storage } from "../storage/storage.ts";
import { isLitter } from "../units/litter.ts";
import { systemRefusal } from "../units/system-refusal.ts";
import type { Complain } from "./block-index.ts";
import { flawFrom } from "./flaw-from.ts";

/**
 * Compares what is there with the manifest: every file, its kind and its size.
 * @returns what other programs have left there, at most a thousand: it is nobody's claim
 */
export async function checkListing(
  snapshot: Storage,
  manifest: Manifest,
  complain: Complain,
): Promise<string[]> {
  const expected = new Map<string, number | undefined>([
    ["manifest.json", undefined],
    [manifest.index.path, manifest.index.bytes],
    ...manifest.plugins.flatMap((plugin) => plugin.files.map((file) => [file.path, file.bytes] as const)),
  ]);
  const folders = new Set([...expected.keys()].flatMap(foldersOf));
  const litter: string[] = [];
  try {
    for await (const file of snapshot.list()) {
      if (expected.has(file) || (folders.has(file) && isLitter(basename(file)))) continue;
      if (!isLitter(basename(file))) complain({ subject: file, message: "is not in the manifest" });
      else if (litter.length < LITTER_MAX) litter.push(file);
    }
  } catch (error) {
    complain({ subject: ".", message: `not all of its files can be listed: ${reasonOf(error)}` });
  }
  const flaws = (await snapshot.flaws?.("whole")) ?? NONE;
  for (const [subject, message] of flaws) complain({ subject, message });
  for (const [file, bytes] of expected)
    if (!flaws.has(file)) await checkFile(snapshot, file, bytes, complain);
  return litter.sort();
}

const NONE: ReadonlyMap<string, string> = new Map();

const LITTER_MAX = 1_000;

/** `a`, `a/b` of `a/b/c`: a plugin may name one as other programs name theirs. */
const foldersOf = (file: string): string[] =>
  [...file.matchAll(/\//g)].map(({ index }) => file.slice(0, index));

async function checkFile(
  snapshot: Storage,
  file: string,
  bytes: number | undefined,
  complain: Complain,
): Promise<void> {
  const found = await snapshot.stat(file).catch(() => undefined);
  if (found === undefined) complain({ subject: file, message: "is missing" });
  else if (!found.isRegular) complain({ subject: file, message: "is not a regular file" });
  else if (bytes !== undefined && found.bytes !== bytes)
    complain({ subject: file, message: `has ${found.bytes} bytes, the manifest says ${bytes}` });
}

const reasonOf = (error: unknown): string => systemRefusal(error)?.what ?? flawFrom(error);
