/** Which files there are, and whether they are the ones that the manifest lists. */

import type { Manifest } from "../snapshot/format/manifest.ts";
import { systemRefusal } from "../storage/refusal.ts";
import type { Storage } from "../storage/storage.ts";
import { messageOf } from "../units/message-of.ts";
import type { Complain } from "./block-index.ts";

/** Compares what is there with the manifest: every file, its kind and its size. */
export async function checkListing(snapshot: Storage, manifest: Manifest, complain: Complain): Promise<void> {
  const expected = new Map<string, number | undefined>([
    ["manifest.json", undefined],
    [manifest.index.path, manifest.index.bytes],
    ...manifest.plugins.flatMap((plugin) => plugin.files.map((file) => [file.path, file.bytes] as const)),
  ]);
  try {
    for await (const file of snapshot.list())
      if (!expected.has(file)) complain({ subject: file, message: "is not in the manifest" });
  } catch (error) {
    complain({ subject: ".", message: `not all of its files can be listed: ${reasonOf(error)}` });
  }
  for (const [file, bytes] of expected) await checkFile(snapshot, file, bytes, complain);
}

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

const reasonOf = (error: unknown): string => systemRefusal(error)?.what ?? messageOf(error);
