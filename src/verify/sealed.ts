import type { SealedFile, Storage } from "../storage/storage.ts";
import type { Complain } from "./block-index.ts";
import type { SnapshotPart } from "./part.ts";

/** What was read of it. */
interface SealedRead {
  readonly objects: number;
  readonly objectsRead: number;
  readonly bytes: number;
}

interface SealedOptions {
  readonly part: SnapshotPart;
  readonly complain: Complain;
  readonly signal: AbortSignal | undefined;
  readonly onBytes: (bytes: number, totalBytes: number) => void;
}

/**
 * Proves files as they are stored: that all are there, and that each byte is as it was written. What is in them stays unseen.
 * @param part which of them are read; none: only names and sizes
 */
export async function checkSealed(
  snapshot: Storage,
  files: readonly SealedFile[],
  { part, complain, signal, onBytes }: SealedOptions,
): Promise<SealedRead> {
  const flaws = (await snapshot.flaws?.("listed")) ?? new Map<string, string>();
  for (const [subject, message] of flaws) complain({ subject, message });
  const chosen = files.filter((_, index) => index % part.of === part.index - 1);
  const totalBytes = chosen.reduce((sum, one) => sum + one.bytes, 0);
  let bytes = 0;
  for (const { name, bytes: size, flaw } of chosen) {
    signal?.throwIfAborted();
    if (flaws.has(fileIn(name))) continue;
    const message = await flaw();
    if (message !== undefined) complain({ subject: name, message });
    bytes += size;
    onBytes(bytes, totalBytes);
  }
  return { objects: files.length, objectsRead: chosen.length, bytes };
}

/** Proves what reading the blocks has not: a file without any, and that nothing says the same in other bytes. */
export async function checkUnproved(
  snapshot: Storage,
  signal: AbortSignal | undefined,
  complain: Complain,
): Promise<void> {
  const flaws = await snapshot.flaws?.("listed");
  for (const { name, flaw } of (await snapshot.unproved?.()) ?? []) {
    signal?.throwIfAborted();
    const message = flaws?.has(fileIn(name)) ? undefined : await flaw();
    if (message !== undefined) complain({ subject: name, message });
  }
}

const fileIn = (stored: string): string => stored.replace(/\.age$/, "");
