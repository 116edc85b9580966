import { rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { syncDirectory } from "../write/disk.ts";
import type { KeptSnapshot } from "./kept.ts";

/**
 * Removes a snapshot so that no half of it can ever pass for one: it loses its name first, its files after.
 * @throws Error from the file system; the snapshot then still has its name, or is gone for every reader
 */
export async function removeSnapshot({ path }: KeptSnapshot): Promise<void> {
  const doomed = join(dirname(path), `.${path.split("/").at(-1)}.removed`);
  await rename(path, doomed);
  await syncDirectory(dirname(path));
  await rm(doomed, { recursive: true });
}
