import type { Counts } from "../plugin/contract.ts";
import type { OpenBackend } from "../plugin/open.ts";
import { addCounts } from "../snapshot/format/counts.ts";
import type { ManifestPlugin } from "../snapshot/format/manifest.ts";
import { rangeFromText } from "../snapshot/format/range-text.ts";
import type { Range } from "../units/range.ts";

/**
 * What a server holds already where a restore would write: its own counts of the windows that were saved, as they are counted
 * again afterwards. `undefined` when it cannot say, which is no reason not to restore. @throws the signal's reason only
 */
export async function countHeld(
  { backend }: OpenBackend,
  { windows }: ManifestPlugin,
  { range, signal }: { readonly range: Range; readonly signal: AbortSignal },
): Promise<Counts | undefined> {
  const held: Record<string, number> = {};
  const ranges = windows.filter(({ server }) => server !== undefined).map(rangeFromText);
  try {
    for (const window of ranges.filter(({ from, to }) => from < range.to && to > range.from)) {
      const counts = await backend.count?.({ range: window }, signal);
      if (counts === undefined) return undefined;
      addCounts(held, counts);
    }
    return held;
  } catch {
    signal.throwIfAborted();
    return undefined;
  }
}
