/** Compares what a snapshot says with what the server holds now. */
import type { Counts } from "../plugin/contract.ts";
import type { OpenBackend } from "../plugin/open.ts";
import type { Range } from "../units/range.ts";
import type { ManifestPlugin, ManifestWindow } from "./manifest.ts";
import { rangeFromText } from "./range-text.ts";

/**
 * - `expired`: the server has fewer, in a window that its retention has reached.
 * - `late`: the server has more: data that arrived after the export.
 * - `differs`: the server has fewer, and retention does not explain it.
 */
export type LiveVerdict = "expired" | "late" | "differs";

export interface LiveDifference {
  readonly plugin: string;
  readonly range: Range;
  readonly unit: string;
  readonly saved: number;
  readonly server: number;
  readonly verdict: LiveVerdict;
}

export interface LiveReport {
  readonly plugin: string;
  /** Windows that the server counted again. */
  readonly counted: number;
  readonly differences: readonly LiveDifference[];
}

/** Counts every window again that the server could count when it was saved. @throws PluginError from the server */
export async function compareLive(
  saved: ManifestPlugin,
  { backend }: OpenBackend,
  { now, signal }: { readonly now: bigint; readonly signal: AbortSignal },
): Promise<LiveReport> {
  const { retention } = await backend.inventory(signal);
  const border = typeof retention === "bigint" ? now - retention : undefined;
  const match = saved.match === undefined ? {} : { match: saved.match };
  const differences: LiveDifference[] = [];
  let counted = 0;
  for (const window of saved.windows.filter((one) => one.server !== undefined)) {
    const server = await backend.count?.({ range: rangeFromText(window), ...match }, signal);
    if (server === undefined) continue;
    counted += 1;
    differences.push(...differencesOf(saved.name, window, server, border));
  }
  return { plugin: saved.name, counted, differences };
}

function differencesOf(
  plugin: string,
  window: ManifestWindow,
  server: Counts,
  border: bigint | undefined,
): LiveDifference[] {
  const range = rangeFromText(window);
  const isLeaving = border !== undefined && range.from < border;
  return Object.entries(window.server ?? {}).flatMap(([unit, then]) => {
    const saved = window.read[unit] ?? then;
    const now = server[unit] ?? 0;
    if (now === saved) return [];
    const verdict = now > saved ? "late" : isLeaving ? "expired" : "differs";
    return [{ plugin, range, unit, saved, server: now, verdict }];
  });
}
