/** Adds plugins to the lock and removes them. */
import type { Plugin } from "../../contract/contract.ts";
import { given } from "../../units/given.ts";
import { hashOfFiles, type PluginFiles } from "./files.ts";
import { type LockEntry, readLock, writeLock } from "./lock.ts";
import { usesOf } from "./uses.ts";

/** The lock's entry for a plugin: its files as they are now, and what they use. */
export function entryFor({ name, version, hosts }: Plugin, found: PluginFiles): LockEntry {
  return {
    name,
    ...given({ version, hosts }),
    uses: usesOf(found),
    hash: hashOfFiles(found.files),
    files: Object.fromEntries(found.files),
  };
}

/** From now on exactly these files may be loaded as this plugin. */
export function trustPlugin(directory: string, spec: string, entry: LockEntry): void {
  writeLock(directory, { ...readLock(directory), [spec]: entry });
}

/** Removes a plugin from the lock. @param spec its name in the configuration */
export function distrustPlugin(directory: string, spec: string): void {
  const { [spec]: _, ...rest } = readLock(directory);
  writeLock(directory, rest);
}
