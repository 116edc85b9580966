import type { Counts } from "../contract/contract.ts";
import type { OpenBackend } from "../host/open.ts";
import { addCounts } from "../snapshot/format/counts.ts";
import type { ManifestPlugin } from "../snapshot/format/manifest.ts";
import { rangeFromText } from "../snapshot/format/range-text.ts";
import { byFrom } from "../snapshot/format/ranges.ts";
import type { Range } from "../units/range.ts";

/**
 * What a server holds already where a restore would write: its own counts of the windows that were saved, of what was saved of
 * them, as they are counted again afterwards. `undefined` when it cannot say, which is no reason not to restore. @throws the signal's reason only
 */
export async function countHeld(
  { backend }: OpenBackend,
  { windows }: ManifestPlugin,
  { range, signal }: { readonly range: Range; readonly signal: AbortSignal },
): Promise<Counts | undefined> {
  const held: Record<string, number> = {};
  let counted = 0n;
  try {
    for (const { read, server = {}, ...times } of inOrder(windows)) {
      const { from, to } = rangeFromText(times);
      // Windows of snapshots that overlap do: nothing is counted twice.
      const window = { from: from > counted ? from : counted, to };
      const units = Object.keys(server).filter((unit) => read[unit] !== undefined);
      if (units.length === 0 || window.from >= window.to) continue;
      if (window.from >= range.to || window.to <= range.from) continue;
      counted = to;
      const counts = await backend.count?.({ range: window }, signal);
      if (counts === undefined) return undefined;
      addCounts(held, Object.fromEntries(units.map((unit) => [unit, counts[unit] ?? 0])));
    }
    return held;
  } catch {
    signal.throwIfAborted();
    return undefined;
  }
}

const inOrder = (windows: ManifestPlugin["windows"]): ManifestPlugin["windows"] =>
  windows.toSorted((a, b) => byFrom(rangeFromText(a), rangeFromText(b)));
