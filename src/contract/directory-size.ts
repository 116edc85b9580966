import { lstat, readdir } from "node:fs/promises";
import { join } from "node:path";
import { isMissing, systemCode, systemRefusal } from "../units/system-refusal.ts";
import { PluginError } from "./errors.ts";

const BLOCK_BYTES = 512;
const COUNTS_BLOCKS = process.platform !== "win32";

/**
 * The disk space that a directory or a single file uses, in bytes, counted like `du`: a sparse file counts for the blocks it
 * occupies. Links are not followed, and files that vanish during the count are ignored.
 * @throws PluginError `not-found` when the path does not exist, `refused` when part of it cannot be read
 */
export async function directorySize(path: string, signal?: AbortSignal): Promise<number> {
  try {
    return await sizeOf(path, signal);
  } catch (error) {
    throw classified(error, path);
  }
}

async function sizeOf(path: string, signal: AbortSignal | undefined): Promise<number> {
  signal?.throwIfAborted();
  const status = await lstat(path);
  const own = COUNTS_BLOCKS ? status.blocks * BLOCK_BYTES : status.size;
  if (!status.isDirectory()) return own;
  let total = own;
  for (const name of await readdir(path)) total += await sizeOf(join(path, name), signal).catch(vanished);
  return total;
}

function vanished(error: unknown): number {
  if (isMissing(error)) return 0;
  throw error;
}

function classified(error: unknown, path: string): unknown {
  const refusal = systemRefusal(error, { purpose: "read" });
  if (isMissing(error) || systemCode(error) === "ENOTDIR") {
    const hint = "Is the option `data` the server's data directory on this machine?";
    return new PluginError("not-found", `${path} is not there`, { hint, cause: error });
  }
  if (refusal === undefined) return error;
  return new PluginError("refused", `${path} cannot be read: ${refusal.what}`, { cause: error });
}
