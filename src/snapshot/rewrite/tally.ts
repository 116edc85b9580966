/** Adds up what leaves a snapshot while it is written anew. */
import type { Counts } from "../../contract/contract.ts";
import type { Block } from "../format/block.ts";
import { addCounts } from "../format/counts.ts";
import type { Manifest, ManifestFile } from "../format/manifest.ts";
import { rangeToText } from "../format/range-text.ts";
import type { Removed } from "./rewriting.ts";
import { windowKey } from "./successor-claims.ts";

/** What has left so far. */
export interface RemovedTally {
  /** Adds what is gone of a block. */
  add(plugin: string, block: Block, less: Counts): void;
  removed(): Removed;
  /** By backend and window. */
  windows(): ReadonlyMap<string, Counts>;
}

/** Begins with the backends that go as a whole. */
export function createRemovedTally(manifest: Manifest, without: readonly string[]): RemovedTally {
  const counts: Record<string, number> = {};
  const backends = new Map<string, Record<string, number>>();
  const windows = new Map<string, Record<string, number>>();
  const addTo = (all: Map<string, Record<string, number>>, key: string, less: Counts): void => {
    const known = all.get(key) ?? {};
    addCounts(known, less);
    all.set(key, known);
  };
  const addOf = (plugin: string, less: Counts): void => {
    if (Object.keys(less).length === 0) return;
    addCounts(counts, less);
    addTo(backends, plugin, less);
  };
  for (const { name, files } of manifest.plugins) if (without.includes(name)) addOf(name, sumOf(files));
  const only = new Map(
    manifest.plugins.map(({ name, windows: all }) => [name, all.length === 1 ? all[0] : undefined]),
  );
  return {
    add(plugin, { window }, less) {
      addOf(plugin, less);
      const own = window === undefined ? only.get(plugin) : rangeToText(window);
      if (own !== undefined) addTo(windows, windowKey(plugin, own), less);
    },
    removed: () => ({ counts, backends }),
    windows: () => windows,
  };
}

function sumOf(files: readonly ManifestFile[]): Counts {
  const sum: Record<string, number> = {};
  for (const { counts } of files) addCounts(sum, counts);
  return sum;
}
