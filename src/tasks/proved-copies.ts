/**
 * What of a backend's time line verified copies hold, as its server counts it now: what has come there since with an older time is in no
 * copy.
 */
import { createConcurrencyLimit } from "../engine/concurrency-limit.ts";
import { DEFAULT_TUNING } from "../engine/tuning.ts";
import type { OpenBackend } from "../host/open.ts";
import { rangesOf } from "../snapshot/catalog/coverage.ts";
import type { KeptSnapshot } from "../snapshot/catalog/kept.ts";
import { isSameSource } from "../snapshot/catalog/source.ts";
import type { ManifestPlugin } from "../snapshot/format/manifest.ts";
import { rangeFromText } from "../snapshot/format/range-text.ts";
import { coalesce, subtract } from "../snapshot/format/ranges.ts";
import type { Range } from "../units/range.ts";
import { compareLive } from "../verify/live.ts";
import type { TaskContext } from "./task/task.ts";

/** @param copies of which the data is known to be right @param within only this time is looked at @throws Error when the server cannot count it */
export async function provedRanges(
  open: OpenBackend,
  copies: readonly KeptSnapshot[],
  within: Range,
  context: Pick<TaskContext, "signal">,
): Promise<readonly Range[]> {
  const proved: Range[] = [];
  for (const { manifest } of copies)
    for (const plugin of manifest.plugins)
      if (
        plugin.status === "complete" &&
        isSameSource(plugin, open) &&
        rangesOf(plugin).some(overlaps(within))
      )
        proved.push(...(await provedOf(plugin, open, within, context)));
  return coalesce(proved);
}

const overlaps =
  (a: Range) =>
  (b: Range): boolean =>
    a.from < b.to && b.from < a.to;

async function provedOf(
  plugin: ManifestPlugin,
  open: OpenBackend,
  within: Range,
  { signal }: Pick<TaskContext, "signal">,
): Promise<readonly Range[]> {
  const limit = createConcurrencyLimit({ concurrency: 1, tuning: DEFAULT_TUNING, signal });
  const windows = plugin.windows.filter((window) => overlaps(within)(rangeFromText(window)));
  if (windows.length === 0) return rangesOf(plugin);
  const report = await compareLive({ ...plugin, windows }, open, { now: within.to, signal, limit });
  if (report.failed > 0) throw new Error(`its server did not count what copies hold: ${report.failure}`);
  const more = report.differences.filter(({ saved, server }) => server > saved).map(({ range }) => range);
  const lacking = [...more, ...report.uncounted.map(({ range }) => range)];
  return rangesOf(plugin).flatMap((one) => subtract(one, lacking));
}
