/** The snapshots that a directory keeps. */
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { type Manifest, parseManifest } from "./manifest.ts";

export interface KeptSnapshot {
  readonly path: string;
  readonly manifest: Manifest;
}

export interface Kept {
  /** Oldest first. */
  readonly snapshots: readonly KeptSnapshot[];
  /** Directories that look like snapshots and whose manifest cannot be believed, with the reason. */
  readonly unreadable: readonly { readonly path: string; readonly reason: string }[];
}

const NAME = /^\d{8}-\d{6}(-\d+)?$/;

/** The finished snapshots in a directory; none when it is not there. */
export async function readKept(directory: string): Promise<Kept> {
  const names = await readdir(directory).catch((): string[] => []);
  const snapshots: KeptSnapshot[] = [];
  const unreadable: { path: string; reason: string }[] = [];
  for (const name of names.filter((entry) => NAME.test(entry)).sort()) {
    const path = join(directory, name);
    try {
      const file = join(path, "manifest.json");
      snapshots.push({ path, manifest: parseManifest(await Bun.file(file).text(), file) });
    } catch (error) {
      unreadable.push({ path, reason: error instanceof Error ? error.message : String(error) });
    }
  }
  return { snapshots, unreadable };
}
