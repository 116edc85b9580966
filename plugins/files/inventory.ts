/** What is in the directory, without reading any file. */
import type { Counts, Inventory, Size } from "contextcore";
import { refusedRoot, unreadable } from "./errors.ts";
import type { Saved } from "./export.ts";
import { UNITS } from "./line.ts";
import { type Found, walk } from "./walk.ts";

/** What a look at the tree has found. */
interface Looked {
  readonly counts: Counts;
  /** On the disk. */
  readonly bytes: number;
}

/** How long nothing else is done at most. ms */
const SLICE_MS = 50;

/** Goes through the whole tree. @throws PluginError when the directory cannot be opened */
export async function look(saved: Saved, signal: AbortSignal): Promise<Looked> {
  const counts: Record<string, number> = { files: 0, directories: 0, links: 0 };
  let bytes = 0;
  let since = performance.now();
  try {
    for (const found of walk({ ...saved, missed: () => {} })) {
      const unit = UNITS[found.kind];
      counts[unit] = (counts[unit] ?? 0) + 1;
      bytes += diskBytes(found);
      if (performance.now() - since < SLICE_MS) continue;
      await new Promise((resolve) => setImmediate(resolve));
      signal.throwIfAborted();
      since = performance.now();
    }
  } catch (error) {
    throw refusedRoot(saved.place.root, error);
  }
  return { counts, bytes };
}

/** What vanished meanwhile has none, and what cannot be looked at is told by an export. */
function diskBytes(found: Found): number {
  try {
    return found.stat().bytes;
  } catch (error) {
    unreadable(error);
    return 0;
  }
}

/** As the inventory says it. */
export const inventoryOf = ({ counts }: Looked, { place }: Saved): Inventory => ({
  signals: ["files"],
  retention: "unlimited",
  counts,
  warnings:
    place.parts.length > 0 && counts.directories === 1 && counts.files === 0
      ? [`Nothing below ${place.root} matches the pattern.`]
      : [],
});

/** As its size. */
export const sizeOf = ({ bytes }: Looked): Size => ({ bytes, source: "disk" });
