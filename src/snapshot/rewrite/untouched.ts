/** Files in which nothing goes: their names lead to the very same bytes, or these are copied without being understood. */
import { linkFile } from "../../storage/link-file.ts";
import type { Storage } from "../../storage/storage.ts";
import { SnapshotError } from "../format/errors.ts";
import { kindOf } from "../format/file-totals.ts";
import type { Manifest, ManifestFile } from "../format/manifest.ts";
import type { BlotName } from "./blot.ts";
import type { Rewriting } from "./rewriting.ts";
import { sourceLines, verifyHint } from "./source.ts";

interface UntouchedOptions {
  readonly source: Storage;
  readonly manifest: Manifest;
  readonly rewriting: Rewriting;
  readonly named: BlotName;
  /** Files of bytes that have changed, by the name of the stored file. */
  readonly changed: { readonly has: (file: string) => boolean };
}

/** Those files, by the name of the stored file. */
export async function untouchedFiles(options: UntouchedOptions): Promise<ReadonlyMap<string, ManifestFile>> {
  const { manifest, rewriting, named, changed } = options;
  const { without = [] } = rewriting;
  const concerned = await concernedFiles(options);
  const files = manifest.plugins
    .filter(({ name }) => !without.includes(name))
    .flatMap((plugin) => plugin.files);
  const stay = files.filter(
    ({ path, of, blocks }) =>
      blocks > 0 &&
      !concerned.has(path) &&
      !changed.has(path) &&
      named(path) === path &&
      (of === undefined || named(of) === of),
  );
  return new Map(stay.map((file) => [file.path, file]));
}

/** Those with a block in which something may go. */
async function concernedFiles({ source, manifest, rewriting }: UntouchedOptions): Promise<Set<string>> {
  const { isGone, isConcerned = () => true } = rewriting;
  const files = new Set<string>();
  if (isGone === undefined) return files;
  for await (const { block, number } of sourceLines(source, manifest))
    if (block !== undefined && kindOf(block) !== "bytes" && isConcerned(number)) files.add(block.file);
  return files;
}

interface Kept {
  readonly source: Storage;
  readonly into: Storage;
  /** The directory of the source, if it is one on this machine. */
  readonly directory: string | undefined;
  readonly signal: AbortSignal;
}

/** Has such files in the successor, too. @throws SnapshotError when one is not what the manifest says */
export async function keepUntouched(files: Iterable<ManifestFile>, kept: Kept): Promise<void> {
  const { into, directory, signal } = kept;
  for (const file of files) {
    signal.throwIfAborted();
    const isLinked = directory !== undefined && linkFile({ from: directory, to: into.root, name: file.path });
    if (!isLinked) await copyWhole(file, kept);
  }
}

const PIECE_BYTES = 1 << 20;

async function copyWhole(
  { path, bytes, sha256 }: ManifestFile,
  { source, into, signal }: Kept,
): Promise<void> {
  const [from, to] = [await source.open(path), await into.append(path, 0)];
  const hasher = new Bun.CryptoHasher("sha256");
  try {
    const piece = Buffer.allocUnsafeSlow(Math.min(PIECE_BYTES, bytes));
    for (let at = 0; at < bytes; ) {
      signal.throwIfAborted();
      const read = piece.subarray(0, await from.read(piece.subarray(0, bytes - at), at));
      if (read.length === 0) break;
      hasher.update(read);
      await to.append(read);
      at += read.length;
    }
  } finally {
    await Promise.all([from.close(), to.close()]);
  }
  if (hasher.digest("hex") !== sha256)
    throw new SnapshotError(`${source.shown(path)}: checksum mismatch`, { hint: verifyHint(source) });
  await into.commit([path]);
}
