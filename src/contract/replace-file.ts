/** A file that takes the place of another one as a whole, such as a server's dump or database. */
import { createReadStream, existsSync, statSync } from "node:fs";
import { type FileHandle, mkdir, open, rename, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { systemRefusal } from "../units/system-refusal.ts";
import { PluginError } from "./errors.ts";
import { syncDirectory } from "./sync-directory.ts";

/** How a file takes its place. */
export interface Replacing {
  readonly signal: AbortSignal;
  /** Asked when equal bytes are there already: whether they are replaced all the same. Default: no. */
  readonly evenIfSame?: () => boolean;
  /** Checks the new file before it gets its name. What this throws leaves the old one in its place. @param draft its path */
  readonly check?: (draft: string) => void;
}

/**
 * Writes a file beside its place and renames it over what is there once it is on the disk, so that at no time half a file has the
 * name. It gets the permissions and the owner of the file before it, or the owner of the directory: servers run as users of their own.
 * @returns false when the same bytes are there already
 * @throws PluginError `refused` when it cannot be written; what the pieces and the check throw
 */
export async function replaceFile(
  path: string,
  pieces: AsyncIterable<Uint8Array>,
  how: Replacing,
): Promise<boolean> {
  try {
    await mkdir(dirname(path), { recursive: true });
    return await drafted(path, async (draft) => {
      if (!(await written(draft, path, pieces, how))) return false;
      await rename(draft, path);
      await syncDirectory(dirname(path));
      return true;
    });
  } catch (error) {
    throw refused(path, error);
  }
}

/** Removes what is left of a draft when the work with it ends. */
async function drafted(path: string, work: (draft: string) => Promise<boolean>): Promise<boolean> {
  const draft = join(dirname(path), `.${basename(path)}.${crypto.randomUUID()}.partial`);
  try {
    return await work(draft);
  } finally {
    await rm(draft, { force: true });
  }
}

/** @returns whether it is to take its place */
async function written(
  draft: string,
  path: string,
  pieces: AsyncIterable<Uint8Array>,
  { signal, evenIfSame = () => false, check }: Replacing,
): Promise<boolean> {
  await using file = await open(draft, "wx", 0o600);
  const hash = await hashOf(pieces, async (piece) => {
    signal.throwIfAborted();
    await file.writeFile(piece);
  });
  if (existsSync(path) && !evenIfSame() && (await hashOf(createReadStream(path))) === hash) return false;
  check?.(draft);
  await likeBefore(file, path);
  await file.sync();
  return true;
}

async function hashOf(
  pieces: AsyncIterable<Uint8Array>,
  each?: (piece: Uint8Array) => Promise<void>,
): Promise<string> {
  const hash = new Bun.CryptoHasher("sha256");
  for await (const piece of pieces) {
    hash.update(piece);
    await each?.(piece);
  }
  return hash.digest("hex");
}

/** By the open file, and not by its name, which somebody could exchange meanwhile. */
async function likeBefore(file: FileHandle, path: string): Promise<void> {
  const before = statSync(path, { throwIfNoEntry: false }) ?? statSync(dirname(path));
  if (before.isFile()) await file.chmod(before.mode & 0o777);
  try {
    await file.chown(before.uid, before.gid);
  } catch {
    // Only root may give a file to somebody else.
  }
}

function refused(path: string, error: unknown): unknown {
  const refusal = systemRefusal(error, { purpose: "write" });
  if (refusal === undefined) return error;
  const [hint] = refusal.remedies;
  return new PluginError("refused", `${path} cannot be written: ${refusal.what}`, { hint, cause: error });
}
