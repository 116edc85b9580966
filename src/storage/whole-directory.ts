/**
 * Whole directories. One is filled under a name that nobody reads, and gets its own name when all of it is on the disk; one that
 * is removed loses its name first. So whoever finds a directory under its name finds all of it.
 */
import { mkdir, readdir, rename, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { syncDirectory } from "../contract/sync-directory.ts";
import { systemCode } from "../units/system-refusal.ts";
import { entriesIn } from "./entries.ts";
import { makeNewDirectory } from "./own-file.ts";

/** Makes a directory to fill, and those above it. @returns false: something has that name already @throws what the system throws */
export async function beginDirectory(path: string): Promise<boolean> {
  await mkdir(dirname(path), { recursive: true });
  if (!makeNewDirectory(path)) return false;
  await syncDirectory(dirname(path));
  return true;
}

/**
 * Gives a filled directory its name. Its files must be durable by then.
 * @throws what the system throws; the directory then has either name
 */
export async function publishDirectory(partial: string, path: string): Promise<void> {
  await syncDirectory(partial);
  await rename(partial, path);
  await syncDirectory(dirname(path));
}

/** Moves what was filled into a directory that is there, and removes the name under which it was filled. @throws as above */
export async function publishInto(partial: string, path: string): Promise<void> {
  for (const name of await readdir(partial)) await rename(join(partial, name), join(path, name));
  await syncDirectory(path);
  await discardDirectory(partial);
}

/** Makes the names in a directory and in all below it durable, for files that were written one by one. */
export async function syncTree(path: string): Promise<void> {
  for (const entry of await readdir(path, { withFileTypes: true }))
    if (entry.isDirectory()) await syncTree(join(path, entry.name));
  await syncDirectory(path);
}

/**
 * Removes a directory: first its name, then its files.
 * @param doomed the name that nobody reads
 * @param onGone called when it has lost its name
 * @throws what the system throws; it then still has its name, or is gone for every reader
 */
export async function removeDirectory(path: string, doomed: string, onGone: () => void): Promise<void> {
  await rename(path, doomed);
  onGone();
  await syncDirectory(dirname(path));
  await discardDirectory(doomed);
}

/** Removes a directory that nobody reads any more; another process may be doing the same. */
export const discardDirectory = (path: string): Promise<void> => rm(path, { recursive: true, force: true });

/** The names in a directory, in order; none if it is not there. @throws what the system throws */
export const namesIn = async (path: string): Promise<string[]> => entriesIn(path).map(({ name }) => name);

/**
 * Writes a new file into a directory that is being filled; its bytes are on the disk then, its name once the directory is synced.
 * @returns false when something has that name already @throws what the system throws
 */
export async function fillFile(path: string, text: string): Promise<boolean> {
  try {
    await writeFile(path, text, { flag: "wx", flush: true });
    return true;
  } catch (error) {
    if (systemCode(error) === "EEXIST") return false;
    throw error;
  }
}

/** Makes a directory and those above it where they are missing, and their names durable. @throws what the system throws */
export async function makeDirectoryDurably(path: string): Promise<void> {
  const first = await mkdir(path, { recursive: true });
  if (first === undefined) return;
  for (let made = path; made.length >= first.length; made = dirname(made)) await syncDirectory(dirname(made));
}
