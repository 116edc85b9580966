/** After a restore: what the server now holds, window by window, beside what the snapshot says. */
import { sleep } from "../export/time-limit.ts";
import type { Counts } from "../plugin/contract.ts";
import type { ManifestWindow } from "../snapshot/manifest.ts";
import { rangeFromText } from "../snapshot/range-text.ts";
import type { Range } from "../units/range.ts";
import type { RestoreTarget } from "./plan.ts";

export interface Recount {
  readonly range: Range;
  readonly saved: Counts;
  /** Absent: the server could not say. */
  readonly server?: Counts;
  /** The units of which the server holds fewer than the snapshot. */
  readonly short: readonly string[];
}

export interface RecountOptions {
  readonly signal: AbortSignal;
  /** Freshly written data can be invisible for a while: this long it is counted again before it counts as missing. ms */
  readonly settleMs: number;
  readonly pauseMs: number;
}

/** Counts the windows that were restored whole. A restore of a part, or by selector, cannot be counted this way. */
export async function recount(target: RestoreTarget, options: RecountOptions): Promise<Recount[]> {
  if (target.match !== undefined) return [];
  const inside = target.saved.windows.filter((one) => isInside(rangeFromText(one), target.range));
  const counted: Recount[] = [];
  for (const window of inside.filter(({ server }) => server !== undefined)) {
    counted.push(await countUntilThere(target, window, options));
  }
  return counted;
}

const isInside = (inner: Range, outer: Range): boolean => inner.from >= outer.from && inner.to <= outer.to;

async function countUntilThere(
  target: RestoreTarget,
  window: ManifestWindow,
  { signal, settleMs, pauseMs }: RecountOptions,
): Promise<Recount> {
  const range = rangeFromText(window);
  const deadline = Date.now() + settleMs;
  for (;;) {
    const server = await target.open.backend.count?.({ range }, signal);
    if (server === undefined) return { range, saved: window.read, short: [] };
    const short = Object.keys(server).filter((unit) => (server[unit] ?? 0) < (window.read[unit] ?? 0));
    if (short.length === 0 || Date.now() >= deadline) return { range, saved: window.read, server, short };
    await sleep(pauseMs, signal);
  }
}
