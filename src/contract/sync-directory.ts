/** Names in directories that survive a power cut. */
import { closeSync, fsyncSync, openSync } from "node:fs";
import { open } from "node:fs/promises";
import { systemCode } from "../units/system-refusal.ts";

/** Windows cannot sync directories, and need not. */
const IS_WINDOWS = process.platform === "win32";

/** Some file systems cannot do it either. */
const isUnknownThere = (error: unknown): boolean => ["EINVAL", "ENOTSUP"].includes(systemCode(error) ?? "");

/**
 * Makes the names in a directory durable: that of a file that was just created or renamed there. Does nothing where the system
 * knows no such thing. @throws what the system throws, if it does
 */
export async function syncDirectory(path: string): Promise<void> {
  if (IS_WINDOWS) return;
  const directory = await open(path, "r");
  try {
    await directory.sync();
  } catch (error) {
    if (!isUnknownThere(error)) throw error;
  } finally {
    await directory.close();
  }
}

/** Like {@link syncDirectory}, for callers that cannot wait. */
export function syncDirectorySync(path: string): void {
  if (IS_WINDOWS) return;
  const directory = openSync(path, "r");
  try {
    fsyncSync(directory);
  } catch (error) {
    if (!isUnknownThere(error)) throw error;
  } finally {
    closeSync(directory);
  }
}
