/** Puts a dump where a server that is stopped finds it when it starts. */
import { existsSync, fchmodSync, fchownSync, statSync } from "node:fs";
import { mkdir, open, rename, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { PluginError, systemRefusal } from "contextcore";

/** Writes beside its place, then renames over what is there. @returns false when the same dump is there already @throws PluginError */
export async function replaceDump(
  path: string,
  bytes: AsyncIterable<Uint8Array>,
  signal: AbortSignal,
): Promise<boolean> {
  const draft = join(dirname(path), `.${basename(path)}.${crypto.randomUUID()}.partial`);
  try {
    await mkdir(dirname(path), { recursive: true });
    const hash = await write(draft, path, bytes, signal);
    if (existsSync(path) && (await hashOf(path)) === hash) return false;
    await rename(draft, path);
    await using directory = await open(dirname(path), "r");
    await directory.sync();
    return true;
  } catch (error) {
    throw told(path, error);
  } finally {
    await rm(draft, { force: true });
  }
}

/** The new file gets the permissions and the owner of the one before, since the server runs as a user of its own. */
async function write(
  draft: string,
  path: string,
  bytes: AsyncIterable<Uint8Array>,
  signal: AbortSignal,
): Promise<string> {
  const hash = new Bun.CryptoHasher("sha256");
  await using file = await open(draft, "wx", 0o600);
  for await (const piece of bytes) {
    signal.throwIfAborted();
    hash.update(piece);
    await file.writeFile(piece);
  }
  const before = statSync(path, { throwIfNoEntry: false }) ?? statSync(dirname(path));
  if (before.isFile()) fchmodSync(file.fd, before.mode & 0o777);
  try {
    fchownSync(file.fd, before.uid, before.gid);
  } catch {
    // Only root may give a file to somebody else.
  }
  await file.sync();
  return hash.digest("hex");
}

async function hashOf(path: string): Promise<string> {
  const hash = new Bun.CryptoHasher("sha256");
  for await (const piece of Bun.file(path).stream()) hash.update(piece);
  return hash.digest("hex");
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
