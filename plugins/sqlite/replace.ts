/** Puts a restored database in the place of another one. */
import {
  closeSync,
  existsSync,
  fchmodSync,
  fchownSync,
  fsyncSync,
  openSync,
  renameSync,
  rmSync,
  type Stats,
  statSync,
} from "node:fs";
import { mkdir, open } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { PluginError, systemRefusal } from "contextcore";
import { examine } from "./copy.ts";
import { releaseFor } from "./held.ts";

/**
 * Writes the bytes beside their place, checks them, and renames them over what is there, so that at no time half a database has the
 * name. @returns false when the same database is there already
 * @throws PluginError `refused` while somebody uses the one that is there; `invalid` when the new one is damaged
 */
export async function replaceWith(
  path: string,
  bytes: AsyncIterable<Uint8Array>,
  signal: AbortSignal,
): Promise<boolean> {
  const draft = join(dirname(path), `.${basename(path)}.${crypto.randomUUID()}.partial`);
  try {
    await mkdir(dirname(path), { recursive: true });
    const hash = await write(draft, bytes, signal);
    if (existsSync(path) && (await isSame(path, hash))) return false;
    requireSound(draft, path);
    if (existsSync(path)) releaseFor(path);
    takePlace(draft, path);
    return true;
  } catch (error) {
    throw told(path, error);
  } finally {
    for (const rest of ["", "-wal", "-shm"]) rmSync(`${draft}${rest}`, { force: true });
  }
}

/** @returns the SHA-256 of what was written */
async function write(draft: string, bytes: AsyncIterable<Uint8Array>, signal: AbortSignal): Promise<string> {
  const hash = new Bun.CryptoHasher("sha256");
  await using file = await open(draft, "wx", 0o600);
  for await (const piece of bytes) {
    signal.throwIfAborted();
    hash.update(piece);
    await file.writeFile(piece);
  }
  await file.sync();
  return hash.digest("hex");
}

/** What is still in a log is not in the file. */
async function isSame(path: string, hash: string): Promise<boolean> {
  if ((statSync(`${path}-wal`, { throwIfNoEntry: false })?.size ?? 0) > 0) return false;
  const found = new Bun.CryptoHasher("sha256");
  for await (const piece of Bun.file(path).stream()) found.update(piece);
  return found.digest("hex") === hash;
}

/** A damaged database takes no other one's place. */
function requireSound(draft: string, path: string): void {
  if (!existsSync(path) || statSync(draft).size === 0) return;
  const { flaws } = examine(draft);
  if (flaws.length > 0)
    throw new PluginError(
      "invalid",
      `the saved database is damaged (${flaws.join("; ")}), so ${path} is left as it is`,
      {
        hint: "Move that one away to restore the damaged one in its place.",
      },
    );
}

/** The new file gets the permissions and the owner of the one before. */
function takePlace(draft: string, path: string): void {
  const before = statSync(path, { throwIfNoEntry: false });
  const file = openSync(draft, "r");
  try {
    if (before !== undefined) likeBefore(file, before);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  for (const rest of ["-wal", "-shm", "-journal"]) rmSync(`${path}${rest}`, { force: true });
  renameSync(draft, path);
  const directory = openSync(dirname(path), "r");
  try {
    fsyncSync(directory);
  } finally {
    closeSync(directory);
  }
}

function told(path: string, error: unknown): unknown {
  const refusal = systemRefusal(error, { purpose: "write" });
  if (refusal === undefined) return error;
  const [remedy] = refusal.remedies;
  return new PluginError("refused", `${path} cannot be written: ${refusal.what}`, {
    hint: remedy,
    cause: error,
  });
}

/** By the open file, and not by its name, which somebody could exchange meanwhile. */
function likeBefore(file: number, { mode, uid, gid }: Stats): void {
  fchmodSync(file, mode & 0o777);
  try {
    fchownSync(file, uid, gid);
  } catch {
    // Only root may give a file to somebody else.
  }
}
